/** Events as they are read: level, category and data in all the forms that DataCat's users send. */
import { describe, expect, it } from 'vitest';
import { readEvent } from './event.ts';

const nowUs = Date.UTC(2025, 5, 1) * 1000;
const read = (body: object) => readEvent({ name: 'e', ...body }, nowUs).event;

describe('an event', () => {
  it('needs no more than a name', () => {
    expect(readEvent({ name: 'started' }, nowUs)).toEqual({
      event: {
        name: 'started',
        level: 'info',
        category: 'info',
        group: '',
        labels: null,
        message: '',
        data: null,
      },
    });
    expect(() => readEvent({ message: 'm' }, nowUs)).toThrow('name is missing');
  });

  it('keeps empty labels and data apart from none', () => {
    expect(read({ labels: [], data: {} })).toMatchObject({ labels: [], data: {} });
  });

  it('carries an exception without its empty fields', () => {
    const exception = {
      stacktrace: ['File "x.py", line 38'],
      exception_type: 'ZeroDivisionError',
      exception_msg: 'division by zero',
      source_file: 'x.py',
      source_line: 38,
      source_function: '<module>',
    };
    expect(read({ category: 'error', ...exception })).toMatchObject({
      level: 'error',
      ...exception,
    });
    const empty = { stacktrace: [], exception_type: '', exception_msg: null, source_line: 0 };
    expect(read({ ...empty, source_file: '' })).toEqual(read({}));
  });

  it("reads its time, and reads Go's zero time as none", () => {
    expect(readEvent({ name: 'e', timestamp: 1000 }, nowUs).atUs).toBe(1_000_000);
    expect(readEvent({ name: 'e', timestamp: '0001-01-01T00:00:00Z' }, nowUs).atUs).toBeUndefined();
  });
});

describe('the level of an event', () => {
  it.each([
    [{}, 'info', 'info'],
    [{ level: 'warning' }, 'warning', 'warning'],
    [{ level: 'warning', category: 'network' }, 'warning', 'network'],
    [{ level: 'debug', category: 'error' }, 'debug', 'error'],
    [{ category: 'critical' }, 'critical', 'critical'],
    [{ category: 'network' }, 'info', 'network'],
    [{ category: 'Error' }, 'info', 'Error'],
    [{ level: '', category: '' }, 'info', 'info'],
    [{ level: null, category: null }, 'info', 'info'],
    [{ exception_type: 'E' }, 'error', 'error'],
    [{ exception_type: 'E', category: 'network' }, 'error', 'network'],
    [{ exception_type: 'E', category: 'warning' }, 'warning', 'warning'],
    [{ exception_type: 'E', level: 'info' }, 'info', 'info'],
  ])('of %j is %s, with category %s', (body, level, category) => {
    expect(read(body)).toMatchObject({ level, category });
  });

  it('is one of five', () => {
    expect(() => read({ level: 'fatal' })).toThrow(
      'level is "fatal"; expected one of "debug", "info", "warning", "error", "critical".',
    );
  });
});

describe('an object in place of the category', () => {
  it.each([[{}], [{ data: {} }], [{ data: null }]])('is the data when there is %j', (rest) => {
    expect(read({ category: { x: 1 }, ...rest })).toMatchObject({
      category: 'info',
      level: 'info',
      data: { x: 1 },
    });
  });

  it('is refused when there is data as well', () => {
    expect(() => read({ category: { x: 1 }, data: { y: 2 } })).toThrow('category is an object');
    expect(() => read({ category: [1] })).toThrow('category is an array; expected a string');
  });
});
