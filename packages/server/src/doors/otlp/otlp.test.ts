/** The door of OTLP: increases, quantiles, times, and 50,000 broken bodies of which nothing gets lost. */
import { TachoError } from '@tacho/protocol';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  integer,
  pick,
  type Random,
  randomFrom,
  seedOfRun,
} from '../../../../../test/whole/random.ts';
import { Counters } from '../../counters.ts';
import { parseBody } from '../../http/body.ts';
import { Recorder } from '../../record.ts';
import { openMemory } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { Door } from '../door.ts';
import { decodeJson } from './json.ts';
import { readLogs } from './logs.ts';
import { type Decoded, requests, type Signal } from './messages.ts';
import { readMetrics } from './metrics.ts';
import { recordOtlp } from './otlp.ts';
import { decodeProtobuf } from './protobuf.ts';
import type { Reading } from './reading.ts';
import { encodeMessage } from './testing/encode.ts';

const nowUs = Date.UTC(2026, 10, 30) * 1000;
const timeUnixNano = `${nowUs}000`;

async function setUp() {
  const clock = () => nowUs;
  const store = await openMemory({ clock, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
  const recorder = new Recorder({ store, counters: new Counters(), live: { publish() {} } });
  const log = pino({ level: 'silent' });
  const door = new Door('otlp', { store, recorder, clock, log, doorSilenceMs: 300_000 });
  onTestFinished(async () => {
    await door.close();
    await store.close();
  });
  let sent = 0;
  const send = (metric: object) => {
    const message = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
    const bytes = Buffer.from(String(sent++));
    return recordOtlp(door, { signal: 'metrics', message, bytes }, nowUs);
  };
  return { store, door, send };
}

/** Name, tags, value and metadata of all samples, in their order. */
async function samplesOf(store: Store) {
  const found: {
    name: string;
    type: string;
    tags: readonly string[];
    value: number;
    metadata: unknown;
  }[] = [];
  for await (const ids of store.ids()) {
    for await (const part of store.read(ids[0]!, { samples: true })) {
      if (part.kind !== 'samples') continue;
      const { keys, series, values, details } = part.rows;
      series.forEach((index, row) => {
        const { name, type, tags } = keys[index]!;
        found.push({
          name,
          type,
          tags,
          value: values[row]!,
          metadata: details?.get(row)?.metadata,
        });
      });
    }
  }
  return found;
}

const point = (fields: object) => ({
  dataPoints: [{ timeUnixNano: Number(timeUnixNano), ...fields }],
});

describe('increases', () => {
  it('of an up-down counter add up to a gauge', async () => {
    const { store, send } = await setUp();
    for (const asInt of [5, -2, -4]) {
      await send({ name: 'carts', sum: { ...point({ asInt }), aggregationTemporality: 1 } });
    }
    const samples = await samplesOf(store);
    expect(samples.map(({ type, value }) => [type, value])).toEqual([
      ['gauge', 5],
      ['gauge', 3],
      ['gauge', -1],
    ]);
  });

  it('of histograms add up by bucket', async () => {
    const { store, send } = await setUp();
    const explicit = {
      count: 2,
      sum: 12,
      bucketCounts: [1, 1, 0],
      explicitBounds: [5, 50],
      min: 2,
      max: 10,
    };
    const exponential = {
      scale: 0,
      count: 3,
      sum: 7,
      zeroCount: 1,
      positive: { offset: 1, bucketCounts: [2] },
    };
    for (let i = 0; i < 2; i++) {
      await send({ name: 'a', histogram: { ...point(explicit), aggregationTemporality: 1 } });
      await send({
        name: 'b',
        exponentialHistogram: { ...point(exponential), aggregationTemporality: 1 },
      });
    }
    const samples = await samplesOf(store);
    expect(samples.findLast(({ name }) => name === 'a')).toMatchObject({
      ...{ name: 'a', value: 6 },
      metadata: {
        buckets: [
          { le: 5, count: 2 },
          { le: 50, count: 4 },
          { le: '+Inf', count: 4 },
        ],
        ...{ sum: 24, count: 4, min: 2, max: 10 },
      },
    });
    expect(samples.findLast(({ name }) => name === 'b')).toMatchObject({
      name: 'b',
      metadata: {
        buckets: [
          { le: 0, count: 2 },
          { le: 2, count: 2 },
          { le: 4, count: 6 },
          { le: '+Inf', count: 6 },
        ],
        ...{ sum: 14, count: 6 },
      },
    });
  });
});

describe('a summary', () => {
  it('becomes a gauge per quantile, and counters of sum and count', async () => {
    const { store, send } = await setUp();
    const quantileValues = [
      { quantile: 0.5, value: 3 },
      { quantile: 0.99, value: 9 },
    ];
    await send({ name: 'wait', unit: 'ms', summary: point({ count: 4, sum: 16, quantileValues }) });
    const samples = await samplesOf(store);
    expect(samples.map(({ name, type, tags, value }) => [name, type, ...tags, value])).toEqual([
      ['wait', 'gauge', 'quantile:0.5', 3],
      ['wait', 'gauge', 'quantile:0.99', 9],
      ['wait.sum', 'counter', 16],
      ['wait.count', 'counter', 4],
    ]);
  });
});

describe('a value', () => {
  it('may be infinite or none, and a point may say that it has no value', async () => {
    const { store, door, send } = await setUp();
    for (const asDouble of [Number.NaN, -Infinity])
      await send({ name: 'loss', gauge: point({ asDouble }) });
    await send({ name: 'loss', gauge: point({ flags: 1 }) });
    expect((await samplesOf(store)).map(({ value }) => value)).toEqual([Number.NaN, -Infinity]);
    expect(door.report.refused).toMatchObject([{ reason: 'no_recorded_value', count: 1 }]);
  });
});

describe('protobuf', () => {
  it('is read no deeper than makes sense, and no larger than fits', () => {
    let deep = Buffer.alloc(0);
    for (let i = 0; i < 200; i++) {
      const inner = i % 2 === 0 ? 0x0a : 0x2a;
      const head = [
        inner,
        ...(deep.length < 128 ? [deep.length] : [(deep.length & 127) | 128, deep.length >> 7]),
      ];
      deep = Buffer.concat([Buffer.from(head), deep]);
    }
    const anyValue = requests.logs.byNumber[1]!.of()
      .byNumber[2]!.of()
      .byNumber[2]!.of()
      .byNumber[5]!.of();
    expect(() => decodeProtobuf(anyValue, deep)).toThrow('nested deeper than 100 messages');
    // A resource of no length takes two bytes.
    const many = Buffer.alloc(2_100_000, Buffer.from([0x0a, 0x00]));
    expect(() => decodeProtobuf(requests.metrics, many)).toThrow('more than 1000000 messages');
  });
});

const attributes = [
  { key: 'a', value: { stringValue: 'x' } },
  { key: 'b', value: { arrayValue: { values: [{ intValue: '7' }, { boolValue: true }] } } },
  { key: 'c', value: { kvlistValue: { values: [{ key: 'd', value: { doubleValue: 0.5 } }] } } },
];
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'till' } }] };
const at = { timeUnixNano, attributes };
const delta = { aggregationTemporality: 1 };
const metrics = [
  {
    name: 'gauge',
    unit: 'By',
    gauge: {
      dataPoints: [
        { ...at, asDouble: 1.5 },
        { ...at, flags: 1 },
      ],
    },
  },
  { name: 'sum', sum: { ...delta, isMonotonic: true, dataPoints: [{ ...at, asInt: '3' }] } },
  { name: 'total', sum: { aggregationTemporality: 2, dataPoints: [{ ...at, asInt: '-3' }] } },
  {
    name: 'histogram',
    histogram: {
      ...delta,
      dataPoints: [{ ...at, count: '3', sum: 4, bucketCounts: ['1', '2'], explicitBounds: [1] }],
    },
  },
  {
    name: 'exponential',
    exponentialHistogram: {
      ...delta,
      dataPoints: [
        {
          ...at,
          count: '3',
          zeroCount: '1',
          scale: 3,
          positive: { offset: -2, bucketCounts: ['1', '1'] },
        },
      ],
    },
  },
  {
    name: 'summary',
    summary: {
      dataPoints: [{ ...at, count: '3', sum: 4, quantileValues: [{ quantile: 0.5, value: 1 }] }],
    },
  },
];
const logRecords = [
  {
    ...at,
    severityNumber: 17,
    body: { stringValue: 'paid' },
    traceId: '00112233445566778899aabbccddeeff',
  },
  { ...at, eventName: 'session.start', body: { kvlistValue: { values: attributes } } },
];

/** A request for each metric and each record. */
function everyBody(): [Signal, object][] {
  const scope = { name: 's' };
  return [
    ...metrics.map((metric): [Signal, object] => [
      'metrics',
      { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [metric] }] }] },
    ]),
    ...logRecords.map((record): [Signal, object] => [
      'logs',
      { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record] }] }] },
    ]),
  ];
}

/** The bytes with a few of them changed, cut out, doubled or put in. */
function broken(random: Random, whole: Buffer): Buffer {
  let bytes = Buffer.from(whole);
  for (let left = integer(random, 1, 2); left > 0; left--) {
    const from = integer(random, 0, bytes.length);
    const [head, tail] = [bytes.subarray(0, from), bytes.subarray(from)];
    const kind = integer(random, 0, 3);
    if (kind === 0 && from < bytes.length)
      bytes[from] = pick(random, [0, 1, 0x7f, 0x80, 0xff, integer(random, 0, 255)]);
    else if (kind === 1) bytes = Buffer.concat([head, tail.subarray(integer(random, 0, 5))]);
    else if (kind === 2)
      bytes = Buffer.concat([head, tail.subarray(0, integer(random, 0, 40)), tail]);
    else bytes = Buffer.concat([head, Buffer.from(pick(random, tokens)), tail]);
  }
  return bytes;
}

const tokens = [
  '"',
  '{',
  ']',
  ',',
  '-1',
  '1e400',
  'null',
  'NaN',
  '"NaN"',
  '\xff',
  '\x0a\x00',
  '99999999999999999999',
];

describe('50,000 broken bodies', () => {
  it('are read or refused in words, and every point is counted', async () => {
    const seed = seedOfRun();
    const random = randomFrom(seed);
    const { door } = await setUp();
    // Half of the bodies end in an error, whose stack nobody reads.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    onTestFinished(() => {
      Error.stackTraceLimit = stackTraceLimit;
    });
    const wholes = everyBody().flatMap(([signal, body]) => [
      { signal, isJson: true, bytes: Buffer.from(JSON.stringify(body)) },
      { signal, isJson: false, bytes: Buffer.from(encodeMessage(requests[signal], body)) },
    ]);
    const seen = { read: 0, unreadable: 0, items: 0, kept: 0, refused: 0, empty: 0 };
    let [stored, told] = [0, 0];
    for (let i = 0; i < 50_000; i++) {
      const { signal, isJson, bytes: whole } = pick(random, wholes);
      const bytes = broken(random, whole);
      try {
        const message = isJson
          ? decodeJson(requests[signal], parseBody(bytes))
          : decodeProtobuf(requests[signal], bytes);
        const reading = read(signal, message);
        seen.read++;
        const kept = reading.items - reading.refused.length - reading.empty;
        seen.items += itemsOf(message);
        seen.kept += kept;
        seen.refused += reading.refused.length;
        seen.empty += reading.empty;
        if (i % 25 !== 0) continue;
        const before = door.report.stored;
        const { rejected } = await recordOtlp(door, { signal, message, bytes }, nowUs);
        expect(rejected).toBe(reading.refused.length);
        if (door.report.stored > before) stored += thingsOf(reading);
        told += reading.items;
      } catch (error) {
        if (!(error instanceof TachoError)) {
          throw new Error(`TEST_SEED=${seed}, body ${i}: ${bytes.toString('base64')}`, {
            cause: error,
          });
        }
        expect(['invalid_body', 'invalid_json', 'too_many_items']).toContain(error.code);
        seen.unreadable++;
      }
    }
    expect(seen.read + seen.unreadable).toBe(50_000);
    expect(seen.kept + seen.refused + seen.empty).toBe(seen.items);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
    expect(door.report.stored).toBe(stored);
    expect(told).toBeGreaterThan(100);
  });
});

function read(signal: Signal, message: Decoded): Reading {
  return signal === 'metrics' ? readMetrics(message, nowUs) : readLogs(message, nowUs);
}

/** Samples and facts of a reading, as the door counts them. */
function thingsOf({ said }: Reading): number {
  return said.reduce((sum, { metrics, facts }) => sum + metrics.length + facts.length, 0);
}

/** Points and records of a message, counted another way: every list of that name. */
function itemsOf(message: unknown): number {
  if (typeof message !== 'object' || message === null) return 0;
  return Object.entries(message).reduce((sum, [name, value]) => {
    const isList = name === 'dataPoints' || name === 'logRecords';
    return sum + (isList ? (value as unknown[]).length : itemsOf(value));
  }, 0);
}
