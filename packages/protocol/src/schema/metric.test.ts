/** Metrics as they are read: the forms that clients send, and the errors that name what is wrong. */
import { describe, expect, it } from 'vitest';
import { TachoError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { limits } from '../limits.ts';
import { readMetric } from './metric.ts';

const nowUs = Date.UTC(2025, 5, 1) * 1000;
const read = (body: unknown) => readMetric(body, nowUs);

function problem(body: unknown): string {
  try {
    read(body);
  } catch (error) {
    if (error instanceof TachoError) return `${error.code}: ${error.details}`;
    throw error;
  }
  throw new Error('the body was taken');
}

describe('a metric', () => {
  it('needs no more than name and value', () => {
    expect(read({ name: 'memory_mb', value: 512.5 })).toEqual({
      name: 'memory_mb',
      type: 'gauge',
      unit: '',
      tags: [],
      value: 512.5,
    });
  });

  it('may say everything', () => {
    const metadata = { buckets: [{ le: 1, count: 2 }] };
    const body = { name: 'n', value: 2, type: 'timer', unit: 's', tags: ['b', 'a'], count: 4 };
    expect(read({ ...body, metadata, timestamp: '2025-01-31T12:00:00.5Z', extra: 1 })).toEqual({
      ...body,
      metadata,
      atUs: Date.UTC(2025, 0, 31, 12, 0, 0, 500) * 1000,
    });
  });

  it('takes null for anything optional as not supplied', () => {
    const nulls = { type: null, unit: null, tags: null, count: null, metadata: null };
    expect(read({ name: 'n', value: 1, ...nulls, timestamp: null })).toEqual(
      read({ name: 'n', value: 1 }),
    );
  });

  it('may have a value that JSON has no number for, quoted or as Python writes it', () => {
    const value = (text: string) => read(parseJson(`{"name":"n","value":${text}}`)).value;
    expect(value('"NaN"')).toBeNaN();
    expect(value('NaN')).toBeNaN();
    expect(value('-Infinity')).toBe(Number.NEGATIVE_INFINITY);
    expect(value('"Infinity"')).toBe(Number.POSITIVE_INFINITY);
    expect(value('18446744073709551616')).toBe(2 ** 64);
  });

  it('keeps its time to the microsecond, as text or number', () => {
    expect(read({ name: 'n', value: 1, timestamp: 1738324800000.125 }).atUs).toBe(1738324800000125);
    expect(read({ name: 'n', value: 1, timestamp: '2025-01-31T14:00:00.000125+02:00' }).atUs).toBe(
      1738324800000125,
    );
  });

  it("has no time when it has Go's zero time, and a wrong one in any other year 1", () => {
    const at = (timestamp: string) => ({ name: 'n', value: 1, timestamp });
    expect('atUs' in read(at('0001-01-01T00:00:00Z'))).toBe(false);
    expect(problem(at('0001-01-01T00:00:01Z'))).toContain('timestamp is before 1970');
  });

  it('may be ahead of the server by a year and no more', () => {
    const lastMs = nowUs / 1000 + limits.futureMaxMs;
    expect(read({ name: 'n', value: 1, timestamp: lastMs }).atUs).toBe(lastMs * 1000);
    expect(problem({ name: 'n', value: 1, timestamp: lastMs + 1 })).toContain('timestamp');
    expect(problem({ name: 'n', value: 1, timestamp: 1e300 })).toContain('timestamp');
  });

  it('counts characters as people do', () => {
    const name = '🙂'.repeat(limits.metricNameLengthMax);
    expect(read({ name, value: 1 }).name).toBe(name);
    expect(problem({ name: `${name}x`, value: 1 })).toBe(
      'invalid_field: name has 501 characters; expected at most 500.',
    );
  });
});

describe('the error of a metric', () => {
  it.each([
    [undefined, 'invalid_body: The body is missing; expected a JSON object.'],
    [[], 'invalid_body: The body is an empty array; expected a JSON object.'],
    [{ value: 1 }, 'invalid_field: name is missing; expected a string that is not empty.'],
    [{ name: '', value: 1 }, 'invalid_field: name is empty; expected a string that is not empty.'],
    [
      { name: 'n' },
      'invalid_field: value is missing; expected a number, or "NaN", "Infinity" or "-Infinity".',
    ],
    [{ name: 'n', value: null }, 'value is null'],
    [{ name: 'n', value: '12' }, 'value is "12"'],
    [{ name: 'n', value: 1, type: 'summary' }, 'type is "summary"; expected "gauge", "counter"'],
    [{ name: 'n', value: 1, unit: 3 }, 'unit is 3; expected a string'],
    [{ name: 'n', value: 1, tags: 'a' }, 'tags is "a"; expected an array of strings'],
    [{ name: 'n', value: 1, tags: ['a', 7] }, 'tags[1] is 7; expected a string'],
    [{ name: 'n', value: 1, tags: ['a', null] }, 'tags[1] is null; expected a string'],
    [{ name: 'n', value: 1, tags: new Array(51).fill('t') }, 'tags has 51 items; expected at most'],
    [{ name: 'n', value: 1, count: 1.5 }, 'count is 1.5; expected an integer from 0'],
    [{ name: 'n', value: 1, count: -1 }, 'count is -1; expected an integer from 0'],
    [{ name: 'n', value: 1, metadata: [] }, 'metadata is an empty array; expected an object'],
    [
      { name: 'n', value: 1, timestamp: 'lunch' },
      'timestamp is "lunch"; expected an RFC 3339 time',
    ],
    [{ name: 'n', value: 1, timestamp: '' }, 'timestamp is empty; expected an RFC 3339 time'],
    [{ name: 'n', value: 1, timestamp: true }, 'timestamp is true; expected an RFC 3339 time'],
  ])('of %j names field, problem and accepted form', (body, expected) => {
    expect(problem(body)).toContain(expected);
  });

  it('shows no more than the beginning of a long value, with whole characters', () => {
    expect(problem({ name: 'n', value: `a${'🙂'.repeat(500)}` })).toContain(
      `value is "a${'🙂'.repeat(39)}…"`,
    );
  });

  it('comes for metadata too deep or too large, counted in bytes', () => {
    let deep: object = {};
    for (let i = 0; i < limits.jsonDepthMax; i++) deep = { deep };
    expect(problem({ name: 'n', value: 1, metadata: deep })).toContain('nested too deep');
    const max = limits.metadataBytesMax;
    // One, two, three and four bytes, each at the end of what takes so many.
    for (const characters of ['\u007f', '\u0080', '\u07ff', '\u0800', '\uffff', '\u{10000}']) {
      const room = max - '{"a":""}'.length;
      const count = Math.floor(room / new TextEncoder().encode(characters).length);
      const padding = 'x'.repeat(room - count * new TextEncoder().encode(characters).length);
      const metadata = { a: characters.repeat(count) + padding };
      expect(read({ name: 'n', value: 1, metadata }).metadata).toBe(metadata);
      expect(problem({ name: 'n', value: 1, metadata: { a: `${metadata.a}x` } })).toContain(
        `metadata takes ${max + 1} bytes`,
      );
    }
  });
});
