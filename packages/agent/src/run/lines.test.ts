/** Lines: the same whatever the pieces are in which a stream comes. */
import { limits } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lines } from './lines.ts';

function linesOf(pieces: readonly Buffer[], isAll: boolean): string[] {
  const found: string[] = [];
  const lines = new Lines(isAll, (line) => found.push(line));
  for (const piece of pieces) lines.push(piece);
  lines.end();
  return found;
}

/** Cuts a text's bytes at these places. */
function cut(text: string, places: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  at.sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

const words = fc.constantFrom('tacho:metric a=1', 'tacho:', 'tach', 'ü', 'x', '', ' tacho:x', 'to');
const text = fc
  .array(fc.tuple(words, fc.constantFrom('\n', '\n', '', '\r\n')), { maxLength: 12 })
  .map((parts) => parts.flat().join(''));
const places = fc.array(fc.nat(200), { maxLength: 6 });

describe('lines', () => {
  it('that speak to us are found wherever the stream is cut', () => {
    fc.assert(
      fc.property(text, places, (all, cuts) => {
        const expected = all
          .split('\n')
          .map((line) => line.replace(/\r$/, ''))
          .filter((line) => line.startsWith('tacho:'));
        const found = linesOf(cut(all, cuts), false);
        expect(found.filter((line) => line.startsWith('tacho:'))).toEqual(expected);
      }),
    );
  });

  it('are all found when all are wanted, progress bars as well', () => {
    fc.assert(
      fc.property(text, places, (all, cuts) => {
        const expected = all.split(/[\r\n]+/).filter((line) => line !== '');
        expect(linesOf(cut(all, cuts), true)).toEqual(expected);
      }),
    );
    expect(linesOf(cut('10%\r20%\r30%', [2, 5]), true)).toEqual(['10%', '20%', '30%']);
  });

  it('that are too long are left out, and no more than that is kept of them', () => {
    const long = `tacho:${'x'.repeat(limits.runLineLengthMax)}`;
    for (const isAll of [true, false]) {
      expect(linesOf(cut(`${long}\ntacho:a\n${long}`, [1_000, 5_000]), isAll)).toEqual(['tacho:a']);
    }
  });
});
