/** DataCat's wire: what its unmodified Python client was seen to send, and what becomes of it. */
import { type JsonObject, parseJson, TachoError } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { datacatReaders, readRegister } from './datacat.ts';

const session = '5e551000-5555-4555-8555-555555555555';
const context = { session, nowUs: 1_790_000_000_000_000, hangTimeoutMs: 60_000 };
const identity = { machineId: 'm', hostname: 'h', bootId: 'b', agentId: 'a' };
const atUs = context.nowUs;

/** The entries that one captured body becomes. */
function read(path: string, body: string): unknown[] {
  return datacatReaders[path]!(parseJson(body) as JsonObject, context);
}

describe('captured bodies', () => {
  it('/register starts a session of this machine and names the process to watch', () => {
    const fields = { parent_pid: 19220, product: 'P', version: 'V' };
    expect(readRegister(fields, context, identity)).toEqual({
      kind: 'start',
      session,
      atUs,
      start: { product: 'P', version: 'V', ...identity },
      watch: { wire: 'datacat', pid: 19220 },
    });
  });

  it('/register watches nothing when the pid is none', () => {
    for (const pid of [0, -1, 1.5, null, 'x']) {
      const start = readRegister(
        { parent_pid: pid, product: 'P', version: 'V' },
        context,
        identity,
      );
      expect(start).toMatchObject({ watch: { wire: 'datacat' } });
      expect(start).not.toHaveProperty('watch.pid');
    }
  });

  it('/register refuses an empty product in the words that its users know', () => {
    for (const fields of [{ product: '', version: 'V' }, { product: 'P' }, {}]) {
      expect(() => readRegister(fields, context, identity)).toThrow(
        'Product and version are required fields',
      );
    }
  });

  it('/state is a patch in which null deletes', () => {
    expect(read('/state', '{"session_id":"S1","state":{"a":1,"b":null}}')).toEqual([
      { kind: 'patch', session, atUs, patch: { a: 1, b: null } },
    ]);
  });

  it('/event carries the time at which it was said', () => {
    const body = '{"session_id":"S1","name":"e","data":{},"category":"info","labels":[]}';
    expect(read('/event', body)).toEqual([
      {
        kind: 'event',
        session,
        atUs,
        event: {
          name: 'e',
          level: 'info',
          category: 'info',
          group: '',
          labels: [],
          message: '',
          data: {},
        },
      },
    ]);
  });

  it('/event takes an object where the category belongs for its data', () => {
    const body = '{"session_id":"S1","name":"e","data":{},"category":{"x":1},"labels":[]}';
    expect(read('/event', body)).toMatchObject([
      { event: { category: 'info', level: 'info', data: { x: 1 } } },
    ]);
  });

  it('/event takes an object where the level belongs for its data, as older clients send it', () => {
    const body = '{"session_id":"S1","name":"e","data":{},"level":{"x":1}}';
    expect(read('/event', body)).toMatchObject([
      { event: { category: 'info', level: 'info', data: { x: 1 } } },
    ]);
    const older = '{"session_id":"S1","name":"e","data":{},"level":"error","category":"db"}';
    expect(read('/event', older)).toMatchObject([{ event: { category: 'db', level: 'error' } }]);
  });

  it('/event in full keeps every field', () => {
    const body =
      '{"session_id":"S1","name":"e","data":{"k":[1]},"category":"warning","group":"g",' +
      '"labels":["l"],"message":"m","stacktrace":["t"]}';
    expect(read('/event', body)).toMatchObject([
      {
        event: {
          level: 'warning',
          category: 'warning',
          group: 'g',
          labels: ['l'],
          message: 'm',
          data: { k: [1] },
          stacktrace: ['t'],
        },
      },
    ]);
  });

  it('/event of an exception keeps where it was thrown', () => {
    const body =
      '{"session_id":"S1","name":"exception","data":{},"category":"error","group":"exception",' +
      '"labels":["exception","ZeroDivisionError"],"message":"division by zero",' +
      '"stacktrace":["Traceback\\n"," File x\\n  y\\n"],"exception_type":"ZeroDivisionError",' +
      '"exception_msg":"division by zero","source_file":"/x.py","source_line":38,' +
      '"source_function":"<module>"}';
    expect(read('/event', body)).toMatchObject([
      {
        event: {
          level: 'error',
          exception_type: 'ZeroDivisionError',
          source_file: '/x.py',
          source_line: 38,
          source_function: '<module>',
          stacktrace: ['Traceback\n', ' File x\n  y\n'],
        },
      },
    ]);
  });

  it('/metric of a gauge is one sample', () => {
    const body =
      '{"session_id":"S1","name":"g","type":"gauge","value":1.5,"tags":["t"],"unit":"u"}';
    expect(read('/metric', body)).toEqual([
      {
        kind: 'metric',
        session,
        metric: { name: 'g', type: 'gauge', unit: 'u', tags: ['t'], value: 1.5, atUs },
      },
    ]);
  });

  it('/metric of a counter with a delta is growth, and its value means nothing', () => {
    const body =
      '{"session_id":"S1","name":"http:requests","type":"counter","value":0.0,"tags":["b","a"],"delta":3.0}';
    expect(read('/metric', body)).toEqual([
      {
        kind: 'growth',
        type: 'counter',
        session,
        atUs,
        name: 'http:requests',
        unit: '',
        tags: ['b', 'a'],
        delta: 3,
      },
    ]);
  });

  it('/metric of a counter without a delta is a reading', () => {
    const body = '{"session_id":"S1","name":"c","type":"counter","value":7,"tags":[]}';
    expect(read('/metric', body)).toMatchObject([
      { kind: 'metric', metric: { name: 'c', type: 'counter', value: 7 } },
    ]);
  });

  it('/metric of a histogram is counted in the buckets that came with it', () => {
    const body =
      '{"session_id":"S1","name":"h","type":"histogram","value":0.1,"tags":[],"unit":"s","metadata":{"buckets":[2,1,1]}}';
    expect(read('/metric', body)).toEqual([
      {
        kind: 'growth',
        type: 'histogram',
        session,
        atUs,
        name: 'h',
        unit: 's',
        tags: [],
        bounds: [1, 2],
        counts: [1, 0, 0],
        sum: 0.1,
        min: 0.1,
        max: 0.1,
        notFinite: 0,
      },
    ]);
  });

  it('/metric of a histogram with an infinite bound, which is not even JSON, is counted too', () => {
    for (const edge of ['Infinity', '"inf"', '"Infinity"']) {
      const body = `{"session_id":"S1","name":"h","type":"histogram","value":5,"tags":[],"metadata":{"buckets":[1,${edge}]}}`;
      expect(read('/metric', body)).toMatchObject([{ bounds: [1], counts: [0, 1], sum: 5 }]);
    }
  });

  it('/metric of a histogram beyond its bounds is counted in the overflow bucket', () => {
    const body = '{"session_id":"S1","name":"h","type":"histogram","value":61,"tags":[]}';
    const [growth] = read('/metric', body) as { counts: number[]; bounds: number[] }[];
    expect(growth!.bounds).toHaveLength(15);
    expect(growth!.counts.at(-1)).toBe(1);
  });

  it('/metric keeps NaN and the infinities, which are not JSON', () => {
    for (const [text, value] of [
      ['NaN', Number.NaN],
      ['-Infinity', -Infinity],
    ] as const) {
      const body = `{"session_id":"S1","name":"g","type":"gauge","value":${text},"tags":[]}`;
      expect(read('/metric', body)).toMatchObject([{ metric: { value } }]);
    }
    const body = '{"session_id":"S1","name":"h","type":"histogram","value":NaN,"tags":[]}';
    expect(read('/metric', body)).toMatchObject([{ notFinite: 1, sum: 0, min: null }]);
  });

  it('/metric of a timer keeps its count and unit', () => {
    const body =
      '{"session_id":"S1","name":"t","type":"timer","value":2.0,"tags":[],"count":4,"unit":"seconds"}';
    expect(read('/metric', body)).toMatchObject([
      { metric: { type: 'timer', value: 2, count: 4, unit: 'seconds' } },
    ]);
  });

  it('/metric of a type that nobody knows is a gauge, as DataCat treats it', () => {
    const body = '{"session_id":"S1","name":"g","type":"speed","value":3}';
    expect(read('/metric', body)).toMatchObject([{ metric: { type: 'gauge', value: 3 } }]);
  });

  it('/heartbeat arms the watch with the time-out of the configuration, and ends a pause', () => {
    expect(read('/heartbeat', '{"session_id":"S1"}')).toEqual([
      { kind: 'resume', session, atUs },
      { kind: 'heartbeat', session, atUs, timeoutMs: 60_000 },
    ]);
  });

  it('/pause_heartbeat, /resume_heartbeat and /end say what their names say', () => {
    const body = '{"session_id":"S1"}';
    expect(read('/pause_heartbeat', body)).toEqual([{ kind: 'pause', session, atUs }]);
    expect(read('/resume_heartbeat', body)).toEqual([{ kind: 'resume', session, atUs }]);
    expect(read('/end', body)).toEqual([{ kind: 'end', session, atUs }]);
  });
});

describe('bodies beyond our limits', () => {
  it('long texts and lists are cut, so that the program gets no exception', () => {
    const long = 'é'.repeat(10_000);
    const event = read(
      '/event',
      JSON.stringify({ name: long, group: long, labels: [long], level: 'x' }),
    );
    expect(event).toMatchObject([
      { event: { name: 'é'.repeat(500), group: 'é'.repeat(500), labels: ['é'.repeat(500)] } },
    ]);
    const tags = Array.from({ length: 80 }, (_, i) => `t${i}`);
    const metric = read('/metric', JSON.stringify({ name: long, value: 1, tags }));
    expect(metric).toMatchObject([{ metric: { tags: tags.slice(0, 50) } }]);
  });

  it('what has the wrong type is refused', () => {
    for (const [path, body] of [
      ['/state', '{"state":[1]}'],
      ['/event', '{"name":1}'],
      ['/event', '{"name":"e","labels":["a",1]}'],
      ['/metric', '{"name":"g","value":"x"}'],
      ['/metric', '{"name":"g","type":"counter","delta":NaN}'],
      ['/metric', '{"name":"g","type":"timer","value":1,"count":1.5}'],
    ] as const) {
      expect(() => read(path, body), body).toThrow(TachoError);
    }
  });
});
