/** Lists of sessions over HTTP: rows, filters, pages, totals, and one row with those that ended like it. */
import { routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { expectReply, run, runs } from '../testing/fleet.ts';
import { Harness, type Json } from '../testing/harness.ts';

const error = { name: 'oops', level: 'error', exception_type: 'KeyError', exception_msg: 'lobby' };

async function fleet(): Promise<{ server: Harness; ids: string[] }> {
  const server = await Harness.start();
  const ids = [
    await run(server, { version: '1.9', machine_id: 'm1', hostname: 'h1', state: { scene: 'a' } }),
    await run(server, { version: '1.10', state: { scene: 'b' }, events: [error], ending: 'crash' }),
    await run(server, { version: '1.10', ending: 'hang', reason: 'watchdog' }),
    await run(server, { product: 'Q', ending: 'none', metrics: [{ name: 'm', value: 1 }] }),
  ];
  return { server, ids };
}

async function list(server: Harness, query = ''): Promise<Json> {
  const answer = await server.ask(`/api/sessions${query}`);
  expect(answer.status).toBe(200);
  expectReply(routes.listSessions.reply.schema, answer.json);
  return answer.json;
}

const idsOf = (reply: Json): string[] => reply.sessions.map(({ id }: Json) => id);

describe('GET /api/sessions', () => {
  it('lists the newest first, with all that a row says', async () => {
    const { server, ids } = await fleet();
    const reply = await list(server);
    expect(idsOf(reply)).toEqual([...ids].reverse());
    expect(reply.next).toBeNull();
    expect(reply.totals).toEqual({
      ...{ sessions: 4, active: 1, suspended: 0, hung: 1 },
      ...{ healthy: 2, errored: 0, abnormal: 0, crashed: 2 },
    });
    const [active, hung, uncaught, ended] = reply.sessions;
    const { profile, ...row } = uncaught;
    expect(row).toEqual({
      id: ids[1],
      product: 'P',
      version: '1.10',
      created_at: '2026-01-01T00:00:10.000Z',
      updated_at: '2026-01-01T00:00:20.000Z',
      ended_at: '2026-01-01T00:00:20.000Z',
      last_heartbeat: null,
      duration_ms: 10_000,
      ...{ lifecycle: 'crashed', liveness: null },
      ...{ active: false, suspended: false, crashed: true, hung: false },
      ...{ hangs: 0, hung_ms: 0, outcome: 'crashed', reason: 'SIGSEGV' },
      cause: { kind: 'uncaught', sentence: 'Crashed after 10 s: uncaught KeyError: lobby' },
      ...{ events: 2, errors: 2, patches: 0, samples: 0 },
      exception: { type: 'KeyError', message: 'lobby', at: '2026-01-01T00:00:20.000Z' },
    });
    expect(profile.from).toBe('2026-01-01T00:00:10.000Z');
    expect(profile.errors.at(-1)).toBe(2);
    expect(ended).toMatchObject({ machine_id: 'm1', hostname: 'h1', outcome: 'healthy' });
    expect(hung).toMatchObject({ hangs: 1, cause: { kind: 'killed_while_hung' } });
    expect(active).toMatchObject({ liveness: 'responsive', cause: null, samples: 1, reason: null });
  });

  it('says how long a session runs or hangs up to now', async () => {
    const { server, ids } = await fleet();
    await server.post(`/api/sessions/${ids[3]}/events`, { name: 'application_appears_hung' });
    server.pass(30);
    const [row] = (await list(server, '?product=Q')).sessions;
    expect(row).toMatchObject({ duration_ms: 40_000, liveness: 'hung', hung_ms: 30_000 });
  });

  it.each([
    ['product=Q', [3]],
    ['version=1.9&version=1.10', [2, 1, 0]],
    ['version=1.10&order=asc', [1, 2]],
    ['machine=m1', [0]],
    ['hostname=h1', [0]],
    ['lifecycle=active', [3]],
    ['liveness=responsive', [3]],
    ['outcome=crashed&hung=true', [2]],
    ['cause=uncaught&cause=ended', [1, 0]],
    ['state=scene=b', [1]],
    ['state=scene&state=scene!=a', [1]],
    ['event=oops', [1]],
    ['exception=KeyError', [1]],
    ['text=lob', [1]],
    ['from=2026-01-01T00:00:15Z&to=2026-01-01T00:00:30Z', [2, 1]],
    ['from=-15s', [3, 2]],
    ['sort=version&order=asc', [3, 0, 1, 2]],
    ['sort=errors', [1, 2, 3, 0]],
    ['sort=duration&order=asc&lifecycle=crashed', [1, 2]],
  ])('understands %s', async (query, expected) => {
    const { server, ids } = await fleet();
    const found = idsOf(await list(server, `?${query}`));
    expect(found).toEqual(expected.map((i) => ids[i]));
  });

  it('finds a session by the beginning of its id, in either case', async () => {
    const { server, ids } = await fleet();
    const prefix = ids[2]!.slice(0, 8).toUpperCase();
    expect(idsOf(await list(server, `?id=${prefix}`))).toEqual([ids[2]]);
  });

  it('gives each session once, page by page, while new ones arrive', async () => {
    const server = await Harness.start();
    const ids = await runs(server, 5, { seconds: 1 });
    const found: string[] = [];
    let cursor = '';
    do {
      const reply = await list(server, `?limit=2${cursor}`);
      expect(reply.sessions.length).toBeLessThanOrEqual(2);
      found.push(...idsOf(reply));
      cursor = reply.next === null ? '' : `&cursor=${encodeURIComponent(reply.next)}`;
      await run(server);
    } while (cursor !== '');
    expect(found).toEqual([...ids].reverse());
  });

  it('leaves out totals and profiles when they are not wanted', async () => {
    const { server } = await fleet();
    const reply = await list(server, '?totals=false&profile=false');
    expect(reply).not.toHaveProperty('totals');
    expect(reply.sessions[0]).not.toHaveProperty('profile');
  });

  it('is an empty page with zeros when there is nothing', async () => {
    const reply = await list(await Harness.start());
    expect(reply).toMatchObject({ sessions: [], next: null, totals: { sessions: 0, crashed: 0 } });
  });

  it.each([
    ['outcome=bad', 'outcome is "bad"; expected one of healthy, errored, abnormal, crashed.'],
    ['lifecycle=x', 'lifecycle is "x"; expected one of'],
    ['liveness=x', 'liveness is "x"; expected one of'],
    ['cause=x', 'cause is "x"; expected one of'],
    ['hung=yes', 'hung is "yes"; expected true or false'],
    ['from=yesterday', 'from is "yesterday"; expected an RFC 3339 time'],
    ['to=x', 'to is "x"; expected'],
    ['state==1', 'state is "=1"; expected path=value'],
    ['id=', 'id is empty; expected a text of 1 to 36 characters'],
    ['product=', 'product is empty; expected'],
    ['version=', 'version is empty'],
    ['machine=', 'machine is empty'],
    ['hostname=', 'hostname is empty'],
    ['event=', 'event is empty'],
    ['exception=', 'exception is empty'],
    ['text=', 'text is empty'],
    ['sort=size', 'sort is "size"; expected one of created, updated'],
    ['order=down', 'order is "down"; expected one of asc, desc'],
    ['limit=0', 'limit is "0"; expected a whole number from 1 to 1000'],
    ['limit=5&limit=6', 'limit is given twice; expected one value'],
    ['cursor=nonsense', 'cursor'],
    ['totals=1', 'totals is "1"; expected true or false'],
    ['profile=1', 'profile is "1"; expected true or false'],
    ['colour=red', 'Unknown parameter "colour"; accepted: id, product'],
  ])('refuses %s', async (query, details) => {
    const server = await Harness.start();
    const answer = await server.ask(`/api/sessions?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json.code).toBe('invalid_field');
    expect(answer.json.details).toContain(details);
  });
});

describe('GET /api/sessions/{id}/summary', () => {
  async function summary(server: Harness, id: string | undefined): Promise<Json> {
    const answer = await server.ask(`/api/sessions/${id}/summary`);
    expect(answer.status).toBe(200);
    expectReply(routes.sessionSummary.reply.schema, answer.json);
    return answer.json;
  }

  it('counts the sessions that died of the same exception, by version', async () => {
    const { server, ids } = await fleet();
    expect((await summary(server, ids[1])).alike).toMatchObject({
      sentence: 'No other session of P died like this',
      others: 0,
      exception_type: 'KeyError',
    });
    await runs(server, 2, { version: '1.10', events: [error], ending: 'crash' });
    await run(server, {
      events: [{ ...error, exception_type: 'IOError' }],
      ending: 'crash',
    });
    await run(server, { product: 'Q', events: [error], ending: 'crash' });
    expect((await summary(server, ids[1])).alike).toMatchObject({
      sentence: '2 more died like this, all on 1.10',
      others: 2,
      versions: [{ version: '1.10', sessions: 3, first_seen: '2026-01-01T00:00:10.000Z' }],
    });
    await run(server, { version: '1.9', events: [error], ending: 'crash' });
    const { session, alike } = await summary(server, ids[1]);
    expect(session).toMatchObject({ id: ids[1], profile: { bucket_ms: expect.any(Number) } });
    expect(alike.sentence).toBe('3 more died like this, on 2 versions from 1.9 to 1.10');
    expect(alike.versions.map(({ version }: Json) => version)).toEqual(['1.9', '1.10']);
  });

  it('has nothing alike for a session that runs or ended well', async () => {
    const { server, ids } = await fleet();
    expect((await summary(server, ids[0])).alike).toBeNull();
    expect((await summary(server, ids[3])).alike).toBeNull();
  });

  it('is 404 when there is no such session', async () => {
    const server = await Harness.start();
    expect((await server.ask('/api/sessions/00000000-0000/summary')).status).toBe(404);
  });
});

describe('DELETE /api/sessions/{id}', () => {
  it('deletes a session from every answer', async () => {
    const { server, ids } = await fleet();
    const path = `/api/sessions/${ids[1]}`;
    const answer = await server.ask(path, { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 200, text: '{"success":true}\n' });
    expect((await server.ask(path)).status).toBe(404);
    expect(await list(server)).toMatchObject({ totals: { sessions: 3, crashed: 1 } });
    expect((await server.ask(path, { method: 'DELETE' })).json.code).toBe('session_not_found');
  });

  it('takes what is said about a deleted session for a session that is not there', async () => {
    const { server, ids } = await fleet();
    await server.ask(`/api/sessions/${ids[0]}`, { method: 'DELETE' });
    expect((await server.post(`/api/sessions/${ids[0]}/heartbeat`, {})).status).toBe(404);
  });
});
