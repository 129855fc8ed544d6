/** Tails: the last lines of a stream, whatever came before them. */
import { limits } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tail } from './tail.ts';

function tailOf(pieces: readonly (string | Buffer)[], count = 3): string[] {
  const tail = new Tail();
  for (const piece of pieces) tail.push(Buffer.from(piece as string));
  return tail.lines(count);
}

describe('a tail', () => {
  it('holds the last lines, also one without an end', () => {
    expect(tailOf(['a\nb\nc\n', 'd\n'])).toEqual(['b', 'c', 'd']);
    expect(tailOf(['a\nb\nc\n', 'd'])).toEqual(['b', 'c', 'd']);
    expect(tailOf([])).toEqual([]);
    expect(tailOf(['a'], 0)).toEqual([]);
  });

  it('is the same however the stream is cut, also beyond what it can hold', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: limits.runTailBytesMax * 1.5 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(sizes, fc.nat(3), (lengths, rest) => {
        let number = 0;
        const bytes = (length: number) => {
          let text = '';
          while (text.length < length) text += `line ${number++}\n`;
          return text;
        };
        const pieces = [...lengths.map(bytes), 'end\n'.repeat(rest)];
        const all = pieces.join('').split('\n').slice(0, -1);
        expect(tailOf(pieces, 5)).toEqual(all.slice(-5));
      }),
      { numRuns: 40 },
    );
  });

  it('shows lines as a terminal would in the end: without colours, the last state of a bar', () => {
    expect(tailOf(['\x1b[31mred\x1b[0m\r\n', ' 10%\r 20%\r 30%\r\n', 'a\tb\x07\n'])).toEqual([
      'red',
      ' 30%',
      'a\tb',
    ]);
  });

  it('replaces what is no text, and bounds lines', () => {
    const long = `${'x'.repeat(limits.runLineLengthMax - 2)}😀😀`;
    const [line = '', broken = ''] = tailOf([`${long}\n`, Buffer.from([0x61, 0xff, 0x0a])]);
    expect(line.endsWith('x…')).toBe(true);
    expect(line.length).toBeLessThanOrEqual(limits.runLineLengthMax);
    expect(broken).toBe('a�');
  });
});
