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
