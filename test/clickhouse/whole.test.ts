/** Two servers on one ClickHouse, as processes: they act as one, and go on when one of them, or ClickHouse, is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, closeConnections, get, post } from '../whole/http.ts';
import { type Server, startServer } from '../whole/server.ts';
import { differences } from './answers.ts';
import { listen } from './listener.ts';
import { type ClickHouse, startClickHouse } from './running.ts';
import { freshAddress } from './stores.ts';

let clickhouse: ClickHouse;
let address: string;
let a: Server;
let b: Server;
const others: Server[] = [];

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

beforeEach(async () => {
  await Promise.all([a, b, ...others.splice(0)].map((server) => server?.stop()));
  address = freshAddress(clickhouse);
  [a, b] = await Promise.all([serverOn(address), serverOn(address)]);
});

afterAll(async () => {
  await Promise.all([a, b, ...others].map((server) => server?.stop()));
  await clickhouse.stop();
  closeConnections();
});

function serverOn(store: string): Promise<Server> {
  return startServer({ args: ['--store', store] });
}

const ids = [1, 2].map((n) => `5e55100${n}-0000-4000-8000-000000000000`);
const [id = ''] = ids;

/** An instant well before now, so that it is told from instants of receipt. */
const at = (second: number): string => new Date(Date.UTC(2026, 2, 1, 10, 0, second)).toISOString();

/** What a DataCat client says, session by session. */
function story(session: string, ending: [string, unknown]): [path: string, body?: unknown][] {
  const path = `/api/sessions/${session}`;
  const metric = { name: 'fps', tags: ['scene:lobby'] };
  return [
    [
      '/api/sessions',
      {
        ...{ id: session, product: 'shop', version: '1.0', machine_id: 'm1', hostname: 'till' },
        state: { page: 'home', cart: { items: 1, coupon: 'x' } },
      },
    ],
    [`${path}/state`, { state: { page: 'cart', cart: { coupon: null } }, timestamp: at(1) }],
    [`${path}/events`, { name: 'opened', message: 'The cart', timestamp: at(2) }],
    [`${path}/metrics`, { ...metric, value: 60, timestamp: at(3) }],
    [`${path}/heartbeat`],
    [
      `${path}/metrics`,
      [
        { ...metric, value: 30.5, timestamp: at(4) },
        { name: 'sales', type: 'counter', value: 7, timestamp: at(4) },
      ],
    ],
    [`${path}/events`, { name: 'application_appears_hung', timestamp: at(5) }],
    [`${path}/heartbeat`],
    [`${path}/state`, { cart: null, total: { sum: 9.5 } }],
    [
      `${path}/events`,
      {
        ...{ name: 'exception', level: 'error', timestamp: at(6), exception_type: 'KeyError' },
        ...{ exception_msg: 'coupon', stacktrace: ['File "shop.py", line 12, in pay'] },
      },
    ],
    [`${path}/state`, { cart: { items: 2 } }],
    [`${path}${ending[0]}`, ending[1]],
    [`${path}/heartbeat`],
    [`${path}/events`, { name: 'late', timestamp: at(7) }],
  ];
}

/** Instants of receipt, and what is worked out from them, differ; given times are those of long ago. */
function comparable({ json, status }: Answer): unknown {
  const text = JSON.stringify(json)
    .replace(/"(?!2026-03-01)\d{4}-[^"]{10,}Z"/g, '"of receipt"')
    .replace(/ after [\d.]+ m?s\b/g, ' after a while');
  return { status, json: JSON.parse(text) };
}

const receipt = { except: ['duration_ms', 'hung_ms', 'hung_seconds', 'clock_skew_ms'] };

describe('two servers', () => {
  it('that are used in turn answer exactly like one server on SQLite', async () => {
    const one = await startServer();
    others.push(one);
    const [first, second] = [
      story(ids[0]!, ['/end', {}]),
      story(ids[1]!, ['/crash', { reason: 'oom' }]),
    ];
    const steps = first.flatMap((step, i) => [step, second[i]!, ...(i % 3 ? [] : [step])]);
    for (const [i, [path, body]] of steps.entries()) {
      const [writer, reader] = i % 2 ? [a, b] : [b, a];
      const said = await post(writer.url + path, body);
      const expected = await post(one.url + path, body);
      expect(differences(comparable(expected), comparable(said), receipt)).toEqual([]);
      for (const question of [
        `/api/sessions/${ids[i % 2]}`,
        '/api/sessions?product=shop&profile=false',
        '/api/sessions?state=page%3Dcart&hung=true&profile=false',
        '/api/sessions/counts?by=outcome&by=state:cart.items',
      ]) {
        const [there, here] = [await get(reader.url + question), await get(one.url + question)];
        expect(differences(comparable(here), comparable(there), receipt, question)).toEqual([]);
      }
    }
    const all = '/api/data/sessions';
    expect((await get(one.url + all)).json).toHaveLength(2);
    for (const server of [a, b]) {
      const [there, here] = [await get(server.url + all), await get(one.url + all)];
      expect(differences(comparable(here), comparable(there), receipt)).toEqual([]);
    }
  });

  it('tell readers of either what the other one accepted, once', async () => {
    const [onA, onB] = await Promise.all([a, b].map(({ url }) => listen(`${url}/api/live`)));
    const path = `/api/sessions/${id}`;
    const say = async (server: Server, what: string, body?: unknown): Promise<void> => {
      expect((await post(server.url + what, body)).status).toBeLessThan(300);
    };
    await say(a, '/api/sessions', { id, product: 'shop', version: '1.0', hostname: 'till' });
    await onB!.until('start', { session: id, product: 'shop', hostname: 'till' });
    await say(a, `${path}/state`, { page: 'cart' });
    await say(a, `${path}/events`, { name: 'opened', labels: ['x'], data: { n: 1 } });
    await say(a, `${path}/metrics`, { name: 'fps', value: 60, unit: 'fps', tags: ['scene:lobby'] });
    await onB!.until('metric', { name: 'fps', value: 60, tags: ['scene:lobby'] });
    await say(a, '/api/ingest', {
      ...{ spoolId: 's', seq: 1 },
      entries: [
        {
          ...{ kind: 'columns', session: id, startMs: Date.parse(at(0)), times: [0, 1000, 2000] },
          series: [{ name: 'heap', values: [1, 2, 3], tags: ['space:old'] }],
        },
      ],
    });
    await onB!.until('metrics', { samples: 3, series_count: 1 });
    await say(b, `${path}/events`, { name: 'application_appears_hung' });
    await onA!.until('status', { lifecycle: 'active', hung: true });
    await say(b, `${path}/heartbeat`);
    await onA!.until('event', { name: 'application_recovered' });
    await say(a, `${path}/crash`, { reason: 'oom' });
    await onB!.until('event', { name: 'session_crashed_detected', level: 'critical' });
    await onB!.until('status', { lifecycle: 'crashed' });
    // Both look again and again, and what was told is not told again.
    await sleep(1_500);
    await say(a, `${path}/events`, { name: 'last of a' });
    await say(b, `${path}/events`, { name: 'last of b' });
    for (const name of ['last of a', 'last of b']) {
      await onA!.until('event', { name });
      await onB!.until('event', { name });
    }
    // What is told of these would come with the same look, after them.
    await sleep(1_000);
    const [heardA, heardB] = [onA!, onB!].map(({ heard }) => heard.map(told).sort());
    onA!.close();
    onB!.close();
    expect(new Set(heardB).size).toBe(heardB!.length);
    expect(heardB).toEqual(heardA);
  });
});

/** An entry apart from when it was received. */
function told({ received_at: _, ...entry }: Record<string, unknown>): string {
  const { kind, session, timestamp, ...rest } = entry;
  const isMade = kind === 'status' || rest.made_by_server === true;
  const fields = Object.entries(isMade ? rest : { timestamp, ...rest }).sort(([x], [y]) =>
    x < y ? -1 : 1,
  );
  return JSON.stringify([kind, session, fields]);
}

describe('a server that is killed', () => {
  it('leaves nothing doubled or lost of the batches that the other one gets again', async () => {
    const batches = 60;
    const batch = (seq: number): unknown => ({
      ...{ spoolId: 'spool', seq },
      entries: [
        { kind: 'start', session: id, at: at(0), product: 'shop', version: '1' },
        { kind: 'event', session: id, at: at(seq), name: `e${seq}` },
        { kind: 'patch', session: id, at: at(seq), patch: { [`p${seq}`]: seq } },
        { kind: 'metric', session: id, at: at(seq), name: 'm', value: seq },
      ],
    });
    const acknowledged = new Set<number>();
    const seqs = Array.from({ length: batches }, (_, i) => i + 1);
    const deliver = async (server: Server, waiting: number[]): Promise<void> => {
      const rest = [...waiting];
      const send = async (): Promise<void> => {
        for (let seq = rest.shift(); seq !== undefined; seq = rest.shift()) {
          const { status } = await post(`${server.url}/api/ingest`, batch(seq));
          expect(status).toBe(200);
          acknowledged.add(seq);
          if (server === a && acknowledged.size === batches / 3) process.kill(a.pid, 'SIGKILL');
        }
      };
      await Promise.allSettled([send(), send(), send(), send()]);
    };
    await deliver(a, seqs);
    expect(await a.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(acknowledged.size).toBeLessThan(batches);
    await deliver(
      b,
      seqs.filter((seq) => !acknowledged.has(seq)),
    );
    expect(acknowledged.size).toBe(batches);
    a = await serverOn(address);
    for (const server of [a, b]) {
      for (const seq of [1, batches / 2, batches]) {
        expect((await post(`${server.url}/api/ingest`, batch(seq))).json).toMatchObject({
          duplicate: true,
        });
      }
    }
    const docs = await Promise.all([a, b].map(({ url }) => get(`${url}/api/sessions/${id}`)));
    expect(docs[0]!.json).toEqual(docs[1]!.json);
    const { events, metrics, state_history } = docs[0]!.json as Record<
      string,
      { name: string; value: number }[]
    >;
    expect(events!.map(({ name }) => name)).toEqual(seqs.map((seq) => `e${seq}`));
    expect(metrics!.map(({ value }) => value)).toEqual(seqs);
    expect(state_history).toHaveLength(batches);
  });
});

describe('a ClickHouse that is away', () => {
  /** Sends an event with a number; its answer. */
  const say = (server: Server, n: number): Promise<Answer> =>
    post(`${server.url}/api/sessions/${id}/events`, { name: `e${n}` }, { timeoutMs: 50_000 });

  const names = async (server: Server): Promise<string[]> => {
    const { json } = await get(`${server.url}/api/sessions/${id}`);
    return (json as { events: { name: string }[] }).events.map(({ name }) => name);
  };

  const expectRefusal = ({ status, headers, json }: Answer): void => {
    expect([429, 503]).toContain(status);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(json).toMatchObject({ code: expect.stringMatching(/^(store_unavailable|overloaded)$/) });
  };

  it('because it was killed is told of at once, and all is well when it runs again', async () => {
    await post(`${a.url}/api/sessions`, { id, product: 'shop', version: '1' });
    expect((await say(a, 1)).status).toBe(200);
    await clickhouse.kill();
    for (const server of [a, b]) {
      expectRefusal(await say(server, 2));
      expectRefusal(await get(`${server.url}/api/sessions`));
      const health = await get(`${server.url}/health`);
      expect([health.status, health.json]).toEqual([
        503,
        expect.objectContaining({ status: 'unhealthy' }),
      ]);
    }
    await clickhouse.start();
    expect((await say(b, 3)).status).toBe(200);
    expect((await say(a, 4)).status).toBe(200);
    for (const server of [a, b]) {
      expect((await get(`${server.url}/health`)).status).toBe(200);
      expect(await names(server)).toEqual(['e1', 'e3', 'e4']);
    }
  });

  it('because it hangs is told of within a bound, and what was acknowledged is there once', async () => {
    await post(`${a.url}/api/sessions`, { id, product: 'shop', version: '1' });
    expect((await say(a, 1)).status).toBe(200);
    clickhouse.pause();
    const [health, ...answers] = await Promise.all([
      get(`${b.url}/health`),
      say(a, 2),
      say(b, 3),
    ]).finally(() => clickhouse.resume());
    expect([health.status, health.json]).toEqual([
      503,
      expect.objectContaining({ status: 'unhealthy' }),
    ]);
    for (const answer of answers) expectRefusal(answer);
    for (const [i, server] of [b, a].entries()) {
      await expect
        .poll(async () => (await say(server, 4 + i)).status, { timeout: 15_000 })
        .toBe(200);
    }
    for (const server of [a, b]) {
      const found = await names(server);
      // What was refused may have been stored before it could be said.
      const sure = found.filter((name) => name !== 'e2' && name !== 'e3');
      expect(sure).toEqual(['e1', 'e4', 'e5']);
      expect(new Set(found).size).toBe(found.length);
      expect(found).toEqual(await names(server === a ? b : a));
    }
  });
});
