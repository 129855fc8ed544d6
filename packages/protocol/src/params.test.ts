/** Parameters of queries: what is understood, and what is said when something is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import {
  durationParam,
  flagParam,
  instantParam,
  many,
  numberParam,
  preset,
  readParams,
  required,
  textParam,
  wholeParam,
  wordParam,
} from './params.ts';

const nowUs = Date.UTC(2026, 2, 1, 12) * 1000;

const declared = {
  word: wordParam(['red', 'green'], 'a colour'),
  words: many(wordParam(['red', 'green'], 'colours')),
  limit: preset(wholeParam(1, 100, 'rows'), 50),
  share: numberParam(0, 1, 'a share'),
  flag: flagParam('a flag'),
  name: textParam('a name', 5),
  at: instantParam('an instant'),
  every: durationParam('a step'),
};

const read = (query: string) => readParams(declared, new URLSearchParams(query), nowUs);

const refusal = (query: string): string => {
  try {
    read(query);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
};

describe('parameters', () => {
  it('stand for their presets, for nothing, or for an empty list when they are not given', () => {
    expect(read('')).toEqual({
      word: undefined,
      words: [],
      limit: 50,
      share: undefined,
      flag: undefined,
      name: undefined,
      at: undefined,
      every: undefined,
    });
  });

  it('are read by their declared forms', () => {
    const query =
      'word=red&words=green&words=red&limit=7&share=.5&flag=false&name=caf%C3%A9&every=1.5h';
    expect(read(query)).toMatchObject({
      word: 'red',
      words: ['green', 'red'],
      limit: 7,
      share: 0.5,
      flag: false,
      name: 'café',
      every: 5_400_000_000,
    });
  });

  it.each([
    ['now', nowUs],
    ['-90s', nowUs - 90e6],
    ['-15m', nowUs - 15 * 60e6],
    ['-24h', nowUs - 86_400e6],
    ['-7d', nowUs - 7 * 86_400e6],
    ['-2w', nowUs - 14 * 86_400e6],
    ['1772366400000', 1_772_366_400_000_000],
    ['1772366400000.25', 1_772_366_400_000_250],
    ['2026-03-01T12:00:00.000001Z', nowUs + 1],
    ['2026-03-01T13:00:00%2B01:00', nowUs],
  ])('take %s for an instant', (text, us) => {
    expect(read(`at=${text}`).at).toBe(us);
  });

  it.each([
    ['word=blue', 'word is "blue"; expected one of red, green.'],
    ['word=red&word=red', 'word is given twice; expected one value.'],
    ['word=', 'word is empty; expected one of red, green.'],
    ['limit=0', 'limit is "0"; expected a whole number from 1 to 100.'],
    ['limit=1e1', 'limit is "1e1"; expected a whole number from 1 to 100.'],
    ['limit=101', 'limit is "101"; expected a whole number from 1 to 100.'],
    ['share=NaN', 'share is "NaN"; expected a number from 0 to 1.'],
    ['flag=1', 'flag is "1"; expected true or false.'],
    ['name=toolong', 'name is "toolong"; expected a text of 1 to 5 characters.'],
    ['every=0s', 'every is "0s"; expected a duration'],
    ['every=5', 'every is "5"; expected a duration'],
    ['at=yesterday', 'at is "yesterday"; expected an RFC 3339 time'],
    ['at=-1', 'at is "-1"; expected an RFC 3339 time'],
    ['at=1969-12-31T23:59:59Z', 'at is "1969-12-31T23:59:59Z"; expected'],
    ['at=2026-02-30T00:00:00Z', 'expected an RFC 3339 time'],
    ['colour=red', 'Unknown parameter "colour"; accepted: word, words, limit'],
    ['__proto__=1', 'Unknown parameter "__proto__"; accepted: word'],
    ['constructor=1', 'Unknown parameter "constructor"; accepted: word'],
  ])('refuse %s in words that help', (query, message) => {
    expect(refusal(query)).toContain(message);
  });

  it('are at most so many and so long', () => {
    const values = Array.from({ length: limits.paramValuesMax }, () => 'words=red').join('&');
    expect(read(values).words).toHaveLength(limits.paramValuesMax);
    expect(refusal(`${values}&words=red`)).toContain('is given 101 times; expected at most 100');
    const long = { text: textParam('any') };
    const ask = (length: number) => () =>
      readParams(long, [['text', 'x'.repeat(length)]], nowUs).text?.length;
    expect(ask(limits.paramLengthMax)()).toBe(limits.paramLengthMax);
    expect(ask(limits.paramLengthMax + 1)).toThrow('text is "xxx');
  });

  it('may have to be given', () => {
    const strict = { version: required(textParam('a version')) };
    const ask = (query: string) => readParams(strict, new URLSearchParams(query), nowUs);
    expect(ask('version=2.4.0')).toEqual({ version: '2.4.0' });
    expect(() => ask('')).toThrow('version is missing; expected a text of 1 to');
  });

  it('throw nothing but errors for the one who asked, whatever is sent', () => {
    const name = fc.constantFrom(...Object.keys(declared), 'other');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (given) => {
        try {
          readParams(declared, given, nowUs);
        } catch (error) {
          expect(error).toMatchObject({ name: 'TachoError', code: 'invalid_field' });
        }
      }),
    );
  });
});
