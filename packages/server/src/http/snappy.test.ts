/** Snappy: what others compressed comes back, and no block takes more time or memory than it may. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integer, randomFrom, seedOfRun } from '../../../../test/whole/random.ts';
import { expandSnappy } from './snappy.ts';
import { compressed } from './testing/write-request.ts';

/** Bytes that repeat themselves at all distances, as text and numbers do. */
const bytes = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 40 })), {
    maxLength: 40,
  })
  .map((parts) =>
    Buffer.concat(parts.map(([part, times]) => Buffer.alloc(part.length * times, part))),
  );

describe('snappy', () => {
  it('expands what another implementation compressed', () => {
    fc.assert(
      fc.property(bytes, (plain) => {
        expect(expandSnappy(compressed(plain), plain.length).equals(plain)).toBe(true);
      }),
    );
  });

  it('gives back a body of many blocks', () => {
    const plain = Buffer.from(
      Array.from({ length: 40_000 }, (_, i) => `series_${i % 900} ${i}\n`).join(''),
    );
    expect(plain.length).toBeGreaterThan(4 * 65_536);
    expect(expandSnappy(compressed(plain), plain.length).equals(plain)).toBe(true);
  });

  it.each<[string, number[], string]>([
    ['no bytes', [], 'it does not say how long it is'],
    [
      'a length without end',
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      'it does not say how long it is',
    ],
    ['a length beyond 32 bits', [0xff, 0xff, 0xff, 0xff, 0x7f], 'it does not say how long it is'],
    ['a literal that is cut', [3, 0x08, 1], 'it ends within a literal'],
    ['a literal whose length is cut', [3, 0xf4, 1], 'it ends within a length'],
    ['a literal beyond the length', [1, 0x04, 1, 2], 'it is longer than it says'],
    ['a copy from before the start', [8, 0x00, 1, 0x01, 2], 'it copies from before its start'],
    ['a copy from itself', [8, 0x00, 1, 0x01, 0], 'it copies from before its start'],
    ['a copy beyond the length', [3, 0x00, 1, 0x01, 1], 'it is longer than it says'],
    ['a copy that is cut', [8, 0x00, 1, 0x02, 1], 'it ends within a copy'],
    ['less than it says', [3, 0x00, 1], 'it is shorter than it says'],
    // One of the libraries on npm goes round in circles here.
    [
      'a literal of a negative length',
      [4, 0xfc, 0xfa, 0xff, 0xff, 0xff],
      'it ends within a literal',
    ],
  ])('refuses %s', (_what, block, problem) => {
    expect(() => expandSnappy(Buffer.from(block), 1_000)).toThrow(problem);
  });

  it('takes no memory for what says that it is too large', () => {
    const block = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 1]);
    expect(() => expandSnappy(block, 1_000)).toThrow(
      expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }),
    );
  });

  it('expands or refuses 50,000 broken blocks', () => {
    const seed = seedOfRun();
    const random = randomFrom(seed);
    const whole = compressed(
      Buffer.from('a label and a label and a label, and 1234567890 1234567890'),
    );
    let expanded = 0;
    for (let i = 0; i < 50_000; i++) {
      const block = Buffer.from(
        whole.subarray(
          0,
          integer(random, 0, 9) === 0 ? integer(random, 0, whole.length) : undefined,
        ),
      );
      for (let left = integer(random, 0, 3); left > 0 && block.length > 0; left--) {
        block[integer(random, 0, block.length - 1)] = integer(random, 0, 255);
      }
      try {
        if (expandSnappy(block, 4_096).length > 4_096) throw new Error('more than it may');
        expanded++;
      } catch (error) {
        if (!/^(it |too large)/.test((error as Error).message))
          expect.fail(`TEST_SEED=${seed}: ${error}`);
      }
    }
    expect(expanded).toBeGreaterThan(5_000);
  });
});
