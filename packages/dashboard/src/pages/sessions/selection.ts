/** The selected rows: kept in the address, so that a link shows them too. */
import { query, setQuery } from '../../address.ts';
import type { SessionRow } from '../../outcome.ts';
import type { RowStore } from './row-store.ts';

/** Rows that can be selected: more would make an address that servers refuse. */
export const selectedMax = 200;

/** Sessions that can be compared with each other. */
export const comparedMax = 8;

/** Ids of the selected rows, in the order in which they were selected. */
export function selectedIds(): string[] {
  return query.value.getAll('sel');
}

/** Selects exactly these, as far as there is room. */
export function select(ids: readonly string[]): void {
  setQuery({ sel: [...new Set(ids)].slice(0, selectedMax) });
}

/** Selects a row, or no longer. */
export function toggle(id: string): void {
  const ids = selectedIds();
  select(ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id]);
}

/** Selects all loaded rows between two places, both included. */
export function selectRange(store: RowStore, from: number, to: number): void {
  const ids = selectedIds();
  const step = from <= to ? 1 : -1;
  for (let i = from; i !== to + step; i += step) {
    const row = store.row(i);
    if (row !== undefined) ids.push(row.id);
  }
  select(ids);
}

/** The rows with these ids, as far as they are loaded. */
export function rowsOf(store: RowStore, ids: readonly string[]): SessionRow[] {
  if (ids.length === 0) return [];
  return [...store.loaded()].map(([, row]) => row).filter(({ id }) => ids.includes(id));
}
