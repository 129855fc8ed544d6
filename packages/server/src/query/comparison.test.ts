/** Comparisons of two versions: what counts as a difference, and in which words it is told. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExceptionGroup, SessionGroup } from '../store/store.ts';
import { type ComparisonFacts, compareReleases } from './comparison.ts';
import { type MetricMeans, metricChanges } from './metric-change.ts';
import { frequencyChanges, rateChange } from './share-change.ts';

/** A metric with these means. */
function metric(name: string, means: number[], type: MetricMeans['type'] = 'gauge'): MetricMeans {
  return { name, type, unit: '', means };
}

/** `n` values in steps from `from` on. */
function values(n: number, from: number, step = 1): number[] {
  return Array.from({ length: n }, (_, i) => from + i * step);
}

describe('metrics of two versions', () => {
  it('are better, worse or changed when they moved, depending on what is known of them', () => {
    const base = [
      metric('response_time_ms', values(30, 100)),
      metric('fps', values(30, 30)),
      metric('players', values(30, 5)),
      metric('memory_mb', values(30, 50)),
    ];
    const candidate = [
      metric('response_time_ms', values(30, 200)),
      metric('fps', values(30, 60)),
      metric('players', values(30, 500)),
      metric('memory_mb', values(30, 50)),
    ];
    const found = metricChanges(base, candidate);
    expect(found.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['fps', 'better'],
      ['players', 'changed'],
      ['response_time_ms', 'worse'],
      ['memory_mb', 'same'],
    ]);
    expect(found[2]).toMatchObject({
      base: { sessions: 30, median: 114.5 },
      candidate: { sessions: 30, median: 214.5 },
      ratio: 214.5 / 114.5,
      delta: 1,
    });
  });

  it('are left out when one version has too few sessions with them', () => {
    const few = [metric('a', [1, 2, 3, 4]), metric('b', [1, 2, 3, 4, Number.NaN])];
    const many = [metric('a', values(50, 9)), metric('b', values(50, 9)), metric('c', [1])];
    expect(metricChanges(few, many)).toEqual([]);
    expect(metricChanges(many, few)).toEqual([]);
    expect(metricChanges([], [])).toEqual([]);
  });

  it('do not count as moved when the effect is negligible, however many sessions there are', () => {
    const [change] = metricChanges(
      [metric('memory_mb', values(4_000, 0))],
      [metric('memory_mb', values(4_000, 200))],
    );
    expect(change?.adjusted).toBeLessThan(0.001);
    expect(change?.delta).toBeGreaterThan(0.05);
    expect(change?.verdict).toBe('same');
  });

  it('are seldom said to have moved when nothing did', () => {
    // Twenty metrics of noise each time: without control, one of them would move every time.
    let seed = 1;
    const noise = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    let wrong = 0;
    for (let round = 0; round < 100; round++) {
      const side = (): MetricMeans[] =>
        Array.from({ length: 20 }, (_, i) => metric(`m${i}`, Array.from({ length: 30 }, noise)));
      const found = metricChanges(side(), side());
      if (found.some(({ verdict }) => verdict !== 'same')) wrong++;
    }
    expect(wrong).toBeLessThanOrEqual(10);
  });

  it('have no ratio where it would say nothing, and never NaN', () => {
    const any = fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -1, Infinity)), { maxLength: 9 });
    fc.assert(
      fc.property(any, any, (left, right) => {
        for (const change of metricChanges([metric('m', left)], [metric('m', right)])) {
          const { ratio, delta, chance, adjusted, base, candidate } = change;
          for (const number of [ratio ?? 0, delta, chance, adjusted, base.median]) {
            expect(number).not.toBeNaN();
          }
          expect(candidate.median).not.toBeNaN();
          expect(ratio === null || (ratio > 0 && ratio < Infinity)).toBe(true);
        }
      }),
    );
    const zero = metricChanges([metric('m', values(5, 0, 0))], [metric('m', values(5, 1, 0))]);
    expect(zero[0]?.ratio).toBeNull();
  });
});

describe('shares of two versions', () => {
  it('are worse, better, the same, or unknown', () => {
    const of = (hits: number, trials: number) => ({ hits, trials });
    expect(rateChange(of(990, 1000), of(950, 1000)).verdict).toBe('worse');
    expect(rateChange(of(950, 1000), of(990, 1000)).verdict).toBe('better');
    expect(rateChange(of(9, 10), of(8, 10)).verdict).toBe('same');
    expect(rateChange(of(1, 1), of(0, 1))).toMatchObject({ verdict: 'same', chance: 1 });
    expect(rateChange(of(0, 0), of(5, 5))).toMatchObject({ verdict: 'unknown', difference: null });
  });

  it('of many things are adjusted for their number', () => {
    const one = [{ base: 0, candidate: 6 }];
    const many = [...one, ...Array.from({ length: 30 }, () => ({ base: 3, candidate: 3 }))];
    const sessions = { base: 100, candidate: 100 };
    expect(frequencyChanges(one, sessions)[0]?.verdict).toBe('worse');
    expect(frequencyChanges(many, sessions)[0]?.verdict).toBe('same');
    expect(frequencyChanges(one, { base: 0, candidate: 10 })[0]).toMatchObject({
      ...{ difference: null, verdict: 'unknown', chance: 1 },
    });
  });
});

describe('a comparison', () => {
  it('tells what got worse first, in words', () => {
    const { findings } = compareReleases(facts());
    expect(findings).toEqual([
      { verdict: 'worse', sentence: 'Sessions without a crash fell from 99.5 % to 80 %' },
      { verdict: 'worse', sentence: 'Cause “uncaught” in 20 % of the sessions, 0.5 % before' },
      {
        verdict: 'worse',
        sentence: 'New exception KeyError: lobby in 15 % of the sessions, 0 % before',
      },
      {
        verdict: 'worse',
        sentence: 'response_time_ms rose by 100 %: from 100 ms to 200 ms, median of the sessions',
      },
    ]);
  });

  it('of versions without a session finds nothing, and says so', () => {
    const none = compareReleases({ ...facts(), groups: [], causes: [], exceptions: [] });
    expect(none).toMatchObject({
      ...{ base: undefined, candidate: undefined, causes: [], exceptions: [] },
      crashFree: { verdict: 'unknown', difference: null, chance: null },
    });
  });
});

function facts(): ComparisonFacts {
  return {
    ...{ product: 'P', base: '1', candidate: '2' },
    groups: [group(['P', '1'], 200, 1), group(['P', '2'], 200, 40)],
    causes: [group(['P', '1', 'uncaught'], 1, 1), group(['P', '2', 'uncaught'], 40, 40)],
    exceptions: [exception({ '2': 30 }), exception({ '1': 10, '2': 12 })],
    baseMeans: [metric('response_time_ms', values(9, 96))],
    candidateMeans: [metric('response_time_ms', values(9, 196))],
  };
}

function group(values: SessionGroup['values'], sessions: number, crashed: number): SessionGroup {
  const outcomes = { healthy: sessions - crashed, errored: 0, abnormal: 0, crashed };
  return {
    ...{ values, sessions, active: 0, suspended: 0, hung: 0, outcomes, errors: 0 },
    ...{ firstUs: 0, lastUs: 0 },
  };
}

function exception(versions: Record<string, number>): ExceptionGroup {
  return {
    ...{ id: '', type: 'KeyError', frames: [], message: 'lobby', count: 1, sessions: 1 },
    versions: Object.entries(versions).map(([version, sessions]) => ({
      ...{ product: 'P', version, sessions },
    })),
    ...{ firstUs: 0, lastUs: 0, latest: { session: '', seq: 0, atUs: 0 } },
  };
}
