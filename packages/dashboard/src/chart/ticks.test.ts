/** Proves that the values beside a plot are round in the unit that they are read in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueTicks } from './ticks.ts';

const texts = (...asked: Parameters<typeof valueTicks>): string[] =>
  valueTicks(...asked).map(({ text }) => text);

describe('ticks of values', () => {
  it('are round', () => {
    expect(texts(0, 640, 'asset_queue', '')).toEqual(['200', '400', '600']);
    expect(texts(0, 0.13, 'frame_time_s', '')).toEqual(['50 ms', '100 ms']);
  });

  it('are at most so many, between the edges, and not none', () => {
    const low = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const span = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(low, span, fc.integer({ min: 2, max: 8 }), (from, length, most) => {
        const ticks = valueTicks(from, from + length, 'queue', '', most);
        expect(ticks.length).toBeGreaterThan(0);
        expect(ticks.length).toBeLessThanOrEqual(most);
        for (const { value } of ticks) expect(value).toBeGreaterThan(from);
        for (const { value } of ticks) expect(value).toBeLessThanOrEqual(from + length);
      }),
    );
  });

  it('are round in the binary prefix that the greatest value is read in', () => {
    const gib = 2 ** 30;
    expect(texts(1.3 * gib, 1.7 * gib, 'memory_bytes', '', 6)).toEqual([
      ...['1.4 GiB', '1.5 GiB', '1.6 GiB'],
    ]);
    expect(texts(0, 900, 'memory_mb', '', 4)).toEqual(['200 MiB', '400 MiB', '600 MiB', '800 MiB']);
  });
});
