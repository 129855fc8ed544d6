/** The metrics of a session by name, and what is asked for them. */
import { expect, test } from 'vitest';
import {
  firstChoice,
  metricsOf,
  moved,
  type SeriesInfo,
  tellingKeys,
  tellingTags,
} from './metrics.ts';
import { askedRange, questionsFor } from './plan.ts';

const info = (name: string, tags: string[] = [], more: Partial<SeriesInfo> = {}): SeriesInfo => ({
  ...{ name, tags, type: 'gauge', unit: '', canonical_unit: null, dimension: null, count: 11 },
  ...{ nans: 0, first: 1, last: 1, min: 1, max: 1, avg: 1, advice: [] },
  first_at: '2026-03-01T12:00:00.000Z',
  last_at: '2026-03-01T12:00:10.000Z',
  ...more,
});

test('series of one name are one metric', () => {
  const [jobs, memory] = metricsOf([
    info('job_ms', ['worker:1'], { advice: [{ id: 'unit_missing', message: 'Say it.' } as never] }),
    info('job_ms', ['worker:2'], { count: 2 }),
    info('memory'),
  ]);
  expect(jobs?.series.length).toBe(2);
  expect(jobs?.advice).toEqual(['Say it.']);
  expect(jobs?.intervalMs).toBe(10_000);
  expect(memory?.intervalMs).toBe(1_000);
});

test('first come those that moved most, then those with most samples', () => {
  const metrics = metricsOf(
    ['a', 'b', 'c', 'd', 'e'].map((name, i) => info(name, [], { count: 10 + i })),
  );
  const movers = ['c', 'gone', 'a', 'c'].map((name) => ({ name }));
  expect(firstChoice(metrics, movers)).toEqual(['c', 'a', 'e', 'd']);
});

test('tags that all series have tell nothing', () => {
  const series = [
    { tags: ['host:x', 'worker:1'] },
    { tags: ['host:x', 'worker:2'] },
    { tags: ['host:x'] },
  ];
  expect(tellingTags(series)).toEqual(['worker:1', 'worker:2', 'without tags']);
  expect(tellingKeys(series)).toBe('worker');
});

test('an item goes where it is put', () => {
  expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
});

test('metrics that are answered alike are one question', () => {
  const metrics = metricsOf([
    info('a'),
    info('b', [], { type: 'timer' }),
    info('hits', [], { type: 'counter' }),
    info('bytes', [], { type: 'counter' }),
    info('latency', [], { type: 'histogram' }),
  ]);
  const questions = questionsFor(metrics, new Set(['bytes', 'a']), [0.5, 99.5], 900);
  expect(questions.map(({ metric, as, heatmap }) => [metric, as, heatmap])).toEqual([
    [['a', 'b', 'hits'], 'rate', undefined],
    [['bytes'], 'total', undefined],
    [['latency'], 'rate', true],
  ]);
  expect(questions[0]).toMatchObject({ from: 0, to: 100, points: 900 });
});

test('a metric of many series is a question of its own', () => {
  const workers = [...Array(9)].map((_, i) => info('jobs', [`n:${i}`]));
  const metrics = metricsOf([info('a'), ...workers, info('b')]);
  const asked = questionsFor(metrics, new Set(), [0, 1], 900).map(({ metric }) => metric);
  expect(asked).toEqual([['a', 'b'], ['jobs']]);
});

test('many series have fewer points each', () => {
  const metrics = metricsOf([...Array(200)].map((_, i) => info('many', [`n:${i}`])));
  expect(questionsFor(metrics, new Set(), [0, 1], 900)[0]?.points).toBe(180);
});

test('more than the view is asked for, never from before the start', () => {
  expect(askedRange([100, 200], 0, 0)).toEqual([75, 225]);
  expect(askedRange([100, 200], 90, 0)).toEqual([90, 225]);
  // A metric that comes seldom has its neighbours in the answer, a view far away its own width.
  expect(askedRange([100, 200], 0, 60)).toEqual([0, 320]);
  expect(askedRange([1_000, 1_010], 0, 60_000)).toEqual([960, 1_050]);
});
