/** Cursors of session lists: where the next page begins. */
import { readCursor, writeCursor } from './page-cursor.ts';
import type { SessionQuery, SessionSort } from './store.ts';

/** The last session of a page: its value in the order of the list, and its number. */
export interface ListPosition {
  value: number | string;
  session: number;
  /** The server's clock at the first page: durations of active sessions are measured by it throughout. */
  nowUs: number;
}

type List = Pick<SessionQuery, 'sort' | 'descending'>;

/** Sorts whose values are texts. */
export const textSorts: readonly SessionSort[] = ['product', 'version', 'machine'];

/** A position as opaque text, good for the same list only. */
export function cursorOf(list: List, { value, session, nowUs }: ListPosition): string {
  return writeCursor(nameOf(list), [value, session, nowUs]);
}

/** Inverse of `cursorOf`; throws `invalid_field` for what is no cursor of such a list. */
export function positionOf(list: List, cursor: string): ListPosition {
  const kind = textSorts.includes(list.sort) ? 'string' : 'number';
  const parts = readCursor(nameOf(list), cursor, [kind, 'number', 'number']);
  const [value, session, nowUs] = parts as [number | string, number, number];
  return { value, session, nowUs };
}

function nameOf({ sort, descending }: List): string {
  return `sessions ${sort} ${descending ? 'desc' : 'asc'}`;
}
