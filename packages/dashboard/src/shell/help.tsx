/** The list of all keys, made from what they do right now. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Binding, bindings, bindingsVersion } from '../keyboard.ts';
import { Icon } from '../parts/icon.tsx';

/** Whether the list is shown. */
export const isHelpOpen = signal(false);

/** A dialog with the keys by what they are for. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => {
    isHelpOpen.value = false;
  };
  void bindingsVersion.value;
  return (
    <dialog class="help" ref={dialog} onClose={close} aria-label="All keys">
      {isOpen && (
        <>
          <header>
            <h2>All keys</h2>
            <button type="button" class="iconbtn" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </header>
          <div class="help-groups">
            {grouped(bindings()).map(([group, lines]) => (
              <section key={group}>
                <h3>{group}</h3>
                <dl>
                  {lines.map(([label, keys]) => (
                    <div key={label}>
                      <dt>
                        {keys.map((each) => (
                          <Keys key={each} keys={each} />
                        ))}
                      </dt>
                      <dd>{label}</dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
          </div>
        </>
      )}
    </dialog>
  );
}

const signs: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
};

/** One key, or two of them one after the other. */
export function Keys({ keys }: { keys: string }) {
  const parts = keys === '+' ? [keys] : keys.split(/[ +]/);
  return (
    <span class="keys-of">
      {parts.map((part) => (
        <kbd key={part}>{signs[part] ?? part}</kbd>
      ))}
    </span>
  );
}

/** Groups in the order of the pages, keys of one label in one line; what a page took away is not told. */
function grouped(all: readonly Binding[]): [string, [string, string[]][]][] {
  const groups = new Map<string, Map<string, string[]>>();
  for (const binding of all) {
    const { group, label, keys } = binding;
    if (all.find((each) => each.keys === keys) !== binding) continue;
    const lines = groups.get(group) ?? new Map<string, string[]>();
    groups.set(group, lines.set(label, [...(lines.get(label) ?? []), keys]));
  }
  return [...groups].map(([group, lines]) => [group, [...lines]]);
}
