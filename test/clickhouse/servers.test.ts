/** Several servers on one ClickHouse: whichever takes a batch, all of them tell the same afterwards. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SessionDump, sampleTexts } from '../../packages/server/src/store/contract/dump.ts';
import { type StoreBench, secondUs } from '../../packages/server/src/store/contract/harness.ts';
import { gauge, type Plan, sessionId } from '../../packages/server/src/store/contract/plan.ts';
import type { Appended } from '../../packages/server/src/store/store.ts';
import { type ClickHouse, startClickHouse } from './running.ts';
import { freshAddress, openServer, openServers } from './stores.ts';

let one: ClickHouse;
let other: ClickHouse;

beforeAll(async () => {
  [one, other] = await Promise.all([startClickHouse(), startClickHouse()]);
});

afterAll(() => Promise.all([one.stop(), other.stop()]));

/** The n-th thing that a sender says. */
function thing(sender: number, n: number): Plan {
  const kinds: Plan[] = [
    { session: 1, kind: 'patch', patch: { [`s${sender}`]: n } },
    { session: 1, kind: 'event', event: { name: `s${sender}`, message: String(n) } },
    { session: 1, kind: 'sample', series: gauge(`s${sender}`), value: n },
  ];
  return kinds[n % 3]!;
}

/** What one sender said, by what is stored, in the order in which it is. */
function heard(session: SessionDump, sender: number): number[][] {
  const patches = session.patches.flatMap(({ patch }) => {
    const n = (JSON.parse(patch) as Record<string, number>)[`s${sender}`];
    return n === undefined ? [] : [n];
  });
  const events = [...session.events]
    .sort((a, b) => a.seq - b.seq)
    .map(({ event }) => JSON.parse(event) as { name: string; message: string })
    .flatMap(({ name, message }) => (name === `s${sender}` ? [Number(message)] : []));
  const samples = session.samples.flatMap(([series, , value]) =>
    session.series[series]?.name === `s${sender}` ? [Number(value)] : [],
  );
  return [patches, events, samples];
}

function expected(count: number): number[][] {
  const all = Array.from({ length: count }, (_, n) => n);
  return [0, 1, 2].map((kind) => all.filter((n) => n % 3 === kind));
}

describe('two servers', () => {
  it('that write to one session at once give one order of it, and both tell the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 2, maxLength: 3 }),
        fc.boolean(),
        async (counts, isStartedTwice) => {
          const servers = await openServers(freshAddress(one), counts.length);
          const start: Plan = { session: 1, kind: 'start' };
          await servers[0]!.say(start);
          await Promise.all(
            servers.map(async (server, sender) => {
              if (isStartedTwice) await server.say(start);
              for (let n = 0; n < counts[sender]!; n += 1) await server.say(thing(sender, n));
            }),
          );
          const [first, ...rest] = await Promise.all(servers.map((server) => server.session(1)));
          for (const dump of rest) expect(dump).toEqual(first);
          for (const [sender, count] of counts.entries()) {
            expect(heard(first!, sender)).toEqual(expected(count));
          }
          expect(first!.patches.map(({ revision }) => revision)).toEqual(
            first!.patches.map((_, i) => i + 1),
          );
          const state = Object.assign({}, ...first!.patches.map(({ patch }) => JSON.parse(patch)));
          expect(JSON.parse(first!.row.state)).toMatchObject(state);
          expect(await list(servers[1]!)).toEqual(await list(servers[0]!));
        },
      ),
      // One server folds a session anew here while another one writes to its tables.
      { numRuns: 8, examples: [[[2, 0, 0], true]] },
    );
  });

  it('that create one session at once create it once, with what both were told', async () => {
    const [a, b] = await openServers(freshAddress(one), 2);
    await Promise.all([
      a!.say({ session: 1, kind: 'start' }, thing(0, 0), thing(0, 1), thing(0, 2)),
      b!.say({ session: 1, kind: 'start' }, thing(1, 0), thing(1, 1), thing(1, 2)),
    ]);
    const found = await a!.session(1);
    expect(await b!.session(1)).toEqual(found);
    expect([found.row.patches, found.row.events, found.row.samples]).toEqual([2, 2, 2]);
    expect(await list(a!)).toHaveLength(1);
  });

  it('that get one batch at once store it once, whichever answers first', async () => {
    const [a, b] = await openServers(freshAddress(one), 2);
    await a!.say({ session: 1, kind: 'start' });
    const answers: Appended[] = [];
    for (let seq = 0; seq < 12; seq += 1) {
      const plans = [thing(0, 3 * seq), thing(0, 3 * seq + 1), thing(0, 3 * seq + 2)];
      const both = await Promise.all([
        a!.spool('s', seq, ...plans),
        b!.spool('s', seq, ...plans),
        b!.spool('s', seq, ...plans),
      ]);
      answers.push(...both);
      expect(both.some(({ kind }) => kind === 'stored')).toBe(true);
    }
    expect(answers.filter(({ kind }) => kind === 'duplicate').length).toBeGreaterThanOrEqual(12);
    const found = await b!.session(1);
    expect(heard(found, 0)).toEqual(expected(36));
    expect(await a!.session(1)).toEqual(found);
    expect(found.row.samples).toBe(12);
  });

  it('know of a batch that the other one stored, in whatever order it is sent again', async () => {
    const [a, b] = await openServers(freshAddress(one), 2);
    await a!.say({ session: 1, kind: 'start' });
    expect(await a!.spool('s', 0, thing(0, 0))).toEqual({ kind: 'stored' });
    expect(await b!.spool('s', 0, thing(0, 0))).toEqual({ kind: 'duplicate' });
    const once = { kind: 'key', key: 'k', fingerprint: 'f', reply: 'done' } as const;
    expect(await b!.deliver([thing(0, 1)], once)).toEqual({ kind: 'stored' });
    expect(await a!.deliver([thing(0, 1)], once)).toEqual({ kind: 'duplicate', reply: 'done' });
    await expect(
      a!.deliver([thing(0, 1)], { ...once, fingerprint: 'another' }),
    ).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect(heard(await a!.session(1), 0)).toEqual([[0], [1], []]);
  });

  it('see what the other one deleted, and the id can begin anew on either', async () => {
    const [a, b] = await openServers(freshAddress(one), 2);
    await a!.say({ session: 1, kind: 'start', version: '1' }, thing(0, 0));
    await b!.say(thing(1, 0));
    a!.pass(secondUs);
    expect(await a!.store.remove(sessionId(1))).toBe(true);
    expect(await b!.dump()).toEqual([]);
    await b!.say(thing(1, 3));
    expect(await b!.dump()).toEqual([]);
    await b!.say({ session: 1, kind: 'start', version: '2' }, thing(1, 1));
    expect((await a!.session(1)).row).toMatchObject({ version: '2', events: 1, patches: 0 });
  });

  it('finish what one left unfinished that ended between the log and its tables', async () => {
    const address = freshAddress(one);
    const [a] = await openServers(address, 1);
    await a!.say({ session: 1, kind: 'start' }, thing(0, 0));
    const database = address.split('/').at(-1);
    await a!.say(thing(0, 1), thing(0, 2));
    const known = await a!.session(1);
    // As if the tables had not been reached: the log alone knows of the last batch.
    for (const table of ['head', 'event']) {
      const body = `ALTER TABLE ${database}.${table} DELETE WHERE known > 2 SETTINGS mutations_sync = 2`;
      expect((await fetch(one.url, { method: 'POST', body })).status).toBe(200);
    }
    a!.pass(60 * secondUs);
    const b = await openServer(address, a!.time);
    expect(await b.session(1)).toEqual(known);
  });
});

describe('two shards', () => {
  it('answer as one, and what is on them comes back after one was killed', async () => {
    const address = freshAddress(one, other);
    const [a, b] = await openServers(address, 2);
    const ids = Array.from({ length: 12 }, (_, i) => i + 1);
    await a!.say(
      ...ids.map((session): Plan => ({ session, kind: 'start', version: `${session % 3}` })),
    );
    await b!.say(...ids.map((session): Plan => ({ ...thing(0, 2), session })));
    const before = await list(a!);
    expect(before).toHaveLength(12);
    const sums = await groups(b!);
    expect(sums.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(12);
    await other.kill();
    const batch = ids.map((session): Plan => ({ ...thing(0, 1), session }));
    await expect(a!.spool('s', 0, ...batch)).rejects.toMatchObject({ code: 'store_unavailable' });
    await other.start();
    // Half of it was stored; sent again to the other server it is there once.
    expect(await b!.spool('s', 0, ...batch)).toEqual({ kind: 'stored' });
    expect(await a!.spool('s', 0, ...batch)).toEqual({ kind: 'duplicate' });
    const dumps = await b!.dump();
    expect(dumps.map(({ row }) => [row.events, row.samples])).toEqual(ids.map(() => [1, 1]));
    expect(dumps.flatMap((dump) => sampleTexts(dump))).toHaveLength(12);
    expect(await groups(a!)).toEqual((await groups(b!)).map((group) => ({ ...group })));
  });
});

async function list({ store, time }: StoreBench) {
  const { rows } = await store.sessions({
    ...{ filter: {}, sort: 'created', descending: false, limit: 100, totals: false },
    nowUs: time.nowUs,
  });
  return rows;
}

function groups({ store, time }: StoreBench) {
  return store.groups({ filter: {}, by: [{ by: 'version' }], nowUs: time.nowUs });
}
