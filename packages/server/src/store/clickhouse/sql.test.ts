/** Nothing that users say ends its place in a statement. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { all, isId, number, quoted, quotedList, uuid, uuidList, whole } from './sql.ts';

/** Reads a literal as ClickHouse does: the text, and what follows it in the statement. */
function literal(statement: string): { text: string; rest: string } {
  expect(statement[0]).toBe("'");
  let text = '';
  for (let at = 1; at < statement.length; at += 1) {
    const char = statement[at]!;
    if (char === "'" && statement[at + 1] !== "'") return { text, rest: statement.slice(at + 1) };
    if (char === '\\' || char === "'") at += 1;
    const escapes: Record<string, string> = { 0: '\0', n: '\n', t: '\t', b: '\b', a: '\x07' };
    text += char === '\\' ? (escapes[statement[at]!] ?? statement[at]) : char;
  }
  throw new Error('the literal has no end');
}

const hostile = fc.string({
  unit: fc.constantFrom('\\', "'", '"', '`', '\0', '0', 'n', '\n', ')', '-', '{', 'é', '𝄞'),
});

const texts = fc.oneof(hostile, fc.string({ unit: 'grapheme' }));
const id = '01234567-89ab-cdef-0123-456789abcdef';

describe('a text in a statement', () => {
  it('is read as it was, and ends where it should', () => {
    fc.assert(
      fc.property(texts, texts, (text, after) => {
        const rest = after.replace(/^'+/, '');
        expect(literal(quoted(text) + rest)).toEqual({ text, rest });
      }),
      { numRuns: 1_000 },
    );
  });

  it('has no byte that is 0, which statements may not have', () => {
    expect(quoted('a\0b')).toBe(String.raw`'a\0b'`);
  });

  it('stands with others in a list', () => {
    expect(quotedList(['a', "b'c"])).toBe(String.raw`('a', 'b\'c')`);
    expect(quotedList(new Set<string>())).toBe('()');
  });
});

describe('an id in a statement', () => {
  it('is whole, and nothing else', () => {
    expect(uuidList([id, id])).toBe(`('${id}', '${id}')`);
    for (const bad of ['', 'x', `${id}\n`, ` ${id}`, id.toUpperCase(), id.slice(1), `${id}0`]) {
      expect(isId(bad)).toBe(false);
      expect(() => uuid(bad)).toThrow('this is no id');
      expect(() => uuidList([id, bad])).toThrow('this is no id');
    }
  });

  it('is any id', () => {
    fc.assert(
      fc.property(fc.uuid(), (any) => {
        expect(uuid(any)).toBe(any);
      }),
    );
  });
});

describe('a number in a statement', () => {
  it('is the same number', () => {
    const finite = fc.double({ noDefaultInfinity: true, noNaN: true });
    fc.assert(
      fc.property(finite, (value) => {
        expect(Number(number(value))).toBe(value === 0 ? 0 : value);
      }),
    );
    expect(number(-0)).toBe('0');
  });

  it('may be infinite, but not NaN', () => {
    expect([number(Infinity), number(-Infinity)]).toEqual(['inf', '-inf']);
    expect(() => number(Number.NaN)).toThrow('NaN');
  });

  it('is whole where it has to be', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(Number(whole(value))).toBe(value);
      }),
    );
    for (const bad of [0.5, 2 ** 53, Number.NaN, Infinity]) {
      expect(() => whole(bad)).toThrow('no whole number');
    }
  });
});

describe('conditions', () => {
  it('hold together, each for itself', () => {
    expect(all(['a OR b', 'c'])).toBe('(a OR b) AND (c)');
    expect(all([])).toBe('1');
  });
});
