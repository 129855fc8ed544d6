/** What is printed fits, and has no power over the terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartLines, condense, sparkline } from './blocks.ts';
import { lookOf } from './look.ts';
import { type Cell, type Column, cellsOf, fit, harmless, tableLines, wrap } from './text.ts';

/** What colours are made of. */
const colors = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

const texts = fc.string({ unit: 'grapheme', maxLength: 30 });

describe('text from elsewhere', () => {
  it('holds no control character and no change of direction', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmless(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
    expect(harmless('a\u001b[2Jb\nc')).toBe('a\\u001b[2Jb⏎c');
  });
});

describe('a text that is fitted', () => {
  it('takes no more cells than there are, and is itself when it fits', () => {
    fc.assert(
      fc.property(texts, fc.nat(40), (text, cells) => {
        const cut = fit(text, cells);
        expect(cellsOf(cut)).toBeLessThanOrEqual(cells);
        if (cellsOf(text) <= cells) expect(cut).toBe(text);
      }),
    );
  });

  it('counts wide characters twice and marks not at all', () => {
    expect(cellsOf('日本')).toBe(4);
    expect(cellsOf('e\u0301')).toBe(1);
    expect(fit('日本語', 4)).toBe('日…');
  });
});

describe('a table', () => {
  const columns: Column[] = [
    { title: 'id' },
    { title: 'text', shrinksTo: 4 },
    { title: 'more', expendable: 2 },
    { title: 'n', isRight: true, expendable: 1 },
  ];
  const cells: fc.Arbitrary<Cell[]> = fc
    .tuple(fc.constant('12345678'), texts, texts, fc.nat().map(String))
    .map((row) => row.map((text) => ({ text: harmless(text), paint: 'good' })));

  it('is never wider than the terminal, with colours or without', () => {
    fc.assert(
      fc.property(fc.array(cells), fc.integer({ min: 20, max: 200 }), (rows, width) => {
        const plain = { width, isColored: false, isUtc: true };
        const lines = tableLines(plain, columns, rows);
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(width);
        const colored = tableLines({ ...plain, isColored: true }, columns, rows);
        expect(colored.map((line) => line.replace(colors, '').trimEnd())).toEqual(lines);
      }),
    );
  });
});

describe('wrapped text', () => {
  it('holds every word in order, in lines that fit unless a word does not', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (found, cells) => {
        const lines = wrap(found.join(' '), cells);
        expect(lines.join(' ')).toBe(found.join(' '));
        for (const line of lines) expect(line.length <= cells || !line.includes(' ')).toBe(true);
      }),
    );
  });
});

describe('the look', () => {
  it.each([
    [{ isTTY: true, columns: 77 }, {}, { width: 77, isColored: true }],
    [{ isTTY: true, columns: 77 }, { NO_COLOR: '1' }, { width: 77, isColored: false }],
    [{}, {}, { width: 120, isColored: false }],
    [{}, { COLUMNS: '50', FORCE_COLOR: '1' }, { width: 50, isColored: true }],
    [
      { isTTY: true, columns: 3 },
      { NO_COLOR: '', COLUMNS: 'x' },
      { width: 20, isColored: true },
    ],
  ])('of %j with %j is %j', (terminal, env, expected) => {
    expect(lookOf({}, terminal, env)).toMatchObject(expected);
  });
});

describe('charts of blocks', () => {
  const series = fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })));

  it('a sparkline has a block for each value, the highest for the greatest', () => {
    expect(sparkline([0, 1, null, 7])).toBe('▁▂ █');
    expect(sparkline([0, 0, 8], { fromZero: true })).toBe('··█');
    fc.assert(
      fc.property(series, (values) => {
        expect([...sparkline(values)]).toHaveLength(values.length);
      }),
    );
  });

  it('condensing keeps what is chosen of every value', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (values, count) => {
        const sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
        const found = condense(values, count, sum).map((value) => value ?? 0);
        expect(sum(found)).toBe(sum(values));
        expect(found.length).toBe(Math.min(count, values.length));
      }),
    );
  });

  it('a chart shows the greatest value at its top and the smallest at its bottom', () => {
    const lines = chartLines([{ min: 0, max: 0 }, null, { min: 4, max: 9 }], 3);
    expect(lines).toEqual(['  █', '  █', '█  ']);
  });
});
