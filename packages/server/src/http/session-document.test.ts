/** Sessions as text: right for any content, and never more in memory than a few pieces. */
import { request } from 'node:http';
import { initialStatus, type JsonObject, type SeriesKey } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openMemory } from '../store/memory.ts';
import type { SampleRows, SessionPart, SessionRow } from '../store/store.ts';
import { freshDocument, sessionDocument, sessionsDocument } from './session-document.ts';
import { Harness, startUs } from './testing/harness.ts';

const options = { nowUs: startUs, suspendedAfterUs: 60e6 };

const row: SessionRow = {
  id: '550e8400-e29b-41d4-a716-446655440000',
  createdUs: startUs,
  updatedUs: startUs,
  product: 'P',
  version: 'V',
  status: initialStatus(startUs),
  state: '{"product":"P"}',
  startState: '{"product":"P"}',
  patches: 0,
  events: 0,
  samples: 0,
};

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

async function* partsOf(...parts: SessionPart[]): AsyncGenerator<SessionPart> {
  yield* parts;
}

const keyArbitrary: fc.Arbitrary<SeriesKey> = fc.record({
  name: fc.string({ unit: 'binary' }),
  type: fc.constantFrom('gauge', 'counter', 'histogram', 'timer'),
  unit: fc.string(),
  tags: fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }),
});

const samplesArbitrary = fc
  .tuple(
    fc.array(keyArbitrary, { minLength: 1, maxLength: 5 }),
    fc.array(
      fc.record({
        series: fc.nat(),
        ms: fc.integer({ min: 0, max: 3 }),
        us: fc.constantFrom(0, 0, 1, 999),
        value: fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, -0, 1e21, 5e-324)),
        count: fc.option(fc.nat(), { nil: undefined }),
        metadata: fc.option(fc.constantFrom<JsonObject>({}, { k: [1, null] }), { nil: undefined }),
      }),
      { maxLength: 40 },
    ),
  )
  .map(([keys, samples]): SampleRows => {
    const details = new Map(
      samples.flatMap(({ count, metadata }, i) =>
        count === undefined && metadata === undefined
          ? []
          : [
              [
                i,
                { ...(count !== undefined && { count }), ...(metadata && { metadata }) },
              ] as const,
            ],
      ),
    );
    return {
      keys,
      series: Uint32Array.from(samples, ({ series }) => series % keys.length),
      timesUs: Float64Array.from(samples, ({ ms, us }) => startUs + ms * 1000 + us),
      values: Float64Array.from(samples, ({ value }) => value),
      ...(details.size > 0 && { details }),
    };
  });

/** What the samples should read as, made without any care for speed. */
function plainMetrics({ keys, series, timesUs, values, details }: SampleRows): unknown[] {
  return Array.from(values, (value, i) => {
    const { name, type, unit, tags } = keys[series[i] as number] as SeriesKey;
    const us = timesUs[i] as number;
    const iso = new Date(Math.floor(us / 1000)).toISOString();
    const micro = us % 1000 === 0 ? '' : String(us % 1000).padStart(3, '0');
    const { count, metadata } = details?.get(i) ?? {};
    return {
      timestamp: iso.replace('Z', `${micro}Z`),
      name,
      type,
      value: Number.isFinite(value) ? value + 0 : String(value),
      ...(count !== undefined && { count }),
      ...(unit !== '' && { unit }),
      ...(tags.length > 0 && { tags }),
      ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
    };
  });
}

describe('the document of a session', () => {
  it('is JSON that says of every sample what the store said', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(samplesArbitrary, { maxLength: 3 }), async (pieces) => {
        // Local indexes mean the same series in all pieces of a session.
        const keys = pieces.flatMap((piece) => piece.keys);
        const shifted = pieces.map((rows, k) => {
          const before = pieces.slice(0, k).reduce((sum, each) => sum + each.keys.length, 0);
          return { ...rows, keys, series: rows.series.map((index) => index + before) };
        });
        const parts = shifted.map((rows) => ({ kind: 'samples', rows }) as const);
        const text = await textOf(
          sessionDocument(partsOf({ kind: 'session', row }, ...parts), options),
        );
        const { metrics } = JSON.parse(text);
        expect(metrics).toEqual(pieces.flatMap(plainMetrics));
      }),
    );
  });

  it('has all its arrays whichever parts there are', async () => {
    const session = { kind: 'session', row } as const;
    const patches: SessionPart = {
      kind: 'patches',
      rows: [{ revision: 1, atUs: startUs, receivedUs: startUs, patch: '{"n":9007199254740993}' }],
    };
    const event = { name: 'e', level: 'info', category: 'info', group: '', message: '' } as const;
    const events: SessionPart = {
      kind: 'events',
      rows: [
        {
          seq: 0,
          atUs: startUs,
          receivedUs: startUs,
          event: { ...event, labels: null, data: null },
        },
      ],
    };
    for (const parts of [[], [patches], [events], [patches, events], [patches, patches, events]]) {
      const text = await textOf(sessionDocument(partsOf(session, ...parts), options));
      const { state_history, events: shown, metrics } = JSON.parse(text);
      expect([state_history.length, shown.length, metrics.length]).toEqual([
        parts.filter(({ kind }) => kind === 'patches').length,
        parts.filter(({ kind }) => kind === 'events').length,
        0,
      ]);
    }
    expect(await textOf(sessionDocument(partsOf(session), options))).toBe(
      freshDocument(row, options),
    );
  });

  it('is nothing for a session that is not there, and takes no comma among others', async () => {
    expect(await textOf(sessionDocument(partsOf(), options))).toBe('');
    async function* sessions(): AsyncGenerator<AsyncIterable<string>> {
      for (const there of [false, true, false, true, false]) {
        const parts = there ? partsOf({ kind: 'session', row }) : partsOf();
        yield sessionDocument(parts, options);
      }
    }
    expect(JSON.parse(await textOf(sessionsDocument(sessions())))).toHaveLength(2);
  });
});

/** A store whose one session has endless samples, and that tells how many were asked for. */
function endless() {
  const seen = { pieces: 0, returned: false };
  const rows: SampleRows = {
    keys: [{ name: 'm', type: 'gauge', unit: '', tags: [] }],
    series: new Uint32Array(1_000),
    timesUs: new Float64Array(1_000).fill(startUs),
    values: Float64Array.from({ length: 1_000 }, (_, i) => i / 3),
  };
  async function* read(): AsyncGenerator<SessionPart> {
    try {
      yield { kind: 'session', row };
      for (;;) {
        seen.pieces++;
        yield { kind: 'samples', rows };
      }
    } finally {
      seen.returned = true;
    }
  }
  return { seen, read };
}

describe('a client that reads', () => {
  it.each(['identity', 'gzip'])(
    'slowly holds the store back (%s), and frees it by going away',
    async (encoding) => {
      const { seen, read } = endless();
      const server = await Harness.start({}, async (clock) => {
        const store = openMemory(clock);
        store.read = read;
        return store;
      });
      await server.create({ id: row.id });
      const response = await firstPiece(server.port, encoding);
      let before = -1;
      // Once the buffers on the way are full, nothing moves any more.
      while (before !== seen.pieces) {
        before = seen.pieces;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(seen.pieces).toBeLessThan(5_000);
      expect(seen.returned).toBe(false);
      response.destroy();
      while (!seen.returned) await new Promise((resolve) => setTimeout(resolve, 10));
      expect((await server.ask('/health')).status).toBe(200);
    },
  );

  it('gets a broken connection, not a short document, when the store fails on the way', async () => {
    const server = await Harness.start({}, async (clock) => {
      const store = openMemory(clock);
      store.read = async function* () {
        yield { kind: 'session', row };
        yield* endlessFor(50);
        throw new Error('a page is damaged');
      };
      return store;
    });
    await server.create({ id: row.id });
    await expect(server.ask(`/api/sessions/${row.id}`)).rejects.toThrow();
    expect(server.logged.join()).toContain('a page is damaged');
  });

  it('is told 404 when the session went while it was looked up', async () => {
    const server = await Harness.start({}, async (clock) => {
      const store = openMemory(clock);
      store.read = async function* () {};
      return store;
    });
    await server.create({ id: row.id });
    expect((await server.ask(`/api/sessions/${row.id}`)).json.code).toBe('session_not_found');
    expect((await server.ask('/api/data/sessions')).text).toBe('[]\n');
  });
});

async function* endlessFor(pieces: number): AsyncGenerator<SessionPart> {
  const parts = endless().read();
  await parts.next();
  for (let i = 0; i < pieces; i++) yield (await parts.next()).value as SessionPart;
}

/** The answer after its head, standing still. */
function firstPiece(port: number, encoding: string): Promise<{ destroy(): unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': encoding };
    const path = `/api/sessions/${row.id}`;
    request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.on('error', () => undefined);
      response.pause();
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

it('a long session is read with bounded pieces', async () => {
  let longest = 0;
  async function* parts(): AsyncGenerator<SessionPart> {
    yield { kind: 'session', row };
    yield* endlessFor(200);
  }
  for await (const piece of sessionDocument(parts(), options)) {
    longest = Math.max(longest, piece.length);
  }
  expect(longest).toBeLessThan(100_000);
});
