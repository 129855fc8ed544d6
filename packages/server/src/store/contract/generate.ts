/** Random histories of several sessions: batches of every kind of entry, sweeps, retention, restarts. */
import {
  type CauseReport,
  eventNames,
  type JsonObject,
  type JsonValue,
  type SeriesKey,
} from '@tacho/protocol';
import fc from 'fast-check';
import { secondUs, startUs } from './harness.ts';
import { gauge, type Plan, type PlanRow } from './plan.ts';

/** A batch of a history, with the time that passes before it. */
export interface BatchStep {
  kind: 'batch';
  passUs: number;
  plans: Plan[];
  /** What makes it count once; spools are numbered. */
  once: 'none' | 'key' | 0 | 1;
  /** Appended without waiting for its answer, unless it counts once. */
  together: boolean;
}

/** One step of a history. */
export type Step =
  | BatchStep
  | { kind: 'sweep'; lostAfterUs: number }
  | { kind: 'expire'; ageUs: number }
  | { kind: 'reopen' };

const minuteUs = 60 * secondUs;

const sessions = fc.integer({ min: 1, max: 4 });

/** Few instants, so that many are equal; the future ones never mirror a past one, see `clockSkewUs`. */
const instants = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => startUs - n * 1_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => startUs + n * minuteUs + 7) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 40 }).map((n) => n * 1_000) },
);

const series: fc.Arbitrary<SeriesKey> = fc.constantFrom<SeriesKey[]>(
  gauge('cpu'),
  gauge('cpu', 'core:0', 'host:a'),
  gauge('cpu', 'host:a', 'core:0'),
  { ...gauge('cpu'), unit: '%' },
  { ...gauge('jobs'), type: 'counter' },
  { ...gauge('latency', 'a,"b"'), type: 'timer', unit: 's' },
);

const values = fc.oneof(
  fc.double(),
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
);

const keys = fc.constantFrom('a', 'b', 'c', '0', '', '__proto__', 'product');

const { object } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    fc.string({ maxLength: 4, unit: 'binary' }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
    .map((pairs) => Object.fromEntries(pairs)),
}));

const details = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ count: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ count: fc.nat(), metadata: object }) },
);

const rows: fc.Arbitrary<PlanRow> = fc
  .record({ series, atUs: instants, value: values, detail: details })
  .map(({ detail, ...row }) => (detail === undefined ? row : { ...row, detail }));

const times = fc.option(instants, { nil: undefined });

/** Adds a time of its own to most entries. */
function timed(plan: fc.Arbitrary<Plan>): fc.Arbitrary<Plan> {
  return fc
    .tuple(plan, times)
    .map(([said, atUs]) => (atUs === undefined ? said : { ...said, atUs }));
}

const starts: fc.Arbitrary<Plan> = fc
  .record({
    session: sessions,
    product: fc.constantFrom('shop', 'blog'),
    machineId: fc.constantFrom('m1', 'm2', undefined),
    agent: fc.constantFrom('a1', 'a2', undefined),
    state: object,
  })
  .map(({ session, product, machineId, agent, state }) => ({
    ...{ session, kind: 'start', product, state },
    ...(machineId === undefined ? {} : { machineId }),
    ...(agent === undefined ? {} : { bootId: 'b1', agentId: agent }),
  }));

const names = fc.constantFrom(eventNames.hang, eventNames.recover, 'e1', 'e2', 'e3');

const events: fc.Arbitrary<Plan> = fc
  .record({ session: sessions, name: names, data: fc.option(object) })
  .map(({ session, ...event }) => ({ session, kind: 'event', event }));

const columns: fc.Arbitrary<Plan> = fc
  .record({
    session: sessions,
    timesUs: fc.array(instants, { maxLength: 12 }),
    series: fc.array(series, { maxLength: 4 }),
  })
  .chain(({ session, timesUs, series: keysOf }) => {
    const column = fc.array(values, { minLength: timesUs.length, maxLength: timesUs.length });
    return fc
      .array(column, { minLength: keysOf.length, maxLength: keysOf.length })
      .map((found) => ({ session, kind: 'columns', timesUs, series: keysOf, values: found }));
  });

const plans: fc.Arbitrary<Plan> = fc.oneof(
  timed(starts),
  timed(fc.record({ session: sessions, kind: fc.constant('patch'), patch: object })),
  timed(events),
  fc.tuple(sessions, rows).map(([session, row]): Plan => ({ session, kind: 'sample', ...row })),
  fc.record({
    session: sessions,
    kind: fc.constant('samples'),
    rows: fc.array(rows, { maxLength: 15 }),
  }),
  columns,
  timed(
    fc.record(
      {
        session: sessions,
        kind: fc.constant('heartbeat'),
        witness: fc.constant(true as const),
      },
      { requiredKeys: ['session', 'kind'] },
    ),
  ),
  timed(
    fc.record(
      {
        session: sessions,
        kind: fc.constant('end'),
        cause: fc.constantFrom<CauseReport>(
          { kind: 'exited', exit_code: 0 },
          { kind: 'terminated_by_user', signal: 'SIGTERM' },
        ),
      },
      { requiredKeys: ['session', 'kind'] },
    ),
  ),
  timed(
    fc.record(
      {
        session: sessions,
        kind: fc.constant('crash'),
        reason: fc.constantFrom('', 'oom'),
        cause: fc.constantFrom<CauseReport>(
          { kind: 'failed', exit_code: 2 },
          { kind: 'killed_while_hung', signal: 'SIGKILL', hung_ms: 14_000 },
          { kind: 'out_of_memory', oom: true, resources: { rss_bytes: 1e9 } },
        ),
      },
      { requiredKeys: ['session', 'kind', 'reason'] },
    ),
  ),
);

const batches: fc.Arbitrary<BatchStep> = fc.record({
  kind: fc.constant('batch'),
  passUs: fc.constantFrom(0, 0, 0, 1_000, secondUs, 61 * secondUs, 16 * minuteUs),
  plans: fc.array(plans, { maxLength: 8 }),
  once: fc.constantFrom<BatchStep['once']>('none', 'key', 0, 1),
  together: fc.boolean(),
});

/** A history with everything in it. */
export const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: batches },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('sweep'),
        lostAfterUs: fc.constantFrom(secondUs, 15 * minuteUs),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('expire'), ageUs: fc.constantFrom(0, minuteUs) }),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: 'reopen' }) },
  ),
  { maxLength: 25 },
);

/** A history of batches together with another order of them. */
export const shuffledBatches: fc.Arbitrary<{ batches: BatchStep[]; order: number[] }> = fc
  .array(batches, { maxLength: 20 })
  .chain((found) => {
    const places = found.map((_, i) => i);
    const order = fc.shuffledSubarray(places, { minLength: places.length });
    return fc.record({ batches: fc.constant(found), order });
  });
