/** The tests behind `tacho compare` with rules: false alarms are as rare and power is as high as they say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upperChance, valueAbove } from './normal.ts';
import { fisherChance } from './proportion.ts';
import { detectableExcess, excessChance, restricted } from './share-test.ts';
import {
  detectableShift,
  type Groups,
  leastChance,
  type Scale,
  shiftChances,
  shiftInterval,
  shiftOf,
} from './shift-test.ts';

const level = 0.05;
const trials = 2_000;

/** Four standard deviations of a frequency of 5 % among `trials`: a fixed seed stays within it or the test is wrong. */
const slack = 4 * Math.sqrt((level * (1 - level)) / trials);

describe('the one-sided normal chance', () => {
  it('and its inverse are those of tables', () => {
    expect(upperChance(1.6448536269514722)).toBeCloseTo(0.05, 12);
    expect(upperChance(-1)).toBeCloseTo(0.8413447460685429, 12);
    expect(valueAbove(0.2)).toBeCloseTo(0.8416212335729143, 12);
    expect(valueAbove(0.001)).toBeCloseTo(3.090232306167813, 10);
  });
});

describe('the shift test', () => {
  it('counts all ways to draw the groups where there are few, ties or not', () => {
    const some = fc.array(fc.nat(5), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(some, some, (a, b) => {
        const { above, below } = shiftChances(groupsOf(a, b), 0);
        const seen = wins(a, b);
        const all = draws([...a, ...b], b.length).map(([x, y]) => wins(x, y));
        expect(above).toBeCloseTo(all.filter((u) => u >= seen).length / all.length, 10);
        expect(below).toBeCloseTo(all.filter((u) => u <= seen).length / all.length, 10);
      }),
      { numRuns: 100 },
    );
  });

  it('has the exact chances of published tables', () => {
    // n = m = 4, U = 15 and 16: Mann and Whitney, 1947, table I.
    expect(shiftChances(groupsOf([1, 2, 3, 4], [5, 6, 7, 8]), 0).above).toBeCloseTo(1 / 70, 12);
    expect(shiftChances(groupsOf([1, 2, 3, 5], [4, 6, 7, 8]), 0).above).toBeCloseTo(2 / 70, 12);
    expect(leastChance(groupsOf([1, 2, 3, 4], [5, 6, 7, 8]))).toBeCloseTo(1 / 70, 12);
  });

  it('has no step where counting gives way to the normal approximation', () => {
    const next = random(5);
    const a = Array.from({ length: 16 }, next);
    const b = Array.from({ length: 15 }, () => next() + 0.15);
    const normal = shiftChances(groupsOf(a, b), 0).above;
    const exact = shiftChances(groupsOf(a.slice(1), b), 0).above;
    expect(Math.abs(normal - exact)).toBeLessThan(0.05);
  });

  it('finds the middle of all differences, and the interval that the test agrees with', () => {
    const some = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 4, maxLength: 9 });
    fc.assert(
      fc.property(some, some, fc.constantFrom<Scale>('ratio', 'difference'), (a, b, scale) => {
        const groups = groupsOf(a, b, scale);
        const each = a.flatMap((x) => b.map((y) => (scale === 'ratio' ? y / x : y - x)));
        each.sort((x, y) => x - y);
        const middle = each.length >> 1;
        const [low, high] = [each[(each.length - 1) >> 1]!, each[middle]!];
        expect(shiftOf(groups)).toBeGreaterThanOrEqual(low - 1e-6);
        expect(shiftOf(groups)).toBeLessThanOrEqual(high + 1e-6);
        const interval = shiftInterval(groups, level);
        fc.pre(Number.isFinite(interval.low) && interval.low > 0);
        expect(shiftChances(groups, interval.low * 0.999).above).toBeLessThanOrEqual(level);
        expect(shiftChances(groups, interval.low * 1.001).above).toBeGreaterThan(level);
        expect(shiftChances(groups, interval.high * 1.001).below).toBeLessThanOrEqual(level);
        expect(shiftChances(groups, interval.high * 0.999).below).toBeGreaterThan(level);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    { m: 5, n: 5 },
    { m: 12, n: 40 },
    { m: 60, n: 60 },
  ])('of $m and $n equal sessions raises an alarm in at most 5 % of comparisons', ({ m, n }) => {
    const next = random(m * 100 + n);
    const draw = skewed(next);
    // At the margin itself, where alarms are most frequent while none is right.
    const alarms = countOf(() => {
      const groups = groupsOf(
        many(m, draw),
        many(n, () => draw() * 1.05),
        'ratio',
      );
      return shiftChances(groups, 1.05).above <= level;
    });
    expect(alarms / trials).toBeLessThanOrEqual(level + slack);
    expect(alarms).toBeGreaterThan(0);
    const same = countOf(() => {
      const groups = groupsOf(many(m, draw), many(n, draw), 'ratio');
      return shiftChances(groups, 1.05).above <= level;
    });
    expect(same / trials).toBeLessThanOrEqual(level);
  });

  it.each([
    { m: 30, n: 30, scale: 'ratio' as const },
    { m: 200, n: 40, scale: 'difference' as const },
  ])('of $m and $n sessions finds by $scale what it says it finds', ({ m, n, scale }) => {
    const next = random(m + n);
    const draw = skewed(next);
    const margin = scale === 'ratio' ? 1.05 : 2;
    const large = groupsOf(many(4_000, draw), many(4_000, draw), scale);
    const [base, candidate] = [large.base, large.candidate].map((all, side) =>
      // As many sessions as in the comparison, spread as all of them are.
      Float64Array.from({ length: side === 0 ? m : n }, (_, i) => {
        return all[Math.floor(((i + 0.5) / (side === 0 ? m : n)) * all.length)]!;
      }),
    );
    const told = detectableShift({ base: base!, candidate: candidate!, scale }, level, 0.8)!;
    const worse = (value: number) =>
      scale === 'ratio' ? value * margin * told : value + margin + told;
    const found = countOf(() => {
      const groups = groupsOf(
        many(m, draw),
        many(n, () => worse(draw())),
        scale,
      );
      return shiftChances(groups, margin).above <= level;
    });
    expect(found / trials).toBeGreaterThan(0.72);
    expect(found / trials).toBeLessThan(0.9);
  });

  it('says nothing of what too few sessions could find', () => {
    expect(detectableShift(groupsOf([1, 2], [3, 4]), level, 0.8)).toBeUndefined();
    expect(shiftInterval(groupsOf([1, 2], [3, 4]), level)).toEqual({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
    expect(shiftOf(groupsOf([0, 0], [0, 0], 'ratio'))).toBeNaN();
  });
});

describe('the share test', () => {
  it('takes the likeliest shares that differ by the margin', () => {
    const share = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(share, share, fc.integer({ min: -60, max: 60 }), (i, j, percent) => {
        const margin = percent / 100;
        const seen = { a: i / 40, b: j / 40 };
        const best = restricted(seen, { a: 40, b: 40 }, margin);
        const at = (b: number) =>
          term(i, b - margin) + term(40 - i, 1 - b + margin) + term(j, b) + term(40 - j, 1 - b);
        expect(best.b - best.a).toBeCloseTo(margin, 9);
        for (let k = 0; k <= 100; k++) {
          const b = Math.max(0, margin) + (k / 100) * (1 - Math.abs(margin));
          expect(at(best.b)).toBeGreaterThanOrEqual(at(b) - 1e-6);
        }
      }),
    );
  });

  it('is surer than Fisher’s of the same, and the same on both sides of where counting ends', () => {
    const a = { hits: 100, trials: 2_000 };
    const b = { hits: 140, trials: 2_000 };
    const exact = excessChance(a, b, 0);
    const twice = { hits: 140, trials: 2_001 };
    expect(Math.abs(Math.log(excessChance(a, twice, 0) / exact))).toBeLessThan(0.1);
    expect(exact).toBeLessThan(fisherChance(a, b));
    expect(excessChance({ hits: 0, trials: 0 }, b, 0)).toBe(1);
  });

  it.each([
    { m: 30, n: 30, share: 0.02, margin: 0 },
    { m: 150, n: 60, share: 0.01, margin: 0.005 },
    { m: 60, n: 50, share: 0.2, margin: 0.05 },
  ])('with $share of $m and $n crashed raises an alarm in at most 5 %', (given) => {
    const { m, n, share, margin } = given;
    const next = random(m + n * 7);
    const chance = remembering((i, j) =>
      excessChance({ hits: i, trials: m }, { hits: j, trials: n }, margin),
    );
    const alarms = countOf(() => {
      return chance(hitsOf(next, m, share), hitsOf(next, n, share + margin)) <= level;
    });
    expect(alarms / trials).toBeLessThanOrEqual(level + slack);
    const same = countOf(() => chance(hitsOf(next, m, share), hitsOf(next, n, share)) <= level);
    expect(same / trials).toBeLessThanOrEqual(level + slack);
  });

  it.each([
    { m: 150, n: 150, share: 0.05, margin: 0.005 },
    { m: 200, n: 80, share: 0.1, margin: 0.02 },
  ])('of $m and $n sessions finds what it says it finds', ({ m, n, share, margin }) => {
    const next = random(m * n);
    const told = detectableExcess({ a: m, b: n }, share, margin, { level, power: 0.8 })!;
    const chance = remembering((i, j) =>
      excessChance({ hits: i, trials: m }, { hits: j, trials: n }, margin),
    );
    const found = countOf(() => {
      return chance(hitsOf(next, m, share), hitsOf(next, n, share + margin + told)) <= level;
    });
    expect(found / trials).toBeGreaterThan(0.72);
    expect(found / trials).toBeLessThan(0.88);
  });

  it('says nothing of what too few sessions could find', () => {
    const power = { level, power: 0.8 };
    expect(detectableExcess({ a: 2, b: 2 }, 0.01, 0.005, power)).toBeUndefined();
    expect(detectableExcess({ a: 0, b: 9 }, 0.01, 0.005, power)).toBeUndefined();
  });
});

function groupsOf(a: number[], b: number[], scale: Scale = 'difference'): Groups {
  return { base: Float64Array.from(a).sort(), candidate: Float64Array.from(b).sort(), scale };
}

/** Numbers in 0 … 1 from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Values as sessions have them: skewed, and some of them far out. */
function skewed(next: () => number): () => number {
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return 16 * Math.exp(0.3 * normal) * (next() < 0.05 ? 4 : 1);
  };
}

function many(n: number, draw: () => number): number[] {
  return Array.from({ length: n }, draw);
}

function hitsOf(next: () => number, n: number, share: number): number {
  let hits = 0;
  for (let i = 0; i < n; i++) if (next() < share) hits++;
  return hits;
}

function countOf(isSo: () => boolean): number {
  let count = 0;
  for (let i = 0; i < trials; i++) if (isSo()) count++;
  return count;
}

function remembering(work: (i: number, j: number) => number): (i: number, j: number) => number {
  const known = new Map<string, number>();
  return (i, j) => {
    const name = `${i} ${j}`;
    const found = known.get(name) ?? work(i, j);
    known.set(name, found);
    return found;
  };
}

/** Pairs in which `b` is above `a`; ties count half. */
function wins(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  for (const x of a) for (const y of b) count += (Math.sign(y - x) + 1) / 2;
  return count;
}

/** All ways to draw `size` of some values, as what is left and what is drawn. */
function draws(all: readonly number[], size: number): [number[], number[]][] {
  const found: [number[], number[]][] = [];
  for (let mask = 0; mask < 1 << all.length; mask++) {
    const drawn = all.filter((_, i) => mask & (1 << i));
    if (drawn.length === size) found.push([all.filter((_, i) => !(mask & (1 << i))), drawn]);
  }
  return found;
}

/** A summand of a logarithm of a likelihood. */
function term(count: number, share: number): number {
  return count === 0 ? 0 : count * Math.log(Math.max(1e-300, share));
}
