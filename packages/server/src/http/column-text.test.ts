/** Columns as JSON text say what the numbers say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnText, millisecondsText, TextOfEqual } from './column-text.ts';

const numbers = fc.float64Array({ maxLength: 20 });

describe('a column as text', () => {
  it('keeps every number, writes the infinities as texts and what is no number as null', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const wanted = Array.from(values, (value) =>
          Number.isFinite(value) ? value + 0 : Number.isNaN(value) ? null : String(value),
        );
        expect(JSON.parse(columnText(values))).toEqual(wanted);
      }),
    );
  });

  it('writes numbers of few decimals as JSON does, digit for digit', () => {
    const decimal = fc
      .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 9 }))
      .map(([digits, decimals]) => Number(`${digits}e-${decimals}`));
    fc.assert(
      fc.property(fc.array(fc.oneof(decimal, fc.integer(), fc.double({ noNaN: true }))), (list) => {
        const finite = list.filter(Number.isFinite);
        expect(columnText(Float64Array.from(finite))).toBe(JSON.stringify(finite));
      }),
      { numRuns: 2_000 },
    );
    const edges = [-0, 0.1, -0.001, 1e-6, 1e-7, 123e-8, 1e15, 1e21, 2 ** 53, 999_999_999.999_999];
    expect(columnText(Float64Array.from(edges))).toBe(JSON.stringify(edges));
  });

  it('has instants in milliseconds', () => {
    expect(millisecondsText(Float64Array.of(0, 1_500, 1_772_366_400_000_250))).toBe(
      '[0,1.5,1772366400000.25]',
    );
  });

  it('is given again only where every number is the same', () => {
    const columns = fc.array(fc.float64Array({ maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(columns, (all) => {
        const texts = new TextOfEqual(columnText);
        for (const values of [...all, ...all.flatMap((one) => [one, one.slice()])]) {
          expect(texts.of(values)).toBe(columnText(values));
        }
      }),
    );
  });
});
