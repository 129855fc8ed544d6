/** Where the marks of lanes stand. */
import { expect, test } from 'vitest';
import type { SessionRow } from '../../../outcome.ts';
import type { Timeline } from './feed.ts';
import { eventRows, exceptionMarks, logShare, stateLane } from './lane-layout.ts';
import { gapReason, statusSpans, statusWords } from './status.ts';

const startMs = Date.parse('2026-03-01T12:00:00.000Z');
const at = (ms: number): string => new Date(startMs + ms).toISOString();
const none = { bucket: [], count: [] };
const scale = { fromMs: startMs, toMs: startMs + 10_000, widthPx: 100 };

const timeline = (more: object): Timeline =>
  ({
    ...{ from: at(0), to: at(10_000), bucket_ms: 400, buckets: 25, status: [], life: [] },
    events: { debug: none, info: none, warning: none, error: none, critical: none },
    ...{ marks: [], exceptions: [], more_exceptions: false, state: none, state_marks: [] },
    ...more,
  }) as unknown as Timeline;

const mark = (ms: number, level: string, more: object = {}): object => ({
  ...{ seq: ms, timestamp: at(ms), name: 'n', level, message: '' },
  ...more,
});

test('few events stand one by one, a bucket with more than its marks is a bar', () => {
  const [severe, , rest] = eventRows(
    timeline({
      events: {
        ...{ debug: { bucket: [3], count: [1] }, info: { bucket: [3, 4], count: [2, 1] } },
        ...{ warning: none, critical: none, error: { bucket: [0, 5], count: [1, 9] } },
      },
      marks: [mark(100, 'error'), mark(2_100, 'error')],
    }),
    scale,
  );
  expect(severe?.marks.map(({ px }) => px)).toEqual([1]);
  expect(severe?.bars.map(({ px, count }) => [px, count])).toEqual([[20, 9]]);
  expect(severe?.count).toBe(10);
  expect(rest?.bars.map(({ px, count }) => [px, count])).toEqual([
    [12, 3],
    [16, 1],
  ]);
});

test('above one mark per eight pixels a row turns into bars', () => {
  const times = [...Array(14)].map((_, i) => i * 400);
  const [severe] = eventRows(
    timeline({
      events: { error: { bucket: times.map((_, i) => i), count: times.map(() => 1) } },
      marks: times.map((time) => mark(time, 'error')),
    }),
    scale,
  );
  expect(severe?.marks.length).toBe(0);
  expect(severe?.bars.length).toBe(14);
});

test('counts are of what is in view', () => {
  const lane = stateLane(timeline({ state: { bucket: [0, 10, 24], count: [1, 2, 3] } }), {
    ...scale,
    fromMs: startMs + 4_000,
    toMs: startMs + 6_000,
  });
  expect(lane.count).toBe(2);
});

test('labels are placed from the right, near ones together, and one without room stays silent', () => {
  const exceptions = [
    ...[mark(2_000, 'error', { exception_type: 'AVeryLongNameThatCannotStand' })],
    ...[mark(6_000, 'error', { exception_type: 'Timeout' })],
    ...[mark(6_300, 'error', { exception_type: 'Timeout' })],
    mark(9_900, 'critical', { exception_type: 'Abort' }),
  ];
  const placed = exceptionMarks(timeline({ exceptions }), scale, (text) => text.length * 2);
  expect(placed.map(({ px, label }) => [Math.round(px), label])).toEqual([
    [20, undefined],
    [60, 'Timeout ×2'],
    [63, undefined],
    [99, 'Abort'],
  ]);
});

test('bars grow by the same for each tenfold', () => {
  expect(logShare(0, 100)).toBe(0);
  expect(logShare(1, 1)).toBeGreaterThan(0.2);
  expect(logShare(999, 999)).toBe(1);
  expect(logShare(99, 9_999)).toBeCloseTo(0.5);
});

test('a hang that killed began where the program fell silent', () => {
  const row = { active: false, cause: { kind: 'signaled', hung_ms: 6_000 } } as SessionRow;
  const spans = statusSpans(
    timeline({
      status: [
        { status: 'responsive', from: at(0), to: at(8_000) },
        { status: 'hung', from: at(8_000), to: at(9_000) },
        { status: 'crashed', from: at(9_000), to: at(10_000) },
      ],
    }),
    row,
    startMs + 9_000,
  );
  expect(
    spans.map(({ status, fromMs, toMs }) => [status, fromMs - startMs, toMs - startMs]),
  ).toEqual([
    ['responsive', 0, 3_000],
    ['hung', 3_000, 9_000],
  ]);
  expect(statusWords(spans[1]!, true)).toBe('hung 6.0 s');
  expect(statusWords(spans[0]!, false)).toBe('no heartbeat, judged by last activity');
});

test('a gap says why where it is known', () => {
  const spans = [{ status: 'silence', fromMs: 0, toMs: 100 } as const];
  expect(gapReason(spans, 0, 120)).toBe('asleep');
  expect(gapReason(spans, 0, 400)).toBe('no samples');
});
