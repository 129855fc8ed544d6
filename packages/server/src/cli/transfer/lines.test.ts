/** Text in pieces is cut where its lines and items are, wherever the pieces end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cut, itemsOf, linesOf } from './lines.ts';

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += length) yield text.slice(from, from + length);
}

async function all(cuts: AsyncIterable<Cut>): Promise<Cut[]> {
  const found: Cut[] = [];
  for await (const cut of cuts) found.push(cut);
  return found;
}

const lengths = fc.integer({ min: 1, max: 40 });

describe('the items of an array', () => {
  it('are those that JSON.parse finds, however the text comes and is laid out', async () => {
    const arrays = fc.array(fc.jsonValue().filter((value) => value !== undefined));
    const indents = fc.constantFrom(undefined, 2, '\t');
    await fc.assert(
      fc.asyncProperty(arrays, indents, lengths, async (items, indent, length) => {
        const text = ` \n${JSON.stringify(items, null, indent)}\n`;
        const cuts = await all(itemsOf(inPieces(text, length)));
        expect(cuts.map((cut) => JSON.parse(cut.text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('know the line on which they begin', async () => {
    const cuts = await all(itemsOf(inPieces('[1,\n{"a":\n2},3\n]', 3)));
    expect(cuts).toEqual([
      { text: '1', line: 1 },
      { text: '{"a":\n2}', line: 1 },
      { text: '3', line: 3 },
    ]);
  });

  it.each(['', '{"a":1}', '[1', '[1]]', '[1] [2]', '"a"', '[{]'])(
    'of %j are refused',
    async (text) => {
      await expect(all(itemsOf(inPieces(text, 2)))).rejects.toThrow(SyntaxError);
    },
  );
});

describe('the lines of a text', () => {
  it('are those between its ends, numbered as editors do, without the empty ones', async () => {
    const texts = fc.array(fc.constantFrom('a', '', ' ', 'bc', '{"d":1}'), { maxLength: 20 });
    const ends = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(texts, ends, lengths, fc.boolean(), async (parts, end, length, last) => {
        const text = parts.join(end) + (last ? end : '');
        const expected = parts
          .map((part, i) => ({ text: part.trim(), line: i + 1 }))
          .filter((cut) => cut.text !== '');
        expect(await all(linesOf(inPieces(text, length)))).toEqual(expected);
      }),
    );
  });
});
