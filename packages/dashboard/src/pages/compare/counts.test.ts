/** Proves how events of several runs are counted. */
import { describe, expect, it } from 'vitest';
import { type Counted, countRows } from './counts.ts';

const event = (
  name: string,
  level: Counted['level'] = 'info',
  exception_type?: string,
  count = 1,
): Counted => ({
  ...{ name, level, count },
  ...(exception_type !== undefined && { exception_type }),
});

describe('events of several runs', () => {
  it('are counted by name, the widest difference first', () => {
    const rows = countRows([
      [event('a', 'info', undefined, 2), event('b')],
      [event('a'), event('b', 'debug', undefined, 3), event('b')],
    ]);
    expect(rows.map(({ name, counts }) => [name, counts])).toEqual([
      ['b', [1, 4]],
      ['a', [2, 1]],
    ]);
  });

  it('have the worst level that they were recorded with', () => {
    expect(countRows([[event('a'), event('a', 'error'), event('a', 'warning')]])[0]?.level).toBe(
      'error',
    );
  });

  it('count exceptions by their type', () => {
    const rows = countRows([
      [event('exception', 'error', 'KeyError'), event('exception', 'error')],
    ]);
    expect(rows.map(({ name }) => name)).toEqual(['KeyError', 'exception']);
  });
});
