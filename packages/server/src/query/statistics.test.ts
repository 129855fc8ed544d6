/** Statistics against published values, and the laws that they keep for any numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustedChances } from './discovery.ts';
import { median } from './median.ts';
import { twoSidedChance } from './normal.ts';
import { differenceInterval, fisherChance, type Share, wilsonInterval } from './proportion.ts';
import { rankTest } from './rank-test.ts';

const shares: fc.Arbitrary<Share> = fc
  .tuple(fc.nat(60), fc.nat(60))
  .map(([a, b]) => ({ hits: Math.min(a, b), trials: Math.max(a, b) }));
const values = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 });

describe('the normal distribution', () => {
  it.each([
    [0, 1],
    [0.674489750196082, 0.5],
    [1.644853626951473, 0.1],
    [1.959963984540054, 0.05],
    [2.575829303548901, 0.01],
    [3.290526731491926, 1e-3],
    [-4.891638475698, 1e-6],
    [6.109410204869, 1e-9],
  ])('leaves outside of ±%d what tables say', (z, chance) => {
    expect(twoSidedChance(z) / chance).toBeCloseTo(1, 9);
  });

  it('has no step where the method changes', () => {
    const at = 2.5 * Math.SQRT2;
    expect(twoSidedChance(at - 1e-12) / twoSidedChance(at + 1e-12)).toBeCloseTo(1, 9);
  });
});

describe('the interval of a proportion', () => {
  // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is that of Newcombe’s table', (hits, trials, low, high) => {
    const found = wilsonInterval(hits, trials);
    expect(found?.low).toBeCloseTo(low, 4);
    expect(found?.high).toBeCloseTo(high, 4);
  });

  it('is within 0 … 1, holds the share, and mirrors', () => {
    expect(wilsonInterval(0, 0)).toBeNull();
    fc.assert(
      fc.property(shares, ({ hits, trials }) => {
        fc.pre(trials > 0);
        const { low, high } = wilsonInterval(hits, trials)!;
        const mirror = wilsonInterval(trials - hits, trials)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(hits / trials);
        expect(high).toBeGreaterThanOrEqual(hits / trials);
        expect(mirror.low).toBeCloseTo(1 - high, 12);
      }),
    );
  });
});

describe('the difference of two proportions', () => {
  // R. G. Newcombe, "Interval estimation for the difference …", 1998, table II, method 10.
  it.each([
    [48, 80, 56, 70, 0.0524, 0.3339],
    [3, 10, 9, 10, 0.1705, 0.809],
    [2, 7, 6, 7, 0.0582, 0.8062],
    [0, 29, 5, 56, -0.0381, 0.1926],
    [0, 20, 0, 10, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [0, 20, 10, 10, 0.6791, 1],
    [0, 10, 10, 10, 0.6075, 1],
  ])(
    'from %d/%d to %d/%d has the interval of Newcombe’s table',
    (aHits, a, bHits, b, low, high) => {
      const found = differenceInterval({ hits: aHits, trials: a }, { hits: bHits, trials: b });
      expect(found?.low).toBeCloseTo(low, 4);
      expect(found?.high).toBeCloseTo(high, 4);
    },
  );

  // Fisher’s tea (34 of 70 tables), and tables with the p-values of R’s fisher.test.
  it.each([
    [3, 4, 1, 4, 34 / 70],
    [1, 10, 11, 14, 0.0027594561852200836],
    [0, 5, 5, 5, 2 / 252],
    [0, 0, 3, 5, 1],
  ])('from %d/%d to %d/%d has the chance of Fisher’s test', (aHits, a, bHits, b, chance) => {
    const found = fisherChance({ hits: aHits, trials: a }, { hits: bHits, trials: b });
    expect(found).toBeCloseTo(chance, 10);
  });

  it('does not depend on the order, and is certain of nothing when the shares are equal', () => {
    fc.assert(
      fc.property(shares, shares, (a, b) => {
        expect(fisherChance(a, b)).toBeCloseTo(fisherChance(b, a), 9);
        expect(fisherChance(a, a)).toBeCloseTo(1, 9);
        const there = differenceInterval(a, b);
        const back = differenceInterval(b, a);
        if (there && back) expect(there.low).toBeCloseTo(-back.high, 12);
      }),
    );
  });

  it('of large numbers agrees with the normal approximation', () => {
    const a = { hits: 50_300, trials: 100_000 };
    const b = { hits: 49_700, trials: 100_000 };
    const z = 600 / Math.sqrt(200_000 * 0.25);
    expect(fisherChance(a, b) / twoSidedChance(z)).toBeCloseTo(1, 1);
  });
});

describe('the rank test', () => {
  it('gives the p-value that SciPy documents for mannwhitneyu, asymptotic', () => {
    const found = rankTest([20, 11, 17, 12], [19, 22, 16, 29, 24]);
    expect(found?.chance).toBeCloseTo(0.11134688653314041, 12);
    expect(found?.delta).toBeCloseTo((2 * 17) / 20 - 1, 12);
  });

  it('has the spread that all ways of drawing the groups have, ties or not', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 2, maxLength: 7 }), fc.nat(), (all, pick) => {
        const size = 1 + (pick % (all.length - 1));
        const deviations = draws(all, size).map(([a, b]) => uDeviation(a, b));
        const variance = deviations.reduce((sum, d) => sum + d * d, 0) / deviations.length;
        for (const [a, b] of draws(all, size)) {
          const distance = Math.max(0, Math.abs(uDeviation(a, b)) - 0.5);
          const expected = variance < 1e-9 ? 1 : twoSidedChance(distance / Math.sqrt(variance));
          expect(rankTest(a, b)?.chance).toBeCloseTo(expected, 9);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has the delta that comparing each with each gives, and mirrors', () => {
    const any = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(values, any), fc.oneof(values, any), (a, b) => {
        const found = rankTest(a, b)!;
        expect(found.delta).toBeCloseTo((2 * uDeviation(a, b)) / (a.length * b.length), 9);
        expect(found.chance).toBeCloseTo(rankTest(b, a)!.chance, 9);
        expect(found.chance).toBeGreaterThan(0);
        expect(found.chance).toBeLessThanOrEqual(1);
      }),
    );
    expect(rankTest([], [1])).toBeUndefined();
  });
});

describe('adjusted p-values', () => {
  it('reject what Benjamini and Hochberg reject in their example', () => {
    const chances = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
      0.6528, 0.759, 1,
    ];
    const adjusted = adjustedChances(chances);
    expect(adjusted.filter((q) => q <= 0.05)).toHaveLength(4);
    expect(adjusted[3]).toBeCloseTo((0.0095 * 15) / 4, 12);
  });

  it('are never below the values, never above 1, and keep their order', () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(chance), (chances) => {
        const adjusted = adjustedChances(chances);
        expect(adjusted).toHaveLength(chances.length);
        adjusted.forEach((q, i) => {
          expect(q).toBeGreaterThanOrEqual((chances[i] as number) * (1 - 1e-15));
          expect(q).toBeLessThanOrEqual(1);
          adjusted.forEach((other, j) => {
            if ((chances[i] as number) < (chances[j] as number)) {
              expect(q).toBeLessThanOrEqual(other);
            }
          });
        });
      }),
    );
  });
});

describe('the median', () => {
  it('is the middle, or between the two in the middle', () => {
    expect(median([])).toBeUndefined();
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 10, 2])).toBe(3);
    expect(median([Infinity, Infinity])).toBe(Infinity);
    expect(median([Number.MAX_VALUE, Number.MAX_VALUE])).toBe(Number.MAX_VALUE);
  });
});

/** How far U of `b` is from its mean, by comparing each with each. */
function uDeviation(a: readonly number[], b: readonly number[]): number {
  let deviation = 0;
  for (const x of a) for (const y of b) deviation += (Math.sign(y - x) || 0) / 2;
  return deviation;
}

/** All ways to draw `size` of some values. */
function draws(all: readonly number[], size: number): [number[], number[]][] {
  const found: [number[], number[]][] = [];
  for (let mask = 0; mask < 1 << all.length; mask++) {
    const a = all.filter((_, i) => mask & (1 << i));
    if (a.length === size) found.push([a, all.filter((_, i) => !(mask & (1 << i)))]);
  }
  return found;
}
