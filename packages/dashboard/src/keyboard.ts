/** The keyboard: what each key does where, in one table that the help shows. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';

/** What a key does. */
export interface Binding {
  /** `j`, `Shift+ArrowLeft`, `[`, or two keys one after the other: `g d`. Letters as they are typed: `E` is Shift+e. */
  keys: string;
  /** What it does, for the help: `Next session`. Bindings with the same label are shown in one line. */
  label: string;
  /** Heading in the help: `Everywhere`, `Sessions`, `Recorder`, `State`, `Events`. */
  group: string;
  run(event: KeyboardEvent): void;
  /** Whether it works while somebody types into a field, too. */
  inFields?: boolean;
}

/** How long the second key of two may take. */
const sequenceMs = 1_000;

interface Entry {
  current: readonly Binding[];
  isFallback: boolean;
}

const registered = new Set<Entry>();
let first = '';
let firstAt = 0;

/** Rises with every change of what keys do. */
export const bindingsVersion = signal(0);

/** Everything that keys do now, what goes first at the front. */
export function bindings(): Binding[] {
  const entries = [...registered].reverse();
  return [false, true].flatMap((isFallback) =>
    entries.filter((entry) => entry.isFallback === isFallback).flatMap(({ current }) => current),
  );
}

/**
 * Gives keys a meaning while the component is there; the component that came last wins, a
 * `fallback` only over nobody.
 */
export function useKeys(list: readonly Binding[], { isFallback = false } = {}): void {
  const [entry] = useState<Entry>({ current: [], isFallback });
  entry.current = list;
  useEffect(() => {
    registered.add(entry);
    bindingsVersion.value++;
    return () => {
      registered.delete(entry);
      bindingsVersion.value++;
    };
  }, [entry]);
}

/** Listens to the keyboard; called once. */
export function startKeyboard(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // What lies over the page has the keys to itself, Esc above all.
    if (document.querySelector('dialog:modal') !== null) return;
    const key = keyOf(event);
    const sequence = performance.now() - firstAt < sequenceMs ? `${first} ${key}` : key;
    const isField = inField(event);
    const all = bindings().filter(({ inFields = false }) => !isField || inFields);
    const found = all.find(({ keys }) => keys === sequence) ?? all.find(({ keys }) => keys === key);
    if (found !== undefined) {
      first = '';
      firstAt = 0;
      event.preventDefault();
      found.run(event);
    } else if (!isField && all.some(({ keys }) => keys.startsWith(`${key} `))) {
      first = key;
      firstAt = performance.now();
    }
  });
}

function keyOf(event: KeyboardEvent): string {
  // A letter or sign says by itself whether Shift was held.
  return event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
}

/** Whether somebody types, or a control has its own use of keys. */
function inField({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches('textarea, select')) return true;
  return target.matches('input:not([type=checkbox], [type=radio], [type=button])');
}
