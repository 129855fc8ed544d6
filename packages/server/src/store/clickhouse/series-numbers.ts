/** Numbers of series: how the indexes in a handle's table become the order in which series appeared. */
import type { SeriesTable } from '@tacho/protocol';

/** Where the numbers of a table go on that was made of series which have numbers. */
interface Numbers {
  /** Series that it was made of. */
  count: number;
  /** Number of the next one. */
  next: number;
}

const known = new WeakMap<SeriesTable, Numbers>();

/** Notes that a table was made of series with numbers. */
export function noteNumbers(table: SeriesTable, numbers: Numbers): void {
  known.set(table, numbers);
}

/** The number of a series that has samples for the first time. */
export function numberOf(table: SeriesTable, index: number): number {
  const { count, next } = known.get(table) ?? { count: 0, next: 0 };
  return index < count ? index : next + (index - count);
}
