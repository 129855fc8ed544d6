/** Five moments of an ending: which are chosen, and where the cursor is among them. */
import { expect, test } from 'vitest';
import { stepAt, stepsOf } from './ending.ts';
import type { Moment } from './sentence.ts';

function moment(kind: Moment['kind'], second: number): Moment {
  const timestamp = `2026-03-01T13:00:${String(second).padStart(2, '0')}.000Z`;
  return { kind, timestamp, title: kind, detail: '' };
}

const all = [
  ...[moment('state', 1), moment('trend', 2), moment('heartbeat', 3), moment('recovery', 4)],
  ...[moment('hang', 5), moment('exception', 6), moment('death', 7)],
];

test('the five that tell most are shown in order of time', () => {
  expect(stepsOf(all).map(({ kind }) => kind)).toEqual([
    ...['state', 'trend', 'heartbeat', 'hang', 'death'],
  ]);
});

test('others fill in where one is missing', () => {
  const some = all.filter(({ kind }) => kind !== 'hang' && kind !== 'trend');
  expect(stepsOf(some).map(({ kind }) => kind)).toEqual([
    ...['state', 'heartbeat', 'recovery', 'exception', 'death'],
  ]);
});

test('a sign of life that is dated after the death is none of its steps', () => {
  const steps = stepsOf([moment('death', 7), moment('heartbeat', 9)]);
  expect(steps.map(({ kind }) => kind)).toEqual(['death']);
});

test('the cursor stands at the nearest step within half a second', () => {
  const at = Date.parse('2026-03-01T13:00:02.000Z');
  expect(stepAt(all, at)).toBe(1);
  expect(stepAt(all, at + 400)).toBe(1);
  expect(stepAt(all.slice(1), at - 501)).toBe(-1);
  expect(stepAt([], at)).toBe(-1);
});
