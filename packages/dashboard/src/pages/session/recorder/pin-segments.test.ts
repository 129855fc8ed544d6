/** A path of the state over time. */
import { expect, test } from 'vitest';
import { pinSegments, type Revision, valueText } from './pin-segments.ts';

const revision = (second: number, from: unknown, to: unknown): Revision =>
  ({ timestamp: new Date(second * 1_000).toISOString(), from, to }) as Revision;

test('each change begins a segment, and the first value reaches back to the start', () => {
  const segments = pinSegments(
    [revision(10, 'home', 'cart'), revision(20, 'cart', undefined)],
    0,
    30_000,
  );
  expect(segments).toEqual([
    { fromMs: 0, toMs: 10_000, value: 'home', before: undefined },
    { fromMs: 10_000, toMs: 20_000, value: 'cart', before: 'home' },
    { fromMs: 20_000, toMs: 30_000, value: '—', before: 'cart' },
  ]);
  expect(pinSegments([], 0, 1)).toEqual([]);
});

test('values are labels', () => {
  expect(valueText({ name: 'load', target: { id: 2, of: { x: 1 } } })).toBe('load · 2 · {…}');
  expect(valueText([1, 'a', null])).toBe('[1, a, null]');
  expect(valueText('x'.repeat(100)).length).toBe(81);
});
