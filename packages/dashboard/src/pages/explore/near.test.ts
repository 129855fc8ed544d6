/** Proves which point is under the pointer. */
import { describe, expect, it } from 'vitest';
import { type Group, linesOf, type Picture } from './groups.ts';
import { middleOf, nearestLine } from './near.ts';

const group = (version: string, value: number): Group => ({
  ...{ by: { version }, offset_ms: 100, sessions: 2, series: 2 },
  results: { avg: value },
});

const picture = (loud: string[]): Picture =>
  ({
    ...{ lines: linesOf([group('a', 10), group('b', 50)], 'version', 'avg', 100), loud },
    ...{ stepMs: 100, topOf: (value: number) => 1 - value / 100 },
  }) as unknown as Picture;

describe('the point under the pointer', () => {
  it('is that of the line at its height, with its step', () => {
    expect(nearestLine(picture(['a', 'b']), 130, 52, 100)).toEqual({
      ...{ value: 'b', atMs: 150, reading: 50, sessions: 2 },
      step: { fromMs: 100, toMs: 200 },
    });
  });

  it('is none where no line is near, or has nothing', () => {
    expect(nearestLine(picture(['a', 'b']), 130, 70, 100)).toBeUndefined();
    expect(nearestLine(picture(['a', 'b']), 230, 50, 100)).toBeUndefined();
  });

  it('is rather that of a line in the fore', () => {
    const close = { ...picture(['b']), topOf: (value: number) => (value === 10 ? 0.5 : 0.52) };
    expect(nearestLine(close, 130, 50.5, 100)?.value).toBe('b');
  });
});

describe('the middle of a step', () => {
  it('is between its edges, which count from 0', () => {
    expect(middleOf(130, 100)).toBe(150);
    expect(middleOf(-30, 100)).toBe(-50);
    expect(middleOf(130, 0)).toBe(130);
  });
});
