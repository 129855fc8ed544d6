/** The keys of the list: they move a mark from row to row, select, open, compare. */
import { useEffect } from 'preact/hooks';
import { go, href } from '../../address.ts';
import { useKeys } from '../../keyboard.ts';
import type { VirtualListHandle } from '../../parts/virtual-list.tsx';
import type { RowStore } from './row-store.ts';
import { comparedMax, select, selectedIds, toggle } from './selection.ts';
import { leaveList } from './way-back.ts';

const group = 'Sessions';

/** Gives the keys their meaning; returns the place of the row that they act on. */
export function useListKeys({
  store,
  atId,
  handle,
  onAt,
  onShowNew,
}: {
  store: RowStore | undefined;
  /** Id of the row that they act on; undefined before the first key. */
  atId: string | undefined;
  handle: { current: VirtualListHandle | null };
  onAt: (id: string | undefined) => void;
  onShowNew: () => void;
}): number | undefined {
  const at = atId === undefined ? undefined : placeOf(store, atId);
  const move = (step: number): void => {
    const next = at === undefined ? 0 : at + step;
    const row = store?.row(next);
    if (row === undefined) return;
    handle.current?.reveal(next);
    onAt(row.id);
  };
  useEffect(() => {
    if (atId !== undefined) focusRow(atId);
  }, [atId]);
  useKeys([
    { keys: 'j', label: 'Next session', group, run: () => move(1) },
    { keys: 'k', label: 'Previous session', group, run: () => move(-1) },
    { keys: 'x', label: 'Select', group, run: () => atId !== undefined && toggle(atId) },
    { keys: 'Enter', label: 'Open', group, run: () => open(atId) },
    { keys: 'c', label: 'Compare the selected', group, run: compare },
    { keys: 'n', label: 'Show new sessions', group, run: onShowNew },
    {
      keys: 'Escape',
      label: 'Clear the selection',
      group,
      run: () => {
        if (selectedIds().length > 0) select([]);
        else onAt(undefined);
      },
    },
  ]);
  return at;
}

function placeOf(store: RowStore | undefined, id: string): number | undefined {
  for (const [index, row] of store?.loaded() ?? []) if (row.id === id) return index;
  return undefined;
}

/** Puts the focus where the mark is, so that those who hear the page follow, once the row is drawn. */
function focusRow(id: string): void {
  requestAnimationFrame(() => {
    const row = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (row === null || row.contains(document.activeElement)) return;
    row.querySelector<HTMLElement>('a')?.focus({ preventScroll: true });
  });
}

/** Enter does what the focus says; only where nothing has it, it opens the marked row. */
function open(id: string | undefined): void {
  const focused = document.activeElement;
  leaveList(id);
  const isControl = focused instanceof HTMLElement && focused.matches('a, button, input, summary');
  // The focus follows the mark a frame later, and Enter may be faster.
  const isFollowing = id !== undefined && isControl && focused.matches('[data-id] a');
  if (isControl && !isFollowing) focused.click();
  else if (id !== undefined) go(href(`sessions/${id}`));
}

function compare(): void {
  const ids = selectedIds();
  if (ids.length < 2 || ids.length > comparedMax) return;
  leaveList(undefined);
  go(href('compare', { id: ids }));
}
