/** Journal frames: round trips, damage, and the golden bytes of version 1. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleDetail } from '../store.ts';
import { decodeFrame, decodeTouches, encodeTouches, FrameBuilder, sealFrame } from './frame.ts';

interface Row {
  session: number;
  series: number;
  atUs: number;
  value: number;
  detail: SampleDetail | undefined;
}

const arbitraryRow: fc.Arbitrary<Row> = fc.record({
  session: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  series: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  atUs: fc.integer({ min: 0, max: 2 ** 53 }),
  value: fc.double(),
  detail: fc.option(fc.record({ count: fc.nat() }), { nil: undefined }),
});

const arbitraryColumns = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))
  .chain(([n, m]) =>
    fc.record({
      session: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      nos: fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: m, maxLength: m }),
      times: fc.array(fc.integer({ min: 0, max: 2 ** 53 }), { minLength: n, maxLength: n }),
      values: fc.array(fc.array(fc.double(), { minLength: n, maxLength: n }), {
        minLength: m,
        maxLength: m,
      }),
    }),
  );

describe('a journal frame', () => {
  it('gives back rows, details and columns in the order in which they arrived', () => {
    const part = fc.oneof(arbitraryRow, arbitraryColumns);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 120 }), (parts) => {
        const builder = new FrameBuilder();
        const expected: Row[] = [];
        for (const one of parts) {
          if ('atUs' in one) {
            builder.row(one.session, one.series, one.atUs, one.value, one.detail);
            expected.push(one);
          } else {
            const { session, nos, times, values } = one;
            const columns = values.map((column) => Float64Array.from(column));
            builder.columns(session, nos, Float64Array.from(times), columns);
            nos.forEach((series, k) => {
              times.forEach((atUs, i) => {
                expected.push({ session, series, atUs, value: values[k]![i]!, detail: undefined });
              });
            });
          }
        }
        expect(builder.samples).toBe(expected.length);
        const frame = builder.finish()!;
        sealFrame(frame);
        expect(rowsOf(frame)).toEqual(expected);
        // SQLite hands out blobs that begin anywhere.
        const shifted = new Uint8Array(frame.length + 1);
        shifted.set(frame, 1);
        expect(rowsOf(shifted.subarray(1))).toEqual(expected);
      }),
    );
  });

  it('is empty when nothing was added', () => {
    expect(new FrameBuilder().finish()).toBeUndefined();
  });

  it('is refused when any bit of it is flipped or its end is missing', () => {
    const frame = golden();
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const damaged = frame.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      expect(() => decodeFrame(damaged)).toThrow(/frame/);
    }
    for (let length = 0; length < frame.length; length++) {
      expect(() => decodeFrame(frame.slice(0, length))).toThrow(/frame/);
    }
  });

  it('of version 1 reads for ever', () => {
    const hex = Buffer.from(golden()).toString('hex');
    expect(hex).toBe(goldenHex);
    expect(rowsOf(Buffer.from(goldenHex, 'hex'))).toEqual([
      { session: 1, series: 7, atUs: 1_000_000, value: 0.5, detail: { count: 3 } },
      { session: 2, series: 9, atUs: 2_000_000, value: -1, detail: undefined },
      { session: 2, series: 9, atUs: 2_000_000, value: 4, detail: undefined },
    ]);
  });
});

describe('touches', () => {
  it('come back as they were, NaN included', () => {
    const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 53 }), fc.constant(Number.NaN));
    const touch = fc.record({
      session: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      samples: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      receivedUs: fc.integer({ min: 0, max: 2 ** 53 }),
      heartbeatUs: time,
      skewUs: time,
    });
    fc.assert(
      fc.property(fc.array(touch), (touches) => {
        expect(decodeTouches(encodeTouches(touches))).toEqual(touches);
      }),
    );
  });
});

/** Laid out by hand from docs/format.md: two rows, one with a detail, then one column. */
const goldenHex =
  '544a0100030000009000000054a9c25f010000000200000007000000010000000000000080842e410000' +
  '00000000e03f09000000020000000000000080843e41000000000000f0bf03000000110000005b5b302c' +
  '7b22636f756e74223a337d5d5d0000000000000002000000020000000100000001000000090000000000' +
  '00000000000080843e410000000000001040';

function golden(): Uint8Array {
  const builder = new FrameBuilder();
  builder.row(1, 7, 1_000_000, 0.5, { count: 3 });
  builder.row(2, 9, 2_000_000, -1);
  builder.columns(2, [9], Float64Array.of(2_000_000), [Float64Array.of(4)]);
  const frame = builder.finish()!;
  sealFrame(frame);
  return frame;
}

function rowsOf(frame: Uint8Array): Row[] {
  return decodeFrame(frame).flatMap((block) => {
    if (block.kind === 'rows') {
      return Array.from({ length: block.n }, (_, i) => ({
        session: block.u32[i * 6 + 1]!,
        series: block.u32[i * 6]!,
        atUs: block.f64[i * 3 + 1]!,
        value: block.f64[i * 3 + 2]!,
        detail: block.details?.get(i),
      }));
    }
    const { session, series, n, timesUs, values } = block;
    return [...series].flatMap((no, k) =>
      [...timesUs].map((atUs, i) => {
        return { session, series: no, atUs, value: values[k * n + i]!, detail: undefined };
      }),
    );
  });
}
