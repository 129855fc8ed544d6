/** The laws of the quantile sketch: its error, merging, encoding. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reader } from './bits.ts';
import { decodeSketch, encodeSketch, Sketch, sketchError } from './sketch.ts';

/** The bytes as text: comparing strings is many times faster than comparing arrays. */
const bytes = (sketch: Sketch): string => Buffer.from(encodeSketch(sketch)).toString('hex');

const sketchOf = (values: readonly number[]): Sketch => {
  const sketch = new Sketch();
  sketch.addAll(Float64Array.from(values));
  return sketch;
};

const merged = (...sketches: Sketch[]): Sketch => {
  const all = new Sketch();
  for (const sketch of sketches) all.merge(sketch);
  return all;
};

const decoded = (data: Uint8Array): Sketch => {
  const reader = new Reader(data, 0);
  const sketch = decodeSketch(reader);
  expect(reader.at).toBe(data.length);
  return sketch;
};

const anyValues = fc.array(
  fc.oneof(
    fc.double(),
    fc.integer({ min: -1000, max: 1000 }),
    fc.double({ min: 1, max: 100 }),
    fc.constantFrom(0, -0, 5e-324, -1e-310, 2.2250738585072014e-308, Number.MAX_VALUE, Number.NaN),
  ),
  { maxLength: 200, size: 'max' },
);
const anyQ = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 1));

/** Floating point adds a little to the bound of the theory. */
const tolerance = sketchError * (1 + 1e-6);

function expectClose(estimate: number | undefined, exact: number): void {
  // Subnormals count as zero.
  if (Math.abs(exact) < 2.2250738585072014e-308) expect(estimate).toBe(0);
  else if (!Number.isFinite(exact)) expect(estimate).toBe(exact);
  else expect(Math.abs(estimate! - exact)).toBeLessThanOrEqual(Math.abs(exact) * tolerance);
}

test('a quantile lies within the stated error of the sample of that rank', () => {
  fc.assert(
    fc.property(anyValues, anyQ, (values, q) => {
      const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
      const estimate = sketchOf(values).quantile(q);
      if (sorted.length === 0) expect(estimate).toBeUndefined();
      else expectClose(estimate, sorted[Math.floor(q * (sorted.length - 1))]!);
    }),
    { numRuns: 500 },
  );
});

test('the whole range of doubles keeps the error', () => {
  for (let exponent = -308; exponent <= 308; exponent++) {
    for (const digits of [2.3, 5, 9.99]) {
      const value = digits * 10 ** exponent;
      if (Number.isFinite(value)) expectClose(sketchOf([value]).quantile(0.5), value);
    }
  }
  expectClose(sketchOf([Number.MAX_VALUE]).quantile(1), Number.MAX_VALUE);
  expectClose(sketchOf([-Number.MAX_VALUE]).quantile(0), -Number.MAX_VALUE);
});

test('merging is the same as having taken everything, in any order and grouping', () => {
  fc.assert(
    fc.property(anyValues, anyValues, anyValues, (a, b, c) => {
      const all = bytes(sketchOf([...a, ...b, ...c]));
      const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)];
      expect(bytes(merged(x, y, z))).toBe(all);
      expect(bytes(merged(z, x, y))).toBe(all);
      expect(bytes(merged(x, merged(y, z)))).toBe(all);
      expect(bytes(merged(x, new Sketch(), y, z))).toBe(all);
      // The parts are what they were.
      expect(bytes(x)).toBe(bytes(sketchOf(a)));
    }),
    { numRuns: 100 },
  );
});

test('a sketch survives its encoding', () => {
  fc.assert(
    fc.property(anyValues, anyQ, (values, q) => {
      const sketch = sketchOf(values);
      const back = decoded(encodeSketch(sketch));
      expect(bytes(back)).toBe(bytes(sketch));
      expect(back.count).toBe(sketch.count);
      expect(back.nans).toBe(values.filter(Number.isNaN).length);
      expect(back.quantile(q)).toBe(sketch.quantile(q));
    }),
    { numRuns: 200 },
  );
});

test('counts of any size survive', () => {
  const sketch = sketchOf([1, 2, -3, 0]);
  for (let i = 0; i < 40; i++) sketch.merge(sketch);
  const back = decoded(encodeSketch(sketch));
  expect(back.count).toBe(4 * 2 ** 40);
  expect(bytes(back)).toBe(bytes(sketch));
});

test('a clone goes its own way', () => {
  const sketch = sketchOf([1, 2, 3]);
  const copy = sketch.clone();
  copy.add(100);
  expect(sketch.count).toBe(3);
  expect(copy.count).toBe(4);
});
