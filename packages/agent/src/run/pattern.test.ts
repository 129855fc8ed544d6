/** Patterns: what they find, and what becomes of one that would search for ever. */
import { limits } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { faultOf, Patterns } from './pattern.ts';
import type { Reading } from './samples.ts';

function search(patterns: readonly string[], lines: readonly string[]) {
  const found: (readonly [string, number, number])[] = [];
  const slow: string[] = [];
  const readings: Reading[] = [];
  const search = new Patterns(
    patterns,
    (reading, atUs) => {
      found.push([reading.name, reading.value, atUs]);
      readings.push(reading);
    },
    (pattern) => slow.push(pattern),
  );
  for (const [i, line] of lines.entries()) search.add(line, i);
  search.flush();
  return { search, found, slow, readings };
}

describe('patterns', () => {
  it('find metrics by the names of groups, as often as they stand in a line', () => {
    const { found } = search(
      ['loss=(?<loss>[\\d.]+)(?: acc=(?<accuracy>[\\d.]+))?'],
      ['nothing', 'loss=0.5 acc=0.9 loss=0.25'],
    );
    expect(found).toEqual([
      ['loss', 0.5, 1],
      ['accuracy', 0.9, 1],
      ['loss', 0.25, 1],
    ]);
  });

  it('find metrics whose name, unit and tags stand in the line', () => {
    const { readings } = search(
      ['(?<name>\\w+): (?<value>[\\d,.]+) ?(?<unit>\\w+)? \\[(?<tags>.*)\\]'],
      ['took: 1,234.5 ms [a,b]'],
    );
    expect(readings).toEqual([
      { name: 'took', value: 1234.5, unit: 'ms', tags: ['a', 'b'], type: 'gauge' },
    ]);
  });

  it('are given up when they take too long, and the others are not', () => {
    const evil = '(?<evil>(a+)+)$';
    const {
      search: again,
      found,
      slow,
    } = search([evil, 'n=(?<n>\\d+)'], [`${'a'.repeat(40)}!`, 'n=1']);
    expect(slow).toEqual([evil]);
    expect(found).toEqual([['n', 1, 1]]);
    again.add('n=2', 5);
    again.flush();
    expect(slow).toHaveLength(1);
    expect(found.at(-1)).toEqual(['n', 2, 5]);
  });

  it('count the lines that are too many at once', () => {
    const line = 'x'.repeat(1_024);
    const { search: full } = search(
      ['(?<x>x)'],
      Array(limits.runParseLengthMax / 1_024 + 3).fill(line),
    );
    expect(full.dropped).toBe(3);
  });

  it('are refused when they name no metric or are no expressions', () => {
    expect(faultOf('(?<a>')).toMatch(/Invalid regular expression/);
    expect(faultOf('\\d+')).toMatch(/names no metric/);
    expect(faultOf('(?<value>\\d+)')).toMatch(/names no metric/);
    expect(faultOf('(?<fps>\\d+)')).toBeUndefined();
    expect(faultOf('(?<name>\\w+) (?<value>\\d+)')).toBeUndefined();
  });
});
