/** Small charts made of characters: sparklines, and a chart of several lines. */

const levels = '▁▂▃▄▅▆▇█';

/**
 * A line of blocks, one per value: as high as the value stands between the smallest and the greatest;
 * a blank where there is none. With `fromZero` the lowest block means nothing at all.
 */
export function sparkline(values: readonly (number | null)[], { fromZero = false } = {}): string {
  const found = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (found.length === 0) return ' '.repeat(values.length);
  const top = Math.max(...found);
  const bottom = fromZero ? Math.min(0, ...found) : Math.min(...found);
  return values
    .map((value) => {
      if (value === null || !Number.isFinite(value)) return ' ';
      if (fromZero && value === 0) return '·';
      const share = shareOf(value, bottom, top);
      return levels[Math.min(levels.length - 1, Math.floor(share * levels.length))] as string;
    })
    .join('');
}

/** Fewer values that stand for many: of each bucket the one that `choose` takes. */
export function condense(
  values: readonly (number | null)[],
  count: number,
  choose: (values: number[]) => number,
): (number | null)[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count);
    const to = Math.floor(((i + 1) * values.length) / count);
    const bucket = values.slice(from, to).filter((value): value is number => value !== null);
    return bucket.length === 0 ? null : choose(bucket);
  });
}

/** A band of values per column, from the lowest to the greatest; null where there is none. */
export type Band = { min: number; max: number } | null;

/**
 * A chart of `height` lines, the greatest value at the top: each column is filled from the smallest
 * to the greatest value of its time, so that no extreme is lost.
 */
export function chartLines(bands: readonly Band[], height: number): string[] {
  const known = bands.filter((band): band is Exclude<Band, null> => band !== null);
  if (known.length === 0) return [];
  const top = Math.max(...known.map(({ max }) => max));
  const bottom = Math.min(...known.map(({ min }) => min));
  const row = (value: number): number =>
    Math.min(height - 1, Math.floor(shareOf(value, bottom, top) * height));
  return Array.from({ length: height }, (_, i) => {
    const level = height - 1 - i;
    return bands
      .map((band) =>
        band !== null && row(band.min) <= level && level <= row(band.max) ? '█' : ' ',
      )
      .join('');
  });
}

/** Where a value stands between two others, from 0 to 1; halves, because their difference may be infinite. */
function shareOf(value: number, bottom: number, top: number): number {
  return top === bottom ? 0.5 : (value / 2 - bottom / 2) / (top / 2 - bottom / 2);
}
