/** Splits: the measure, and what is worth showing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestSplits, phi } from './splits.ts';

const sides = fc.record({ inside: fc.nat(50), outside: fc.nat(50) });
const tables = sides.chain((all) =>
  fc.record({
    all: fc.constant(all),
    part: fc.record({ inside: fc.nat(all.inside), outside: fc.nat(all.outside) }),
  }),
);

describe('phi', () => {
  it('is that of a table worked by hand', () => {
    // 30 of 40 inside, 10 of 60 outside: (30·50 − 10·10) / √(40·60·40·60).
    expect(phi({ inside: 30, outside: 10 }, { inside: 40, outside: 60 })).toBeCloseTo(1400 / 2400);
  });

  it('is the correlation of the two facts, whatever the table', () => {
    fc.assert(
      fc.property(tables, ({ all, part }) => {
        const n = all.inside + all.outside;
        const x = (part.inside + part.outside) / n;
        const y = all.inside / n;
        const deviation = Math.sqrt(x * (1 - x) * y * (1 - y));
        const expected = deviation > 0 ? (part.inside / n - x * y) / deviation : 0;
        expect(phi(part, all)).toBeCloseTo(expected, 9);
        expect(Math.abs(phi(part, all))).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});

describe('the best splits', () => {
  const all = { inside: 10, outside: 90 };
  const candidate = (value: string, inside: number, outside: number) => {
    return { field: 'version', value, inside, outside };
  };

  it('are those that stand out inside, the best first', () => {
    const found = bestSplits(
      [
        candidate('everybody', 10, 90),
        candidate('rare', 2, 0),
        candidate('usual', 1, 9),
        candidate('outside', 0, 40),
        candidate('half', 5, 1),
        candidate('exact', 10, 0),
        candidate('most', 9, 20),
      ],
      all,
      10,
    );
    expect(found.map(({ value }) => value)).toEqual(['exact', 'half', 'most']);
    expect(found[0]?.phi).toBe(1);
  });

  it('are limited, and none when one side is empty', () => {
    const two = [candidate('a', 5, 0), candidate('b', 4, 0)];
    expect(bestSplits(two, all, 1).map(({ value }) => value)).toEqual(['a']);
    expect(bestSplits([candidate('a', 5, 0)], { inside: 10, outside: 0 }, 5)).toEqual([]);
  });
});
