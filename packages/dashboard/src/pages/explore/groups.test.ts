/** Proves how groups become lines, which stand out, and what leads back to their sessions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bandOf,
  type Group,
  groupName,
  type Line,
  linesOf,
  loudOf,
  rangeOf,
  sessionsOf,
} from './groups.ts';

const step = (version: string | null, offset_ms: number, value: number | null): Group => ({
  ...{ by: { version }, offset_ms, sessions: 3, series: 4 },
  results: { p95: value },
});

const lines = (...values: number[][]): Line[] =>
  linesOf(
    values.flatMap((all, i) => all.map((value, n) => step(`v${i}`, n * 10, value))),
    'version',
    'p95',
    10,
  );

describe('groups over time', () => {
  it('are lines with a point in the middle of each step', () => {
    const [line] = linesOf([step('1.0', 0, 5), step('1.0', 100, null)], 'version', 'p95', 100);
    expect(line?.value).toBe('1.0');
    expect(line?.column).toEqual({ t: [50, 150], values: [5, null] });
    expect(line?.points.get(50)).toEqual({ value: 5, sessions: 3 });
    expect(line?.points.get(150)).toEqual({ value: undefined, sessions: 3 });
  });

  it('have their times from steps of the clock, too', () => {
    const { offset_ms: _, ...rest } = step('1.0', 0, 5);
    const group = { ...rest, time: '1970-01-01T00:00:10.000Z' };
    expect(linesOf([group], 'version', 'p95', 1_000)[0]?.column.t).toEqual([10_500]);
  });

  it('tell having nothing in common from the text for it', () => {
    expect(linesOf([step(null, 0, 1), step('null', 0, 1)], 'version', 'p95', 1)).toHaveLength(2);
    expect(groupName(null, 'version')).toBe('none');
    expect(groupName(null, 'tag:worker')).toBe('without the tag');
    expect(groupName('', '')).toBe('all');
  });
});

describe('lines that stand out', () => {
  it('are all of a few', () => {
    expect(loudOf(lines([1], [2], [3], [4]), [])).toHaveLength(4);
  });

  it('are the three that depart most from the median of all', () => {
    const many = lines([5, 5], [5, 6], [90, 5], [5, 40], [5, 5], [4, 5], [-20, 5]);
    expect(loudOf(many, [])).toEqual(['v2', 'v3', 'v6']);
  });

  it('are those that somebody picked as well, once, and never more than there are hues', () => {
    const many = lines([5], [5], [90], [40], [5], [5], [-20]);
    expect(loudOf(many, ['v0', 'v2', 'gone'])).toEqual(['v0', 'v2', 'v3', 'v6']);
    const picks = Array.from({ length: 20 }, (_, i) => `v${i}`);
    expect(loudOf(lines(...picks.map(() => [1])), picks)).toHaveLength(8);
  });
});

describe('the band of many lines', () => {
  it('leaves out the outer twentieths and lies within all values', () => {
    const { low, high } = bandOf(lines(...Array.from({ length: 100 }, (_, i) => [i])), [5, 99]);
    expect(low).toEqual([4, null]);
    expect(high).toEqual([94, null]);
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, (all) => {
        const band = bandOf(lines(...all.map((value) => [value])), [5]);
        expect(band.low[0]).toBeGreaterThanOrEqual(Math.min(...all));
        expect(band.high[0]).toBeLessThanOrEqual(Math.max(...all));
      }),
    );
  });
});

describe('the range of a picture', () => {
  it('is that of the values in view', () => {
    const [low, high] = rangeOf(lines([100, 120, 9_000]), [0, 20]);
    expect(low).toBeLessThanOrEqual(100);
    expect(high).toBeLessThan(200);
  });
});

describe('the sessions behind a point', () => {
  it('are narrowed by group and step', () => {
    const at = { fromMs: 0, toMs: 1_000 };
    expect(sessionsOf({ product: ['shop'], from: ['-7d'] }, 'version', '2.4', at)).toEqual({
      ...{ product: ['shop'], version: '2.4' },
      ...{ from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:00:01.000Z' },
    });
  });

  it('have a value of the state, or have none there', () => {
    expect(sessionsOf({ state: ['a=1'] }, 'state:page', 'home')).toEqual({
      state: ['a=1', 'page=home'],
    });
    expect(sessionsOf({}, 'state:page', null)).toEqual({ state: ['!page'] });
  });

  it('are not narrowed by what sessions do not have', () => {
    expect(sessionsOf({}, 'tag:worker', '7')).toEqual({});
    expect(sessionsOf({}, '', '')).toEqual({});
    expect(sessionsOf({}, 'machine', null)).toEqual({});
  });
});
