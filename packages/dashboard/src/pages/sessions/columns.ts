/** Columns of the list: what there is, how wide, and which fit beside each other. */
import type { SessionSort } from '@tacho/protocol';

/** Name of a column, as it stands in the address. */
export type ColumnName =
  | 'session'
  | 'machine'
  | 'host'
  | 'started'
  | 'updated'
  | 'duration'
  | 'cause'
  | 'events'
  | 'errors'
  | 'samples'
  | 'hangs'
  | 'activity'
  | 'id';

/** A column. */
export interface Column {
  name: ColumnName;
  label: string;
  /** Least width in pixels. */
  width: number;
  /** What it is sorted by; absent when it cannot be sorted. */
  sort?: SessionSort;
  isNumber?: boolean;
  /** The higher, the longer it stays when there is little room. */
  rank: number;
}

/** All columns in the order in which they stand. */
export const columns: readonly Column[] = [
  { name: 'session', label: 'Session', width: 136, sort: 'version', rank: 13 },
  { name: 'machine', label: 'Machine', width: 120, sort: 'machine', rank: 6 },
  { name: 'host', label: 'Host', width: 160, rank: 3 },
  { name: 'started', label: 'Started', width: 164, sort: 'created', rank: 11 },
  { name: 'updated', label: 'Updated', width: 164, sort: 'updated', rank: 2 },
  { name: 'duration', label: 'Duration', width: 84, sort: 'duration', isNumber: true, rank: 10 },
  { name: 'cause', label: 'How it ended', width: 148, sort: 'cause', rank: 12 },
  { name: 'events', label: 'Events', width: 56, sort: 'events', isNumber: true, rank: 7 },
  { name: 'errors', label: 'Errors', width: 48, sort: 'errors', isNumber: true, rank: 8 },
  { name: 'samples', label: 'Samples', width: 72, sort: 'samples', isNumber: true, rank: 4 },
  { name: 'hangs', label: 'Hangs', width: 48, sort: 'hangs', isNumber: true, rank: 5 },
  { name: 'activity', label: 'Activity', width: 196, rank: 9 },
  { name: 'id', label: 'Id', width: 72, rank: 1 },
];

const preset: readonly ColumnName[] = [
  ...(['session', 'machine', 'started', 'duration', 'cause'] as const),
  ...(['events', 'errors', 'activity', 'id'] as const),
];

/** The box, the glyph, and the space at both sides. */
const fixedPx = 24 + 16 + 16 + 16 + 2 * 24;
const gapPx = 16;

/** The columns that a text of the address names, in their order; the usual ones when it names none. */
export function readColumns(text: string | null | undefined): ColumnName[] {
  const named = (text ?? '').split(',');
  const chosen = columns.filter(({ name }) => named.includes(name)).map(({ name }) => name);
  return chosen.length === 0 ? [...preset] : chosen;
}

/** The text for an address; undefined for the usual columns. */
export function columnsText(chosen: readonly ColumnName[]): string | undefined {
  const text = readColumns(chosen.join()).join();
  return text === preset.join() ? undefined : text;
}

/** The chosen columns that fit into a width: the least important go first, the session stays. */
export function fittingColumns(chosen: readonly ColumnName[], widthPx: number): Column[] {
  let shown = columns.filter(({ name }) => chosen.includes(name));
  while (shown.length > 1 && neededPx(shown) > widthPx) {
    const least = Math.min(...shown.map(({ rank }) => rank));
    shown = shown.filter(({ rank }) => rank !== least);
  }
  return shown;
}

/** Columns as the tracks of a grid. */
export function gridTracks(shown: readonly Column[]): string {
  const hasCause = shown.some(({ name }) => name === 'cause');
  const tracks = shown.map(({ name, width }, i) => {
    if (name === 'cause') return 'minmax(0, 1fr)';
    if (name === 'session' && hasCause) return `minmax(${width}px, 0.6fr)`;
    return !hasCause && i === 0 ? `minmax(${width}px, 1fr)` : `${width}px`;
  });
  return `24px 16px ${tracks.join(' ')}`;
}

function neededPx(shown: readonly Column[]): number {
  return shown.reduce((sum, { width }) => sum + width + gapPx, fixedPx - gapPx);
}
