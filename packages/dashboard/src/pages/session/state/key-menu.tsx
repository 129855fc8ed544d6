/** What can be done with one key of the state: a lane for it, copies of it, sessions that have its value. */
import { type JsonValue, stateText } from '@tacho/protocol';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { href } from '../../../address.ts';
import { CopyButton } from '../../../parts/copy.tsx';
import { useRow, useSession } from '../model.ts';
import type { TreeRow } from './tree.ts';

/** Characters of a value in the menu. */
const shownLength = 2_000;

/** Longer values are no filter that anybody wants. */
const filterLengthMax = 200;

/** The menu, at a point of the window. */
export function KeyMenu({
  row,
  x,
  y,
  close,
}: {
  row: TreeRow;
  x: number;
  y: number;
  close: () => void;
}) {
  const model = useSession();
  const { product } = useRow();
  const place = useRef<HTMLDivElement>(null);
  const text = pretty(row.value);
  const isPinned = model.pins.value.includes(row.path);

  useLayoutEffect(() => {
    const menu = place.current;
    if (menu === null) return;
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
    menu.querySelector<HTMLElement>('button')?.focus({ preventScroll: true });
  }, [x, y]);
  useEffect(() => {
    const leave = (event: Event): void => {
      if (!place.current?.contains(event.target as Node)) close();
    };
    document.addEventListener('pointerdown', leave);
    addEventListener('resize', close);
    return () => {
      document.removeEventListener('pointerdown', leave);
      removeEventListener('resize', close);
    };
  }, []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes from anywhere inside.
    <div
      class="key-menu state-menu"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        close();
      }}
    >
      <p class="path mono">{row.path}</p>
      <pre>{text.length > shownLength ? `${text.slice(0, shownLength)}…` : text}</pre>
      <button
        type="button"
        onClick={() => {
          model.togglePin(row.path);
          close();
        }}
      >
        {isPinned ? 'Remove its lane' : 'Pin as a lane'} <kbd>p</kbd>
      </button>
      <CopyButton text={row.path} label="Copy the path" class="">
        Copy the path
      </CopyButton>
      <CopyButton text={text} label="Copy the value" class="">
        Copy the value
      </CopyButton>
      <a href={href('sessions', { product, state: conditionOf(row) })}>
        Sessions with this {typeof row.value === 'object' ? 'key' : 'value'}
      </a>
    </div>
  );
}

/** The condition on the state that this place meets. */
function conditionOf({ path, value }: TreeRow): string {
  const text = stateText(value);
  const isValue = typeof value !== 'object' && text.length <= filterLengthMax;
  return isValue ? `${path}=${text}` : path;
}

function pretty(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
