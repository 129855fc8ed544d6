/** Details of samples come back without loss. */
import type { JsonObject } from '@tacho/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SampleDetail } from '../../store.ts';
import { appendDetails, type Details, decodeDetails, encodeDetails } from './details.ts';
import { CorruptError } from './frame.ts';

const anyMetadata = fc.oneof(
  fc.constant({}),
  fc.constant({ big: 123456789012345678901234567890n, nested: [{ '': null }] }),
  fc.constant({ sum: 0.1, buckets: { '1': 3, '+Inf': 4 } }),
  fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
) as fc.Arbitrary<JsonObject>;

const anyDetail: fc.Arbitrary<SampleDetail> = fc.oneof(
  fc.record({ count: fc.nat() }),
  fc.record({ count: fc.double() }),
  fc.record({ metadata: anyMetadata }),
  fc.record({ count: fc.nat(), metadata: anyMetadata }),
  fc.constant({}),
);

const anyDetails: fc.Arbitrary<Details> = fc
  .array(fc.tuple(fc.nat({ max: 1_023 }), anyDetail), { maxLength: 60, size: 'max' })
  .map((entries) => new Map(entries));

const sorted = (details: Details): [number, SampleDetail][] =>
  [...details].sort(([a], [b]) => a - b);

test('details survive without loss, in ascending order', () => {
  fc.assert(
    fc.property(anyDetails, (details) => {
      expect([...decodeDetails(encodeDetails(details))]).toEqual(sorted(details));
    }),
    { numRuns: 200 },
  );
});

test('no details take no bytes', () => {
  expect(encodeDetails(new Map())).toBeNull();
  expect(appendDetails(null, new Map(), 5)).toBeNull();
  expect(decodeDetails(null).size).toBe(0);
});

test('appending counts the rows of the new ones from the offset', () => {
  fc.assert(
    fc.property(anyDetails, anyDetails, (old, more) => {
      const data = appendDetails(encodeDetails(old), more, 1_024);
      const shifted = sorted(more).map(([row, detail]) => [row + 1_024, detail]);
      expect([...decodeDetails(data)]).toEqual([...sorted(old), ...shifted]);
    }),
    { numRuns: 100 },
  );
});

test('counts alone cost about as much as a column of values', () => {
  const details: Details = new Map();
  for (let row = 0; row < 1_000; row++) details.set(row, { count: 1 + (row % 5) });
  expect(encodeDetails(details)!.length).toBeLessThan(600);
});

test('integers beyond 2^53 keep their digits', () => {
  const details: Details = new Map([[3, { metadata: { id: 9007199254740993n } }]]);
  expect(decodeDetails(encodeDetails(details))).toEqual(details);
});

test('every flipped bit is noticed', () => {
  const data = encodeDetails(
    new Map<number, SampleDetail>([
      [1, { count: 7 }],
      [2, { count: 0.5, metadata: { a: 'b' } }],
      [900, {}],
    ]),
  )!;
  for (let bit = 0; bit < data.length * 8; bit++) {
    const broken = data.slice();
    broken[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => decodeDetails(broken)).toThrow(CorruptError);
  }
});
