/** Reading and writing JSON without loss, and surviving text made to hurt. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type JsonObject,
  type JsonValue,
  jsonDepth,
  parseJson,
  setJsonKey,
  stringifyJson,
} from './json.ts';
import { limits } from './limits.ts';

const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.constant('__proto__'));
const wideInteger = fc
  .bigInt({ min: 2n ** 53n, max: 10n ** 60n })
  .chain((n) => fc.constantFrom(n, -n))
  .filter((n) => String(Number(n)) !== String(n));

/** Any JSON value, wide integers included. */
const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    // JSON writes -0 as 0.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    fc.integer(),
    wideInteger,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('NaN', 'Infinity', '"NaN', '\\"', 'a\\'),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(objectOf),
  ),
})).value;

function objectOf(entries: [string, JsonValue][]): JsonObject {
  const object: JsonObject = {};
  for (const [name, value] of entries) setJsonKey(object, name, value);
  return object;
}

describe('parseJson', () => {
  it('reads back whatever stringifyJson writes, digits and keys included', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(parseJson(stringifyJson(value))).toStrictEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with JSON.parse where JSON.parse loses nothing', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('', ' ', '\n\t'), (text, space) => {
        expect(parseJson(space + text + space)).toStrictEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse on the lossless path too', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const [wide, value] = parseJson(`[9007199254740993,${text}]`) as JsonValue[];
        expect(wide).toBe(9007199254740993n);
        expect(value).toStrictEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 2 ** 53],
    ['100000000000000000', 1e17],
    ['-9007199254740993', -9007199254740993n],
    ['1700000000123456', 1700000000123456],
    ['12345678901234567890123', 12345678901234567890123n],
    ['1e20', 1e20],
    ['12345678901234567.0', 12345678901234568],
    ['0.12345678901234566', 0.12345678901234566],
    ['1E-400', 0],
    ['1e400', 'Infinity'],
    ['-1E+400', '-Infinity'],
    [`${'9'.repeat(400)}.5`, 'Infinity'],
    ['NaN', 'NaN'],
    ['-Infinity', '-Infinity'],
    [' Infinity ', 'Infinity'],
  ])('reads %s as %s', (text, value) => {
    expect(parseJson(text)).toBe(value);
    expect(parseJson(`{"a":[${text} ]}`)).toEqual({ a: [value] });
  });

  it('leaves NaN, Infinity and long digits inside of strings alone', () => {
    const value = { 'NaN, 1': 'Infinity: 12345678901234567890', b: '\\' };
    const text = JSON.stringify(value);
    expect(parseJson(text)).toEqual(value);
    expect(parseJson(`[NaN,${text}]`)).toEqual(['NaN', value]);
  });

  it.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "'a'",
    'nan',
    'NaN1',
    '-NaN',
    '--Infinity',
    'Inf',
    'NaNNaN',
    '[NaN NaN]',
    '{NaN:1}',
    '{Infinity :1}',
    '[1e5',
    '01',
    '1.',
    '.5',
    '+1',
    '"\u0001"',
    '"\\x"',
    'undefined',
    '[NaN',
    '00000000000000000001',
    '12345678901234567890 1',
    '\u00a01',
    '[-]',
    '1e',
    '12345678901234567890e',
  ])('refuses %j with a SyntaxError', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('keeps __proto__ an ordinary key on both paths and never touches a prototype', () => {
    for (const value of ['1', '12345678901234567890', 'NaN']) {
      const parsed = parseJson(`{"__proto__":{"polluted":${value}},"a":{"__proto__":null}}`);
      expect(Object.keys(parsed as JsonObject)).toEqual(['__proto__', 'a']);
      expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
      expect(({} as JsonObject).polluted).toBeUndefined();
      expect(stringifyJson(parsed)).toContain('"__proto__":{"polluted":');
    }
  });

  it('takes the last of equal keys on both paths', () => {
    expect(parseJson('{"a":1,"a":[2]}')).toEqual({ a: [2] });
    expect(parseJson('{"a":NaN,"a":[2]}')).toEqual({ a: [2] });
  });

  it('refuses what is nested deeper than the limit, and reads what is not', () => {
    const n = limits.jsonParseDepthMax;
    const nest = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth);
    for (const inner of ['1', 'NaN', '12345678901234567890']) {
      expect(jsonDepth(parseJson(nest(n, inner)), n)).toBe(true);
      expect(() => parseJson(nest(n + 1, inner))).toThrow(SyntaxError);
    }
    const objects = (depth: number) => `${'{"[":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(jsonDepth(parseJson(objects(n)), n)).toBe(true);
    expect(() => parseJson(objects(n + 1))).toThrow(SyntaxError);
    // What stands side by side is not nesting.
    expect(parseJson(`[NaN${',[{}]'.repeat(n)}]`)).toHaveLength(n + 1);
    // Brackets in strings are not nesting.
    expect(parseJson(`[NaN,"${'['.repeat(n + 1)}"]`)).toHaveLength(2);
  });

  it.each([
    ['an array', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
    ['an array without end', '['.repeat(1_000_000)],
    ['an array around NaN', `${'['.repeat(1_000_000)}NaN${']'.repeat(1_000_000)}`],
    ['an object', `${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`],
    ['a short one', '['.repeat(5_000) + ']'.repeat(5_000)],
  ])('refuses a depth bomb: %s', (_, text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('refuses integers too long to convert in linear time', () => {
    const digits = '9'.repeat(limits.jsonIntegerDigitsMax);
    expect(parseJson(digits)).toBe(BigInt(digits));
    expect(() => parseJson(`${digits}9`)).toThrow(SyntaxError);
    expect(() => parseJson('9'.repeat(8_000_000))).toThrow(SyntaxError);
  });

  it.each([
    ['bare words', `[${'NaN,'.repeat(4_000_000)}1]`, 4_000_001],
    ['blanks between a bare word and the next token', `[NaN${' '.repeat(16_000_000)}]`, 1],
    ['bare words and blanks', `[${`NaN${' '.repeat(1000)},`.repeat(15_000)}1]`, 15_001],
    ['escapes', `[NaN,"${'\\u0041\\"'.repeat(2_000_000)}"]`, 2],
    ['an unclosed string of escapes', `[NaN,"${'\\"'.repeat(8_000_000)}`, undefined],
    ['wide integers', `[${'12345678901234567890,'.repeat(700_000)}1]`, 700_001],
    ['equal keys', `[{${'"a":NaN,'.repeat(1_500_000)}"b":1}]`, 1],
  ])('gets through 16 MB of %s', (_, text, length) => {
    if (length === undefined) expect(() => parseJson(text)).toThrow(SyntaxError);
    else expect(parseJson(text)).toHaveLength(length);
  });

  it('never throws anything but SyntaxError, whatever the text', () => {
    const token = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '\\',
      'NaN',
      'Infinity',
      '-',
      '1',
      '9007199254740993',
      'e999',
      '.',
      ' ',
      '"a"',
      '"a":',
      'null',
      'true',
      '\u0000',
      '\ud800',
      'N',
      'I',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = tokens.join('');
        let ordinary: unknown;
        try {
          ordinary = JSON.parse(text);
        } catch {
          ordinary = undefined;
        }
        try {
          const value = parseJson(text);
          expect(parseJson(stringifyJson(value))).toStrictEqual(value);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          expect(ordinary).toBeUndefined();
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('stringifyJson', () => {
  it('writes what JSON.stringify writes, and bigint as digits', () => {
    expect(stringifyJson({ a: [1.5, null, 'x"'], b: true })).toBe(
      '{"a":[1.5,null,"x\\""],"b":true}',
    );
    expect(stringifyJson({ 'a"': [2n ** 64n, { b: null }] })).toBe(
      '{"a\\"":[18446744073709551616,{"b":null}]}',
    );
  });
});

describe('jsonDepth', () => {
  it('counts arrays and objects, a scalar being 0 deep', () => {
    expect(jsonDepth('x', 0)).toBe(true);
    expect(jsonDepth(null, 0)).toBe(true);
    expect(jsonDepth([], 0)).toBe(false);
    expect(jsonDepth({ a: [1, { b: 2n }] }, 3)).toBe(true);
    expect(jsonDepth({ a: [1, { b: 2n }] }, 2)).toBe(false);
    expect(jsonDepth(objectOf([['__proto__', [1]]]), 1)).toBe(false);
  });
});
