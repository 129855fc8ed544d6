/** Schemas describe, readers decide: over generated bodies both come to the same verdict. */
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { entryBody, ingestBody, readIngest } from './entry.ts';
import { TachoError } from './errors.ts';
import { limits } from './limits.ts';
import { causeReply } from './schema/session-row.ts';
import {
  crashBody,
  createBody,
  eventBody,
  metricBody,
  readCrash,
  readCreate,
  readEvent,
  readMetric,
  readState,
  stateBody,
} from './schema.ts';

const nowUs = Date.UTC(2025, 5, 1) * 1000;

/** Anything that JSON can say, small. */
const anything = fc.jsonValue({ maxDepth: 2 });

/** Texts around a limit, with characters that count as one but take two code units. */
function textAround(max: number): fc.Arbitrary<string> {
  const long = fc
    .tuple(fc.constantFrom('a', 'ä', '🙂'), fc.constantFrom(max - 1, max, max + 1))
    .map(([unit, length]) => unit.repeat(length));
  return fc.oneof({ weight: 3, arbitrary: fc.string() }, { weight: 1, arbitrary: long });
}

function textsAround(itemsMax: number, max: number): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.array(textAround(max), { maxLength: 4 }),
    fc.constantFrom(itemsMax, itemsMax + 1).map((n) => new Array(n).fill('x')),
    fc.array(anything, { maxLength: 2 }),
  );
}

/** Usually what belongs there, else anything, sometimes null. */
function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 8, arbitrary },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: anything },
  );
}

/** An object with some of these fields. */
function body(fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, arbitrary] of Object.entries(fields)) model[name] = mostly(arbitrary);
  return fc.oneof(
    { weight: 9, arbitrary: fc.record(model, { requiredKeys: [] }) },
    { weight: 1, arbitrary: anything },
  );
}

/** What a schema cannot say of an instant is left out: the form of a text, the bound ahead, -0. */
const instant = fc.oneof(
  fc.constantFrom(
    '2025-01-31T12:00:00Z',
    '2025-01-31T12:00:00.123456+02:00',
    '0001-01-01T00:00:00Z',
  ),
  fc.double({ min: -1e6, max: nowUs / 1000, noNaN: true }).filter((ms) => !Object.is(ms, -0)),
);
const isUnreadableTime = (value: unknown) =>
  typeof value === 'string'
    ? !/^\d{4}-\d\d-\d\dT/.test(value)
    : typeof value === 'number' && (value > nowUs / 1000 || Object.is(value, -0));

const count = fc.oneof(
  fc.integer({ min: -2, max: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('NaN', 'Infinity', '-Infinity'),
);
const object = fc.dictionary(fc.string(), anything, { maxKeys: 2 });
const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.constant('550e8400'),
);
const tags = textsAround(limits.tagsMax, limits.tagLengthMax);
const type = fc.constantFrom('gauge', 'counter', 'histogram', 'timer', '', 'summary');

const metricFields = {
  name: textAround(limits.metricNameLengthMax),
  value,
  type,
  unit: textAround(limits.unitLengthMax),
  tags,
  count,
  metadata: object,
  timestamp: instant,
};

const eventFields = {
  name: textAround(limits.eventNameLengthMax),
  level: fc.constantFrom('debug', 'info', 'warning', 'error', 'critical', '', 'fatal'),
  category: fc.oneof(textAround(limits.categoryLengthMax), object),
  group: textAround(limits.groupLengthMax),
  labels: textsAround(limits.labelsMax, limits.labelLengthMax),
  message: fc.string(),
  data: object,
  stacktrace: textsAround(limits.stacktraceLinesMax, limits.labelLengthMax),
  exception_type: textAround(limits.exceptionTypeLengthMax),
  exception_msg: fc.string(),
  source_file: textAround(limits.sourceLengthMax),
  source_function: fc.string(),
  source_line: count,
  timestamp: instant,
};

const createFields = {
  product: textAround(limits.productLengthMax),
  version: textAround(limits.versionLengthMax),
  machine_id: textAround(limits.machineIdLengthMax),
  hostname: textAround(limits.hostnameLengthMax),
  boot_id: fc.string(),
  agent_id: fc.string(),
  state: object,
  initial_state: object,
  id: uuid,
};

const cause = body({
  kind: fc.constantFrom('failed', 'signaled', 'exited', 'of_boredom'),
  exit_code: count,
  signal: textAround(limits.signalLengthMax),
  core_dumped: fc.boolean(),
  oom: fc.boolean(),
  hung_ms: value,
  boot_id: textAround(limits.bootIdLengthMax),
  resources: body({ cpu_percent: value, rss_bytes: count, threads: count, open_files: count }),
});

/** Whether the reader takes a body; what it throws otherwise must be an error for the sender. */
function takes(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof TachoError)) throw error;
    expect(error.status).toBe(400);
    expect(error.details.length).toBeGreaterThan(10);
    return false;
  }
}

function agree(
  schema: TSchema,
  bodies: fc.Arbitrary<unknown>,
  read: (body: unknown) => unknown,
  exclude: (body: Record<string, unknown>) => boolean = () => false,
): void {
  const validator = Compile(schema);
  const verdicts = { good: 0, bad: 0 };
  fc.assert(
    fc.property(bodies, (body) => {
      const isRecord = typeof body === 'object' && body !== null;
      fc.pre(!isRecord || !exclude(body as Record<string, unknown>));
      const good = takes(() => read(body));
      verdicts[good ? 'good' : 'bad']++;
      expect(validator.Check(body)).toBe(good);
    }),
    { numRuns: 2_000 },
  );
  // A comparison of verdicts means little when one of them never comes up.
  expect(Math.min(verdicts.good, verdicts.bad)).toBeGreaterThan(20);
}

describe('schema and reader take the same bodies', () => {
  const unreadable = (fields: Record<string, unknown>) =>
    isUnreadableTime(fields.timestamp ?? 0) || isUnreadableTime(fields.at ?? 0);

  const isTwice = ({ category, data }: Record<string, unknown>) =>
    typeof category === 'object' && JSON.stringify(data ?? {}) !== '{}';

  it('of metrics', () => {
    agree(metricBody, body(metricFields), (each) => readMetric(each, nowUs), unreadable);
  });

  it('of events', () => {
    const bodies = body(eventFields);
    agree(
      eventBody,
      bodies,
      (each) => readEvent(each, nowUs),
      (fields) => isTwice(fields) || unreadable(fields),
    );
  });

  it('of create requests', () => {
    agree(createBody, body(createFields), readCreate);
  });

  it('of state updates', () => {
    const wrapped = body({ state: object, timestamp: instant });
    const plain = body({ state: anything, a: anything, timestamp: anything });
    const bodies = fc.oneof(wrapped, plain, anything);
    agree(stateBody, bodies, (each) => readState(each, nowUs), unreadable);
  });

  it('of entries in batches', () => {
    const { timestamp: _t, ...event } = eventFields;
    const { timestamp: _u, ...metric } = metricFields;
    const said = { reason: fc.string(), cause, witness: fc.boolean() };
    const kinds = { patch: object, ...said, ...createFields };
    const entry = fc.oneof(
      ...['start', 'patch', 'event', 'metric', 'heartbeat', 'end', 'crash', 'columns', 'x'].map(
        (kind) =>
          fc
            .tuple(
              body(
                kind === 'event'
                  ? { ...event, category: fc.string(), session: fc.uuid(), at: instant }
                  : kind === 'metric'
                    ? { ...metric, session: fc.uuid(), at: instant }
                    : kind === 'columns'
                      ? columnFields
                      : { ...kinds, session: uuid, at: instant },
              ),
            )
            .map(([fields]) =>
              typeof fields === 'object' && fields !== null && !Array.isArray(fields)
                ? { kind, ...fields }
                : fields,
            ),
      ),
    );
    const read = (each: unknown) => {
      const { entries, rejected } = readIngest({ spoolId: 's', seq: 1, entries: [each] }, nowUs);
      expect(entries.length + rejected.length).toBe(1);
      if (rejected[0]) throw new TachoError(rejected[0].code, rejected[0].details);
    };
    agree(
      entryBody,
      entry,
      read,
      (fields) => unreadable(fields) || isTwice(fields) || isRagged(fields),
    );
  });

  it('of whole batches', () => {
    const bodies = body({
      spoolId: textAround(limits.spoolIdLengthMax),
      seq: count,
      entries: fc.constantFrom([], [{ kind: 'end', session: crypto.randomUUID() }]),
    });
    // A bad entry does not spoil a batch, so only good ones can be compared.
    const hasJunk = ({ entries }: Record<string, unknown>) =>
      Array.isArray(entries) && entries.some((each) => each?.kind !== 'end');
    agree(ingestBody, bodies, (each) => readIngest(each, nowUs), hasJunk);
  });

  it('of crashes, which are taken whatever they say', () => {
    fc.assert(
      fc.property(fc.oneof(anything, fc.record({ cause })), (each) => {
        expect(typeof readCrash(each).reason).toBe('string');
      }),
    );
    expect(Compile(crashBody).Check({ reason: 3, cause: 'x' })).toBe(true);
  });

  it('of causes, of which what was read once is read the same again', () => {
    const reply = Compile(causeReply);
    fc.assert(
      fc.property(cause, (each) => {
        const read = readCrash({ cause: each }).cause;
        expect(readCrash({ cause: read }).cause).toEqual(read);
        // In whatever order facts come, they are kept in one, so that exports of copies are equal.
        const turned = typeof each === 'object' ? Object.entries(each ?? {}).reverse() : [];
        expect(JSON.stringify(readCrash({ cause: Object.fromEntries(turned) }).cause)).toBe(
          JSON.stringify(read),
        );
        if (read !== undefined) expect(reply.Check({ ...read, sentence: '' })).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

const columnFields = {
  session: fc.uuid(),
  startMs: fc.integer({ min: 0, max: nowUs / 2000 }),
  times: fc.array(fc.integer({ min: 0, max: nowUs / 2000 }), { maxLength: 2 }),
  series: fc.array(
    fc.record(
      {
        name: mostly(textAround(limits.metricNameLengthMax)),
        type: mostly(type),
        unit: mostly(fc.string()),
        tags: mostly(tags),
        values: mostly(fc.array(mostly(value), { maxLength: 2 })),
      },
      { requiredKeys: ['name', 'values'] },
    ),
    { maxLength: 2 },
  ),
};

/** Columns whose arrays differ in length or whose times lie outside: beyond what a schema can say. */
function isRagged({ times, series, startMs }: Record<string, unknown>): boolean {
  if (!Array.isArray(times)) return false;
  const start = typeof startMs === 'number' ? startMs : 0;
  const isOutside = (time: unknown) =>
    typeof time === 'number' && !(start + time >= 0 && start + time < nowUs / 1000);
  if (times.some(isOutside)) return true;
  return (
    Array.isArray(series) &&
    series.some((each) => Array.isArray(each?.values) && each.values.length !== times.length)
  );
}
