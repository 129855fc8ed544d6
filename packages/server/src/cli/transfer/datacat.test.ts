/** Sessions of DataCat become the sessions that they were. */
import { applyPatch, type JsonObject, type JsonValue } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Harness } from '../../http/testing/harness.ts';
import { openAsker } from '../ask.ts';
import { batchesOf } from './batches.ts';
import { difference, entriesOfDataCat } from './datacat.ts';
import { deliver, newTally } from './deliver.ts';
import { entriesOf } from './entries.ts';

const id = '5e551000-5555-4555-8555-555555555555';

/** As the Go server writes it: local offsets, nanoseconds, keys left out when empty. */
const session: JsonObject = {
  id,
  created_at: '2025-11-20T10:00:00.123456789+01:00',
  updated_at: '2025-11-20T10:05:00+01:00',
  last_heartbeat: '2025-11-20T10:04:00+01:00',
  active: false,
  suspended: false,
  crashed: true,
  hung: true,
  machine_id: 'till-3',
  state: { product: 'shop', version: '1.0', scene: { name: 'hall' } },
  state_history: [
    {
      timestamp: '2025-11-20T10:01:00+01:00',
      state: { product: 'shop', version: '1.0', scene: { name: 'yard', light: true }, big: 1 },
    },
    {
      timestamp: '2025-11-20T10:02:00+01:00',
      state: { product: 'shop', version: '1.0', scene: { name: 'hall' } },
    },
  ],
  events: [
    {
      timestamp: '2025-11-20T10:03:00+01:00',
      name: 'clicked',
      category: 'info',
      group: '',
      labels: null,
      message: '',
      data: { n: 1 },
    },
    {
      timestamp: '0001-01-01T00:00:00Z',
      name: 'application_appears_hung',
      category: 'error',
      group: 'datacat.daemon',
      labels: ['hung'],
      message: '',
      data: {},
    },
    {
      timestamp: '2025-11-20T10:05:00+01:00',
      name: 'session_crashed_detected',
      category: '',
      group: '',
      labels: null,
      message: '',
      data: { reason: 'machine_returned_session_not_resumed', machine_id: 'till-3' },
    },
  ],
  metrics: [
    { timestamp: '2025-11-20T10:01:30+01:00', name: 'load_ratio', type: 'gauge', value: 0.5 },
    {
      timestamp: '2025-11-20T10:01:30+01:00',
      name: 'wait_seconds',
      type: 'histogram',
      value: 3,
      metadata: {
        buckets: [
          { le: 1, count: 2 },
          { le: 5, count: 1 },
        ],
        sum: 4,
        count: 3,
        by: 'agent',
      },
    },
  ],
};

async function imported(text: string): Promise<{ server: Harness; reasons: string[] }> {
  const server = await Harness.start();
  const asker = await openAsker({ server: `http://127.0.0.1:${server.port}` });
  const tally = newTally();
  const source = (async function* () {
    yield text;
  })();
  const lines = entriesOf(source, (problem) => tally.rejected.push(problem));
  for await (const batch of batchesOf(lines, '')) await deliver(asker, batch, tally);
  await asker.close();
  return { server, reasons: tally.rejected.map(({ line, reason }) => `${line}: ${reason}`) };
}

describe('a session of DataCat', () => {
  it('keeps its times, states, events and metrics, and how it ended', async () => {
    const { server, reasons } = await imported(JSON.stringify([session]));
    expect(reasons).toEqual([]);
    const found = await server.session(id);
    expect(found).toMatchObject({
      created_at: '2025-11-20T09:00:00.123456Z',
      ended_at: '2025-11-20T09:04:00.000Z',
      last_heartbeat: '2025-11-20T09:04:00.000Z',
      crashed: true,
      hung: true,
      active: false,
      machine_id: 'till-3',
      state: session.state,
    });
    const states = session.state_history as { state: JsonValue }[];
    expect(found.state_history.map((one: { state: JsonValue }) => one.state)).toEqual(
      states.map(({ state }) => state),
    );
    // What the daemon sent without a time happened after what came before it.
    expect(
      found.events.map((event: JsonObject) => [event.name, event.level, event.timestamp]),
    ).toEqual([
      ['clicked', 'info', '2025-11-20T09:03:00.000Z'],
      ['application_appears_hung', 'error', '2025-11-20T09:03:00.000Z'],
      ['session_crashed_detected', 'info', '2025-11-20T09:05:00.000Z'],
    ]);
    expect(found.metrics).toMatchObject([
      { name: 'load_ratio', value: 0.5, timestamp: '2025-11-20T09:01:30.000Z' },
      {
        name: 'wait_seconds',
        metadata: {
          buckets: [
            { le: 1, count: 2 },
            { le: 5, count: 3 },
            { le: '+Inf', count: 3 },
          ],
          by: 'agent',
        },
      },
    ]);
  });

  it('that a server of ours shows is taken as well', async () => {
    const server = await Harness.start();
    const own = await server.create({ machine_id: 'm' });
    await server.post(`/api/sessions/${own}/events`, { name: 'e', level: 'error' });
    await server.post(`/api/sessions/${own}/state`, { a: { b: 12 } });
    await server.post(`/api/sessions/${own}/crash`, { reason: 'oom' });
    const dump = await server.ask('/api/data/sessions');
    const { server: other, reasons } = await imported(dump.text);
    expect(reasons).toEqual([]);
    const { updated_at: _, ...before } = dump.json[0];
    expect(await other.session(own)).toMatchObject(before);
  });

  it('is refused in parts where it makes no sense, and the parts are named', async () => {
    const metrics = [{ name: 'm', type: 'thermometer', value: 1 }];
    const { server, reasons } = await imported(`[\n${JSON.stringify({ ...session, metrics })}]`);
    expect(reasons).toEqual([expect.stringMatching(/^1: type is "thermometer"; expected/)]);
    expect((await server.session(id)).events).toHaveLength(3);
  });

  it('has a status that says active when nothing ended it', () => {
    const { ended_at: _, ...running } = {
      ...session,
      crashed: false,
      suspended: true,
      ended_at: null,
    };
    const status = [...entriesOfDataCat(running)].at(-1);
    expect(status).toMatchObject({ kind: 'status', lifecycle: 'active', ended_at: null, hangs: 1 });
  });
});

describe('the difference of two states', () => {
  const { state } = fc.letrec<{ value: JsonValue; state: JsonObject }>((tie) => ({
    value: fc.oneof(
      fc.integer(),
      fc.string({ maxLength: 2 }),
      fc.array(fc.integer()),
      tie('state'),
    ),
    state: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 4 }),
  }));

  it('leads from one to the other', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        expect(applyPatch(from, difference(from, to))).toEqual(to);
      }),
    );
  });
});
