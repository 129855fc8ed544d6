/** Summaries tell the truth however they were put together. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptError } from './frame.ts';
import { encodeSketch, Sketch } from './sketch.ts';
import {
  decodeSummary,
  decodeSummaryHead,
  emptySummary,
  encodeSummary,
  extendSummary,
  mergeSummaries,
  mergeSummary,
  type Summary,
  sketchSamplesMin,
  summarize,
} from './summary.ts';

const anyColumn = fc
  .array(
    fc.oneof(
      fc.double(),
      fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
      fc.constantFrom(Number.NaN, 0, -0, Infinity, -Infinity, 1e300),
    ),
    { maxLength: 150, size: 'max' },
  )
  .map((values) => Float64Array.from(values));

/** A summary as plain data, sketches as their bytes. */
const plain = (summary: Summary): unknown => ({
  ...summary,
  sketch: summary.sketch && Buffer.from(encodeSketch(summary.sketch)).toString('hex'),
});

test('a summary says what is in the values', () => {
  const values = Float64Array.of(3, Number.NaN, -1, 8.5, 2);
  expect(plain(summarize(values, true))).toEqual({
    count: 5,
    nans: 1,
    min: -1,
    max: 8.5,
    sum: 12.5,
    first: 3,
    last: 2,
    growth: null,
    sketch: null,
  });
  expect(plain(summarize(Float64Array.of(Number.NaN), true))).toEqual({
    ...emptySummary(),
    count: 1,
    nans: 1,
  });
});

test('min, max and sum agree with the values', () => {
  fc.assert(
    fc.property(anyColumn, (column) => {
      const summary = summarize(column, false);
      const numbers = [...column].filter((value) => !Number.isNaN(value));
      expect(summary.count - summary.nans).toBe(numbers.length);
      expect(summary.sum).toBe(numbers.reduce((sum, value) => sum + value, 0));
      if (numbers.length === 0) return;
      expect(summary.min === Math.min(...numbers)).toBe(true);
      expect(summary.max === Math.max(...numbers)).toBe(true);
      expect(Object.is(summary.first, column[0])).toBe(true);
      expect(Object.is(summary.last, column[column.length - 1])).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('a sketch is there from 64 samples on, and never for counters', () => {
  const values = new Float64Array(sketchSamplesMin);
  expect(summarize(values, true).sketch).not.toBeNull();
  expect(summarize(values.subarray(1), true).sketch).toBeNull();
  expect(summarize(values, false).sketch).toBeNull();
});

test("a counter's growth understands restarts, and is not told where a sample is NaN", () => {
  expect(summarize(Float64Array.of(10, 12, 3, 3, 8), false).growth).toBe(2 + 3 + 0 + 5);
  expect(summarize(Float64Array.of(7), false).growth).toBe(0);
  expect(summarize(Float64Array.of(Infinity, Infinity, -5, 1), false).growth).toBe(6);
  expect(summarize(Float64Array.of(1, Number.NaN, 2), false).growth).toBeNull();
  expect(summarize(new Float64Array(0), false).growth).toBeNull();
  expect(summarize(Float64Array.of(1, 2), true).growth).toBeNull();
});

test('a counter whose growth was not kept gets it back when it is extended', () => {
  const old = summarize(Float64Array.of(1, 5, 2), false);
  const extended = extendSummary({ ...old, growth: null }, Float64Array.of(4), false, () =>
    Float64Array.of(1, 5, 2),
  );
  expect(extended.growth).toBe(4 + 2 + 2);
});

test('the head of a summary is the summary without its sketch', () => {
  fc.assert(
    fc.property(anyColumn, fc.boolean(), (column, sketched) => {
      const { sketch, ...head } = summarize(column, sketched);
      expect(decodeSummaryHead(encodeSummary({ ...head, sketch }))).toEqual(head);
    }),
  );
});

test('extending gives exactly the summary of everything', () => {
  fc.assert(
    fc.property(anyColumn, anyColumn, fc.boolean(), (a, b, sketched) => {
      const all = summarize(Float64Array.from([...a, ...b]), sketched);
      expect(plain(extendSummary(summarize(a, sketched), b, sketched, () => a))).toEqual(
        plain(all),
      );
    }),
    { numRuns: 300 },
  );
});

test('extending asks for the old values only when they had no sketch', () => {
  const old = summarize(new Float64Array(sketchSamplesMin), true);
  const never = (): Float64Array => {
    throw new Error('asked');
  };
  expect(extendSummary(old, Float64Array.of(1), true, never).count).toBe(sketchSamplesMin + 1);
  const short = summarize(new Float64Array(sketchSamplesMin - 1), true);
  expect(() => extendSummary(short, Float64Array.of(1), true, never)).toThrow('asked');
});

test('merging gives the summary of everything, up to the rounding of the sum', () => {
  fc.assert(
    fc.property(anyColumn, anyColumn, anyColumn, (a, b, c) => {
      const all = summarize(Float64Array.from([...a, ...b, ...c]), false);
      const [x, y, z] = [a, b, c].map((column) => summarize(column, false)) as [
        Summary,
        Summary,
        Summary,
      ];
      const left = mergeSummaries(mergeSummaries(x, y), z);
      const right = mergeSummaries(x, mergeSummaries(y, z));
      for (const merged of [left, right]) expect({ ...merged, sum: 0 }).toEqual({ ...all, sum: 0 });
      const size = [...a, ...b, ...c].reduce((sum, v) => sum + (Math.abs(v) || 0), 0);
      if (size < 1e308) expect(Math.abs(left.sum - all.sum)).toBeLessThanOrEqual(size * 1e-12);
      expect(mergeSummaries(emptySummary(), x)).toEqual(x);
      expect(mergeSummaries(x, emptySummary())).toEqual(x);
    }),
    { numRuns: 300 },
  );
});

test('merging keeps sketches only when both sides have one', () => {
  const long = summarize(
    Float64Array.from({ length: 100 }, (_, i) => i),
    true,
  );
  const short = summarize(Float64Array.of(1), true);
  expect(mergeSummaries(long, long).sketch!.count).toBe(200);
  expect(long.sketch!.count).toBe(100);
  expect(mergeSummaries(long, short).sketch).toBeNull();
});

test('a summary survives its encoding, and every flipped bit is noticed', () => {
  fc.assert(
    fc.property(anyColumn, fc.boolean(), (column, sketched) => {
      const summary = summarize(column, sketched);
      expect(plain(decodeSummary(encodeSummary(summary)))).toEqual(plain(summary));
    }),
    { numRuns: 300 },
  );
  const data = encodeSummary(
    summarize(
      Float64Array.from({ length: 99 }, (_, i) => i / 8),
      true,
    ),
  );
  for (let bit = 0; bit < data.length * 8; bit++) {
    const broken = data.slice();
    broken[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => decodeSummary(broken)).toThrow(CorruptError);
  }
});

test('merging a summary blob adds its sketch as merging the sketches does', () => {
  fc.assert(
    fc.property(anyColumn, anyColumn, fc.boolean(), (a, b, sketched) => {
      const [into, expected] = [new Sketch(), new Sketch()];
      into.addAll(a);
      expected.addAll(a);
      const summary = summarize(b, sketched);
      const { sketch, ...head } = summary;
      if (sketch) expected.merge(sketch);
      const found = mergeSummary(encodeSummary(summary), into);
      expect(found).toEqual(sketch ? head : undefined);
      expect(encodeSketch(into)).toEqual(encodeSketch(expected));
    }),
  );
});
