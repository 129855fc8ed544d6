/** Columns come back bit for bit, grow, stay short, and say when they are damaged. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptError } from './frame.ts';
import { appendTimes, decodeTimes, encodeTimes } from './times.ts';
import { appendValues, decodeValues, encodeValues } from './values.ts';

/** Comparing strings is many times faster than comparing arrays. */
const bits = (values: Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

function survives(values: Float64Array): void {
  expect(bits(decodeValues(encodeValues(values)))).toBe(bits(values));
  expect(bits(decodeTimes(encodeTimes(values)))).toBe(bits(values));
}

const lengths = [0, 1, 2, 3, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1024];

const specials = [
  Number.NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  1,
  -1,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  2 ** 53 + 2,
  2 ** 52 + 0.5,
  2 ** 52 - 0.5,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  0.1,
  0.3,
  1e22,
  1e23,
  123456789.123,
  1e-9,
  1e-22,
  1e-23,
  4294967296,
  4294967295,
  1e15,
  1e16,
  999999999999999.9,
  1.7e15,
  Math.PI,
];

/** Named shapes of a column. */
const shapes: Record<string, (i: number) => number> = {
  constant: () => 12.5,
  'constant of full precision': () => Math.PI,
  'constant NaN': () => Number.NaN,
  alternating: (i) => (i % 2 === 0 ? 1e15 : -1e15),
  'alternating at the border': (i) => (i % 2 === 0 ? 2 ** 53 : -(2 ** 53)),
  'a step too wide for a difference': (i) => (i < 2 ? 1 + 9 * i - 2 ** 53 : 9 * i - 7),
  counter: (i) => i * 17,
  'counter with a reset': (i) => (i < 500 ? 1e9 + i * 3 : i),
  'special values in turn': (i) => specials[i % specials.length]!,
  'two decimals': (i) => Math.round(Math.sin(i) * 1e4) / 1e2,
  'one outlier': (i) => (i === 77 ? 1e12 : i % 7),
  'NaN now and then': (i) => (i % 9 === 0 ? Number.NaN : i / 10),
  'full precision now and then': (i) => (i % 50 === 0 ? Math.sqrt(i + 0.3) : i / 4),
  'floats of 32 bits': (i) => Math.fround(Math.sin(i)),
  'both signs': (i) => Math.sin(i * i) * 100,
  'growing decimals': (i) => Number((Math.sin(i) * 100).toFixed(i % 20)),
  'epoch microseconds': (i) => 1.79e15 + i * 1e6 + ((i * 7919) % 11) * 1e3,
};

test.each(Object.keys(shapes))('%s survives at every length', (name) => {
  for (const length of lengths) survives(Float64Array.from({ length }, (_, i) => shapes[name]!(i)));
});

/** Doubles as they occur and as they must not surprise. */
const anyValue = fc.oneof(
  { arbitrary: fc.double(), weight: 2 },
  { arbitrary: fc.integer(), weight: 2 },
  { arbitrary: fc.integer({ min: -(10 ** 7), max: 10 ** 7 }).map((n) => n / 100), weight: 4 },
  { arbitrary: fc.maxSafeInteger(), weight: 1 },
  { arbitrary: fc.constantFrom(...specials), weight: 1 },
);
const anyColumn = fc
  .oneof(
    fc.array(anyValue, { maxLength: 300, size: 'max' }),
    fc.array(fc.double(), { maxLength: 300, size: 'max' }),
    fc.array(
      fc.integer({ min: 0, max: 99_999 }).map((n) => n / 1000),
      { maxLength: 300, size: 'max' },
    ),
    fc
      .tuple(
        fc.maxSafeInteger(),
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300, size: 'max' }),
      )
      .map(([first, steps]) => steps.map((step, i) => first + step + i)),
  )
  .map((values) => Float64Array.from(values));

/** Any pattern of 64 bits, NaN payloads included. */
const anyBits = fc
  .array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 300, size: 'max' })
  .map((words) => new Float64Array(BigUint64Array.from(words).buffer));

test('every column survives bit for bit', () => {
  fc.assert(fc.property(anyColumn, survives), { numRuns: 500 });
  fc.assert(fc.property(anyBits, survives), { numRuns: 200 });
});

test('appending gives the column of both parts', () => {
  fc.assert(
    fc.property(anyColumn, anyColumn, anyColumn, (a, b, c) => {
      const all = Float64Array.from([...a, ...b, ...c]);
      const values = appendValues(appendValues(encodeValues(a), b), c);
      expect(bits(decodeValues(values))).toBe(bits(all));
      const times = appendTimes(appendTimes(encodeTimes(a), b), c);
      expect(bits(decodeTimes(times))).toBe(bits(all));
    }),
    { numRuns: 200 },
  );
});

test('every shape can be appended to', () => {
  for (const shape of Object.values(shapes)) {
    const all = Float64Array.from({ length: 300 }, (_, i) => shape(i));
    const data = appendValues(encodeValues(all.slice(0, 290)), all.slice(290));
    expect(bits(decodeValues(data))).toBe(bits(all));
  }
});

test('each mode is taken where it is short', () => {
  const size = (at: (i: number) => number): number =>
    encodeValues(Float64Array.from({ length: 1_024 }, (_, i) => at(i))).length;
  // Random doubles of both signs: 52 bits of mantissa, 3 or 4 of exponent, 1 of sign.
  expect(size((i) => Math.sin(i * i) * 100)).toBeLessThan(1_024 * 7.6);
  // Fifteen decimals at first say nothing about what follows.
  expect(
    size((i) => (i < 128 ? Math.round(Math.sin(i) * 1e15) / 1e15 : 500 + (i % 4))),
  ).toBeLessThan(1_200);
  // A counter's resets do not widen its steps.
  expect(size((i) => (i % 300) * 1e6 + ((i * 7) % 5))).toBeLessThan(900);
  expect(size(() => Math.PI)).toBeLessThan(110);
  expect(size((i) => (i % 30 === 0 ? Number.NaN : (i * 37) % 100))).toBeLessThan(1_400);
});

test('a column that grew one by one is as long as one encoded at once', () => {
  const all = Float64Array.from({ length: 700 }, (_, i) => Math.round(Math.sin(i) * 1e4) / 100);
  let data = encodeValues(new Float64Array(0));
  for (const value of all) data = appendValues(data, Float64Array.of(value));
  expect(data).toEqual(encodeValues(all));
});

/** Whether the call throws CorruptError and nothing else. */
function isCorrupt(call: () => unknown): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof CorruptError) return true;
    throw error;
  }
}

test('every single flipped bit is noticed', () => {
  for (const name of Object.keys(shapes)) {
    const data = encodeValues(Float64Array.from({ length: 140 }, (_, i) => shapes[name]!(i)));
    let missed = 0;
    for (let bit = 0; bit < data.length * 8; bit++) {
      const broken = data.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      if (!isCorrupt(() => decodeValues(broken))) missed++;
    }
    expect([name, missed]).toEqual([name, 0]);
  }
});

test('a blob that is cut, of another kind or damaged is refused by every reader', () => {
  const data = encodeValues(Float64Array.from({ length: 200 }, (_, i) => i / 10));
  for (let length = 0; length < data.length; length++) {
    expect(isCorrupt(() => decodeValues(data.subarray(0, length)))).toBe(true);
  }
  expect(isCorrupt(() => decodeTimes(data))).toBe(true);
  const broken = data.slice();
  broken[5]! ^= 1;
  expect(isCorrupt(() => appendValues(broken, Float64Array.of(1)))).toBe(true);
});

test('a blob with a right checksum and a wrong count is refused', () => {
  const data = encodeValues(Float64Array.of(1, 2, 3));
  for (const count of [0, 127]) {
    const body = data.slice(0, -4);
    body[1] = count;
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(body));
    expect(isCorrupt(() => decodeValues(Buffer.concat([body, sum])))).toBe(true);
  }
});
