/** Garbage in every argument of every method: nothing throws, everything is counted, what is sent is understood. */

import { parseJson, readLocalBatch } from '@tacho/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect } from './connect.ts';
import { openedTo } from './testing/opened.ts';

const evil = () => {
  const throwing = {
    get name() {
      throw new Error('a getter');
    },
    get tags() {
      throw new Error('a getter');
    },
    toJSON() {
      throw new Error('toJSON');
    },
    toString() {
      throw new Error('toString');
    },
  };
  const cyclic: Record<string, unknown> = { a: 1 };
  cyclic.self = cyclic;
  cyclic.list = [cyclic, cyclic];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('get');
      },
      ownKeys: () => {
        throw new Error('ownKeys');
      },
      getPrototypeOf: () => {
        throw new Error('getPrototypeOf');
      },
    },
  );
  const deep: Record<string, unknown> = {};
  for (let at = deep, i = 0; i < 500; i++) at = at.d = {} as Record<string, unknown>;
  const unnamed = new Error('x');
  Object.defineProperty(unnamed, 'stack', {
    get() {
      throw new Error('stack');
    },
  });
  const looped = new Error('loop');
  looped.cause = looped;
  return [
    throwing,
    cyclic,
    revoked.proxy,
    hostile,
    deep,
    unnamed,
    looped,
    Symbol('s'),
    10n ** 40n,
    -0,
    Number.NaN,
    () => throwing,
    new Map([[{}, cyclic]]),
    new Set([hostile]),
    Object.create(null),
    new Date(Number.NaN),
    new Float64Array(3),
    new (class extends Array {})(),
    Promise.resolve(),
    new WeakMap(),
    'x'.repeat(700_000),
    { data: 'x'.repeat(700_000) },
    { level: 'loud', labels: hostile, message: 7, data: cyclic },
    { bounds: [Number.NaN, '1', 3, 2], tags: hostile, unit: throwing },
    ['a', 7, {}, 'b\u0000c', '\ud800'],
    new Array(1000).fill('t'),
    // biome-ignore lint/suspicious/noSparseArray: programs have them.
    [, 1],
  ];
};

/** Given as functions, because fast-check itself looks into the values that it hands on. */
const anything = fc.oneof(
  fc
    .anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
    })
    .map((value) => () => value as unknown),
  fc.nat({ max: evil().length - 1 }).map((i) => () => evil()[i] as unknown),
);

const methods = [
  'updateState',
  'logEvent',
  'logMetric',
  'gauge',
  'counter',
  'histogram',
  'logException',
  'heartbeat',
  'pauseHeartbeat',
  'resumeHeartbeat',
  'stats',
] as const;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a session', () => {
  it('takes anything in any argument without throwing, and what it sends is understood', async () => {
    const bodies: string[] = [];
    const { session } = openedTo(
      async () => ({
        receiver: 'agent',
        post: async (body) => {
          bodies.push(body);
          return { status: 200, text: '{"success":true,"accepted":1,"agentId":"a"}' };
        },
      }),
      { flushIntervalMs: 1 },
    );
    const call = fc.tuple(fc.constantFrom(...methods), fc.array(anything, { maxLength: 4 }));
    fc.assert(
      fc.property(call, ([method, args]) => {
        (session[method] as (...all: unknown[]) => unknown).apply(
          session,
          args.map((arg) => arg()),
        );
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 3 }), (args) => {
        const [name, details, more] = args.map((arg) => arg());
        const timer = session.timer(name as string, details as object);
        timer.count = more as number;
        timer.stop();
        timer[Symbol.dispose]();
        expect(session.timer.wrap(name as string, () => more, details as object)).toSatisfy(
          (result) => Object.is(result, more) || result instanceof Promise,
        );
      }),
      { numRuns: 500 },
    );
    await session.end(30_000);
    const { accepted, sent, pending, dropped } = session.stats();
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    expect(pending).toBe(0);
    expect(sent + lost).toBe(accepted);
    expect(sent).toBeGreaterThan(100);
    expect(dropped.invalid).toBeGreaterThan(100);
    for (const body of bodies) {
      const { rejected } = readLocalBatch(parseJson(body), Date.now() * 1000);
      expect(rejected).toEqual([]);
    }
  });

  it('hands on what a wrapped function gives, throws or promises', async () => {
    const { session } = openedTo(() => Promise.reject(new Error('nobody')));
    const { wrap } = session.timer;
    const error = new Error('mine');
    expect(wrap('t', () => 7)).toBe(7);
    expect(() =>
      wrap('t', () => {
        throw error;
      }),
    ).toThrow(error);
    expect(await wrap('t', async () => 8)).toBe(8);
    expect(await wrap('t', Promise.resolve(9))).toBe(9);
    await expect(wrap('t', Promise.reject(error))).rejects.toBe(error);
    expect(session.stats().accepted).toBe(5);
  });
});

describe('connect', () => {
  it('takes anything without throwing, and gives a session that works', () => {
    vi.stubEnv('TACHO_AGENT', 'off');
    vi.stubEnv('TACHO_SERVER', 'http://127.0.0.1:9');
    vi.stubEnv('NODE_ENV', 'production');
    const capture = {
      uncaught: false,
      exit: false,
      eventLoop: false,
      resources: false,
      heartbeat: false,
    };
    const keys = [
      'product',
      'version',
      'server',
      'token',
      'session',
      'tags',
      'state',
      'flushIntervalMs',
      'heartbeatTimeoutMs',
      'bufferBytesMax',
    ];
    const options = fc.oneof(
      anything,
      fc.dictionary(fc.constantFrom(...keys), anything).map((given) => () => {
        const read = Object.entries(given).map(([key, value]) => [key, value()]);
        return { ...Object.fromEntries(read), capture } as unknown;
      }),
    );
    fc.assert(
      fc.property(options, (given) => {
        const session = connect(given() as never);
        expect(session.id).toMatch(/^[0-9a-f]{8}-/);
        session.logMetric('n', 1);
        expect(session.stats().accepted).toBe(1);
        void session.end(1);
      }),
      { numRuns: 200 },
    );
  });
});
