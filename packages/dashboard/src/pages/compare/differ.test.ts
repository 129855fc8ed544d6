/** Proves which metrics are said to differ most. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choiceOf, rankSeries, type SeriesSummary } from './differ.ts';

const series = (name: string, more: Partial<SeriesSummary>): SeriesSummary =>
  ({ name, type: 'gauge', unit: '', tags: [], min: 0, max: 0, avg: 0, last: 0, ...more }) as never;

const steady = (name: string, value: number): SeriesSummary =>
  series(name, { min: value, max: value, avg: value, last: value });

describe('the ranking of series', () => {
  it('puts those first whose means are farthest apart, relative to their size', () => {
    const ranked = rankSeries([
      [steady('memory_bytes', 1_000), steady('queue', 4)],
      [steady('memory_bytes', 1_100), steady('queue', 40)],
    ]);
    expect(ranked.map(({ name }) => name)).toEqual(['queue', 'memory_bytes']);
    expect(ranked[0]?.widest).toEqual({ what: 'mean', low: 4, high: 40 });
  });

  it('looks at last values where these left what the other run ever had', () => {
    const [first] = rankSeries([
      [series('queue', { min: 1, max: 500, avg: 10, last: 500 })],
      [series('queue', { min: 1, max: 9, avg: 5, last: 4 })],
    ]);
    expect(first?.widest).toEqual({ what: 'last', low: 4, high: 500 });
  });

  it('does not take the noise of last values for a difference', () => {
    const [first] = rankSeries([
      [series('queue', { min: 1, max: 9, avg: 5, last: 9 })],
      [series('queue', { min: 1, max: 9, avg: 5, last: 1 })],
    ]);
    expect(first?.distance).toBe(0);
  });

  it('compares counters by their growth', () => {
    const counter = (rate: number, last: number): SeriesSummary =>
      series('requests_total', { type: 'counter', avg: null, rate, last, min: 0, max: last });
    const [first] = rankSeries([[counter(2, 10)], [counter(2, 90_000)]]);
    expect(first?.distance).toBe(0);
    expect(first?.widest?.what).toBe('rate');
  });

  it('keeps series that one run lacks at the end', () => {
    const ranked = rankSeries([[steady('a', 1), steady('b', 1)], [steady('b', 1)]]);
    expect(ranked.map(({ name, distance }) => [name, distance])).toEqual([
      ['b', 0],
      ['a', undefined],
    ]);
  });

  it('tells series of one name apart by their tags, and counts them', () => {
    const ranked = rankSeries([
      [
        { ...steady('t', 1), tags: ['w:1'] },
        { ...steady('t', 1), tags: ['w:2'] },
      ],
    ]);
    expect(ranked.map(({ text, family }) => [text, family])).toEqual([
      ['t{w:1}', 2],
      ['t{w:2}', 2],
    ]);
  });

  it('has distances between 0 and 1 that neither the unit nor the order of the runs changes', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    const factor = fc.constantFrom(0.5, 2, 1024);
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 8 }), factor, (values, scale) => {
        const distanceOf = (all: number[]): number =>
          rankSeries(all.map((each) => [steady('m', each)]))[0]?.distance ?? Number.NaN;
        const distance = distanceOf(values);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1);
        expect(distanceOf([...values].reverse())).toBe(distance);
        expect(distanceOf(values.map((each) => each * scale))).toBeCloseTo(distance, 9);
      }),
    );
  });
});

describe('the choice of charts', () => {
  it('has one of each name', () => {
    const ranked = rankSeries([
      [{ ...steady('t', 1), tags: ['w:1'] }, { ...steady('t', 1), tags: ['w:2'] }, steady('u', 1)],
      [{ ...steady('t', 9), tags: ['w:1'] }, { ...steady('t', 9), tags: ['w:2'] }, steady('u', 2)],
    ]);
    expect(choiceOf(ranked).map(({ text }) => text)).toEqual(['t{w:1}', 'u']);
  });
});
