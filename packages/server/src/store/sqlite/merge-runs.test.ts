/** Merging runs: one order for all samples, however they were cut into pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeRuns, type SeriesPieces } from './merge-runs.ts';

interface Sample {
  series: number;
  atUs: number;
  value: number;
}

/** Pieces as sealing leaves them: sorted inside, in order of arrival among each other, few instants. */
const arbitraryPieces = fc.array(
  fc.array(
    fc
      .array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 })
      .map((times) => times.sort((a, b) => a - b)),
    { maxLength: 6 },
  ),
  { maxLength: 5 },
);

describe('merging runs', () => {
  it('orders by time, then series, then arrival, and loses nothing', () => {
    fc.assert(
      fc.property(arbitraryPieces, fc.integer({ min: 1, max: 9 }), (all, pageRows) => {
        let value = 0;
        const samples: Sample[] = [];
        const series = all.map<SeriesPieces>((pieces, local) => ({
          series: local,
          pieces: pieces.map((times) => {
            const values = times.map((atUs) => {
              samples.push({ series: local, atUs, value: ++value });
              return value;
            });
            return {
              tMinUs: times[0]!,
              tMaxUs: times.at(-1)!,
              load: () => ({
                timesUs: Float64Array.from(times),
                values: Float64Array.from(values),
                details: new Map(values.map((count, row) => [row, { count }])),
              }),
            };
          }),
        }));
        // `value` counts arrival within a series, and sorting is stable.
        const expected = samples.sort((a, b) => a.atUs - b.atUs || a.series - b.series);
        const found: Sample[] = [];
        for (const page of mergeRuns(series, pageRows)) {
          expect(page.series.length).toBeLessThanOrEqual(pageRows);
          page.series.forEach((local, i) => {
            found.push({ series: local, atUs: page.timesUs[i]!, value: page.values[i]! });
            expect(page.details?.get(i)).toEqual({ count: page.values[i] });
          });
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('goes on after a piece that cannot be loaded', () => {
    const good = { timesUs: Float64Array.of(5), values: Float64Array.of(1), details: undefined };
    const pages = [
      ...mergeRuns(
        [
          {
            series: 0,
            pieces: [
              { tMinUs: 1, tMaxUs: 2, load: () => undefined },
              { tMinUs: 5, tMaxUs: 5, load: () => good },
            ],
          },
        ],
        10,
      ),
    ];
    expect(pages.flatMap((page) => [...page.timesUs])).toEqual([5]);
  });

  it('holds one decoded piece of a series at a time when pieces follow each other', () => {
    let loaded = 0;
    const pieces = Array.from({ length: 100 }, (_, i) => ({
      tMinUs: i * 10,
      tMaxUs: i * 10 + 5,
      load: () => {
        loaded += 1;
        const timesUs = Float64Array.of(i * 10, i * 10 + 5);
        return { timesUs, values: timesUs, details: undefined };
      },
    }));
    const pages = mergeRuns([{ series: 0, pieces }], 2);
    pages.next();
    expect(loaded).toBeLessThanOrEqual(2);
    expect([...pages].length).toBe(99);
  });
});
