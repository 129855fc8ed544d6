/** `GET /api/sessions/counts` over HTTP: groups, steps of time, their order, and what does not fit. */
import { limits, routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionGroup, Store } from '../../store/store.ts';
import { expectReply, run, runs } from '../testing/fleet.ts';
import { Harness, type Json, openStore } from '../testing/harness.ts';

async function counts(server: Harness, query = ''): Promise<Json> {
  const answer = await server.ask(`/api/sessions/counts?${query}`);
  expect(answer.status, answer.text).toBe(200);
  expectReply(routes.countSessions.reply.schema, answer.json);
  return answer.json;
}

/** Within 80 seconds: three good runs of 1.9, one of 1.10 that crashes, two of Q, of which one goes on. */
async function fleet(): Promise<Harness> {
  const server = await Harness.start();
  await runs(server, 3, { version: '1.9', state: { scene: { name: 'lobby' } } });
  server.pass(30);
  await run(server, { version: '1.10', ending: 'crash', reason: 'killed by SIGSEGV' });
  await run(server, { product: 'Q', version: '0.1', events: [{ name: 'e', level: 'error' }] });
  await run(server, { product: 'Q', version: '0.1', ending: 'none' });
  return server;
}

describe('GET /api/sessions/counts', () => {
  it('counts all of them as one group when nothing is asked for', async () => {
    const { every_ms, groups, complete } = await counts(await fleet());
    expect([every_ms, complete]).toEqual([null, true]);
    expect(groups).toEqual([
      {
        by: {},
        ...{ sessions: 6, active: 1, suspended: 0, hung: 0 },
        ...{ healthy: 4, errored: 1, abnormal: 0, crashed: 1 },
      },
    ]);
  });

  it('counts by several fields, in order of their values', async () => {
    const { groups } = await counts(await fleet(), 'by=product&by=cause');
    expect(groups.map(({ by, sessions }: Json) => [by, sessions])).toEqual([
      [{ product: 'P', cause: 'crashed' }, 1],
      [{ product: 'P', cause: 'ended' }, 3],
      [{ product: 'Q', cause: null }, 1],
      [{ product: 'Q', cause: 'ended' }, 1],
    ]);
  });

  it('counts by steps of time since 1970 in which sessions started, time before anything else', async () => {
    const { every_ms, groups } = await counts(await fleet(), 'every=1m&by=version');
    expect(every_ms).toBe(60_000);
    expect(groups.map(({ time, by, sessions }: Json) => [time, by.version, sessions])).toEqual([
      ['2026-01-01T00:00:00.000Z', '1.9', 3],
      ['2026-01-01T00:01:00.000Z', '0.1', 2],
      ['2026-01-01T00:01:00.000Z', '1.10', 1],
    ]);
  });

  it('counts by values of the state, and by whether they ever hung', async () => {
    const { groups } = await counts(await fleet(), 'by=state:scene.name&by=hung');
    expect(groups.map(({ by, sessions }: Json) => [by, sessions])).toEqual([
      [{ 'state:scene.name': null, hung: 'false' }, 3],
      [{ 'state:scene.name': 'lobby', hung: 'false' }, 3],
    ]);
  });

  it('counts what the filter lets through, and has no empty groups', async () => {
    const server = await fleet();
    const { groups } = await counts(server, 'outcome=crashed&by=version&every=1h');
    expect(groups).toMatchObject([{ by: { version: '1.10' }, sessions: 1, crashed: 1 }]);
    expect(await counts(server, 'product=none&by=version')).toMatchObject({ groups: [] });
  });

  it.each(['exception', 'event', 'tag:x', 'state:', 'state:a=b', 'time'])(
    'refuses %s as what to count by',
    async (by) => {
      const server = await Harness.start();
      const { status, json } = await server.ask(
        `/api/sessions/counts?by=${encodeURIComponent(by)}`,
      );
      expect([status, json.code]).toEqual([400, 'invalid_field']);
    },
  );

  it('refuses steps that do not fit into one answer, and says when groups are left out', async () => {
    const server = await Harness.start({}, async (options) => crowded(await openStore(options)));
    const refused = await server.ask('/api/sessions/counts?every=1s&by=machine');
    expect([refused.status, refused.json.code]).toEqual([400, 'invalid_field']);
    expect(refused.json.details).toMatch(/^every makes more than 10000 steps; expected wider/);
    const { groups, complete } = await counts(server, 'by=machine');
    expect([groups.length, complete]).toEqual([limits.groupsMax, false]);
  });
});

/** A store with as many groups as one answer has. */
function crowded(store: Store): Store {
  const group = (i: number): SessionGroup => ({
    values: [i],
    ...{ sessions: 1, active: 0, suspended: 0, hung: 0, errors: 0, firstUs: 0, lastUs: 0 },
    outcomes: { healthy: 1, errored: 0, abnormal: 0, crashed: 0 },
  });
  const groups = Array.from({ length: limits.groupsMax }, (_, i) => group(i));
  return Object.assign(store, { groups: async () => [...groups] });
}
