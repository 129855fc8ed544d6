/** Line protocol: the examples of its grammar, the way there and back, and fifty thousand broken lines. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broken } from '../../../../../test/fuzz/text.ts';
import { randomFrom, seedOfRun } from '../../../../../test/whole/random.ts';
import { type FieldValue, readHead, readPoints } from './line.ts';

/** What a text says: measurement, tags, fields and time of each line, or what is wrong with it. */
function read(text: string): unknown[] {
  return [...readPoints(text)].map((point) => {
    if ('error' in point) return point.error.message;
    const { measurement, tags } = readHead(point.head);
    return [measurement, Object.fromEntries(tags), Object.fromEntries(point.fields), point.time];
  });
}

describe('line protocol', () => {
  it.each<[string, string, unknown[]]>([
    [
      'everything',
      'm,a=1,b=2 x=1,y=2i,z=3u 12',
      ['m', { a: '1', b: '2' }, { x: 1, y: 2, z: 3 }, '12'],
    ],
    ['no tags, no time', 'm x=-1.5e3', ['m', {}, { x: -1500 }, '']],
    [
      'booleans',
      'm a=t,b=TRUE,c=f,d=False',
      ['m', {}, { a: true, b: true, c: false, d: false }, ''],
    ],
    ['spaces around', '  m,a=b  x=.5   -7  \r', ['m', { a: 'b' }, { x: 0.5 }, '-7']],
    [
      'escapes',
      String.raw`a\ b\,c,t\ 1=x\=y\,z k\=e\ y=1`,
      ['a b,c', { 't 1': 'x=y,z' }, { 'k=e y': 1 }, ''],
    ],
    ['equals in a measurement', 'a=b x=1', ['a=b', {}, { x: 1 }, '']],
    [
      'other backslashes stand',
      String.raw`a\b,c=d\e f\g=1`,
      [String.raw`a\b`, { c: String.raw`d\e` }, { [String.raw`f\g`]: 1 }, ''],
    ],
    ['a quote in a tag', 'm,a="b" x=1', ['m', { a: '"b"' }, { x: 1 }, '']],
    [
      'texts',
      String.raw`m a="x, y=z \"q\" \\ \n",b=""`,
      ['m', {}, { a: String.raw`x, y=z "q" \ \n`, b: '' }, ''],
    ],
    ['a text with a newline', 'm a="x\ny" 5', ['m', {}, { a: 'x\ny' }, '5']],
    ['other letters', 'tür,ort=東京 grün=1', ['tür', { ort: '東京' }, { grün: 1 }, '']],
    [
      'the largest integers',
      'm a=9223372036854775807i,b=18446744073709551615u',
      ['m', {}, { a: 2 ** 63, b: 2 ** 64 }, ''],
    ],
  ])('reads %s', (_what, line, wanted) => {
    expect(read(line)).toEqual([wanted]);
  });

  it('skips blank lines and comments, and goes on after a bad line', () => {
    const text = '# a comment\n\n  \na x=1\nb x=\n\r\n#b\nc x="1\nd x=2';
    expect(read(text)).toEqual([
      ['a', {}, { x: 1 }, ''],
      'missing field value',
      'unbalanced quotes',
      ['d', {}, { x: 2 }, ''],
    ]);
  });

  it('gives back what was written', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).map(clean).filter(Boolean);
    const value = fc.oneof<fc.Arbitrary<FieldValue>[]>(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.string(),
    );
    const point = fc.tuple(
      name.filter((text) => !text.startsWith('#')),
      fc.uniqueArray(fc.tuple(name, name), { maxLength: 4, selector: ([key]) => key }),
      fc.uniqueArray(fc.tuple(name, value), {
        minLength: 1,
        maxLength: 4,
        selector: ([key]) => key,
      }),
      fc.option(fc.maxSafeInteger(), { nil: '' }),
    );
    fc.assert(
      fc.property(fc.array(point, { maxLength: 4 }), (points) => {
        const lines = points.map(([measurement, tags, fields, time]) => {
          const head = [escaped(measurement, /[, ]/g), ...tags.map(pairOf)].join(',');
          return `${head} ${fields.map(fieldOf).join(',')} ${time}`;
        });
        const wanted = points.map(([measurement, tags, fields, time]) => [
          ...[measurement, Object.fromEntries(tags), Object.fromEntries(fields), String(time)],
        ]);
        expect(read(lines.join('\n'))).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('makes a point or a reason of each of 50,000 broken lines', () => {
    const seed = seedOfRun();
    const random = randomFrom(seed);
    const parts = [
      'cpu',
      ',',
      ' ',
      '=',
      '\\',
      'a',
      '1',
      '1i',
      't',
      '"x"',
      '"',
      '-',
      'e9',
      'ü',
      '\r',
      '\t',
    ];
    const whole = String.raw`cpu\ x,host=a,b=c\,d one=1,two=2i,three=t 1767225600000000000`;
    const reasons = new Map<string, number>();
    for (let i = 0; i < 50_000; i++) {
      const line = broken(random, whole, parts);
      const isSaid = line.trim() !== '' && !/^\s*#/.test(line);
      const found = [...readPoints(line)];
      if (found.length !== Number(isSaid))
        expect.fail(`TEST_SEED=${seed}: ${JSON.stringify(line)}`);
      for (const point of found) {
        const reason = 'error' in point ? point.error.message : '';
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    for (const reason of [
      '',
      'missing fields',
      'unbalanced quotes',
      'missing field key',
      'missing field value',
      'invalid number',
      'invalid boolean',
      'bad timestamp',
    ]) {
      expect(reasons.get(reason), reason).toBeGreaterThan(5);
    }
  });
});

/** A name that the grammar can hold: no newlines, and no backslash where it would escape something. */
function clean(text: string): string {
  return text.replaceAll(/[\\\n\r\t]/g, '').trim();
}

function escaped(text: string, what: RegExp): string {
  return text.replaceAll(what, (found) => `\\${found}`);
}

function pairOf([key, value]: [string, string]): string {
  return `${escaped(key, /[,= ]/g)}=${escaped(value, /[,= ]/g)}`;
}

function fieldOf([key, value]: [string, FieldValue]): string {
  const text = typeof value === 'string' ? `"${escaped(value, /["\\]/g)}"` : String(value);
  return `${escaped(key, /[,= ]/g)}=${text}`;
}
