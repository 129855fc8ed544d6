/** Releases over HTTP: their health, their adoption, and what differs between two of them. */
import { routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { expectReply, run, runs } from '../testing/fleet.ts';
import { Harness, type Json } from '../testing/harness.ts';

const keyError = {
  name: 'oops',
  level: 'error',
  exception_type: 'KeyError',
  exception_msg: 'lobby',
};
const ioError = { name: 'oops', level: 'error', exception_type: 'IOError', exception_msg: 'disk' };

/** Of P: 1.9 is well but for one hang, 1.10 dies a lot and is slow. Of Q: one that runs. */
async function fleet(): Promise<Harness> {
  const server = await Harness.start();
  const slow = (ms: number) => [{ name: 'response_time_ms', value: ms }];
  for (let i = 0; i < 9; i++) await run(server, { version: '1.9', metrics: slow(100 + i) });
  await run(server, { version: '1.9', ending: 'hang', events: [ioError] });
  for (let i = 0; i < 8; i++) {
    await run(server, {
      version: '1.10',
      ...{ ending: 'crash', events: [keyError], metrics: slow(200 + i) },
    });
  }
  await run(server, { version: '1.10' });
  await run(server, { product: 'Q', version: '0.1', ending: 'none' });
  return server;
}

async function ask(server: Harness, path: string, route: Json): Promise<Json> {
  const answer = await server.ask(path);
  expect(answer.status, answer.text).toBe(200);
  expectReply(route.reply.schema, answer.json);
  return answer.json;
}

const list = (server: Harness, query = ''): Promise<Json> =>
  ask(server, `/api/releases?${query}`, routes.listReleases);

const compare = (server: Harness, query: string): Promise<Json> =>
  ask(server, `/api/releases/compare?${query}`, routes.compareReleases);

describe('GET /api/releases', () => {
  it('gives each version of each product, the newest first', async () => {
    const { releases, left_out } = await list(await fleet());
    expect(left_out).toBe(0);
    expect(releases.map(({ version }: Json) => version)).toEqual(['0.1', '1.10', '1.9']);
    const [running, bad, good] = releases;
    expect(running).toMatchObject({
      product: 'Q',
      sessions: 1,
      active: 1,
      adoption: 1,
      causes: [],
    });
    expect(running.crash_free_rate).toMatchObject({ value: 1, high: 1 });
    expect(running.crash_free_rate.low).toBeCloseTo(0.2065, 4);
    expect(bad).toMatchObject({
      ...{ sessions: 9, crashed: 8, healthy: 1, abnormal: 0, errored: 0, hung: 0 },
      adoption: 9 / 19,
      first_seen: '2026-01-01T00:01:40.000Z',
      last_seen: '2026-01-01T00:03:10.000Z',
      causes: [{ kind: 'uncaught', sessions: 8 }],
      exceptions: [{ type: 'KeyError', message: 'lobby', sessions: 8 }],
    });
    expect(bad.crash_free_rate.value).toBeCloseTo(1 / 9, 12);
    expect(good).toMatchObject({ hung: 1, hang_free_rate: { value: 0.9 } });
    expect(good.exceptions[0]).toMatchObject({ type: 'IOError', sessions: 1 });
    expect(good).not.toHaveProperty('adoption_over_time');
  });

  it('keeps the share of all versions when only one is asked for', async () => {
    const { releases } = await list(await fleet(), 'version=1.9');
    expect(releases).toMatchObject([{ version: '1.9', adoption: 10 / 19 }]);
  });

  it('counts what the filter lets through', async () => {
    const { releases } = await list(await fleet(), 'outcome=crashed&from=2026-01-01T00:01:45Z');
    expect(releases).toMatchObject([
      { version: '1.10', sessions: 8, healthy: 0, crash_free_rate: { value: 0, low: 0 } },
    ]);
  });

  it('has the adoption over time when steps are asked for', async () => {
    const { releases } = await list(await fleet(), 'product=P&every=1m');
    expect(releases[1].adoption_over_time).toEqual([
      { from: '2026-01-01T00:00:00.000Z', sessions: 6, share: 1 },
      { from: '2026-01-01T00:01:00.000Z', sessions: 4, share: 4 / 6 },
    ]);
    expect(releases[0].adoption_over_time).toMatchObject([{ share: 2 / 6 }, {}, {}]);
  });

  it('says how many releases are beyond the limit', async () => {
    const { releases, left_out } = await list(await fleet(), 'limit=1');
    expect([releases.length, left_out]).toEqual([1, 2]);
  });

  it('is empty when there is nothing', async () => {
    expect(await list(await Harness.start())).toEqual({ releases: [], left_out: 0 });
  });

  it.each([
    ['every=1', 'every is "1"; expected a duration such as'],
    ['every=0s', 'every is "0s"; expected a duration such as'],
    ['limit=0', 'limit is "0"; expected a whole number from 1 to 1000'],
    ['outcome=x', 'outcome is "x"; expected one of'],
    ['cursor=x', 'Unknown parameter "cursor"'],
  ])('refuses %s', async (query, details) => {
    const answer = await (await Harness.start()).ask(`/api/releases?${query}`);
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid_field']);
    expect(answer.json.details).toContain(details);
  });
});

describe('GET /api/releases/compare', () => {
  it('tells what changed from one version to another', async () => {
    const reply = await compare(await fleet(), 'product=P&base=1.9&candidate=1.10');
    expect(reply).toMatchObject({
      product: 'P',
      base: { version: '1.9', sessions: 10, crashed: 1 },
      candidate: { version: '1.10', sessions: 9, crashed: 8 },
      worse: true,
      sessions_sampled: { base: 10, candidate: 9 },
    });
    const { crash_free_rate, hang_free_rate, causes, exceptions, metrics } = reply;
    expect(crash_free_rate.difference).toBeCloseTo(1 / 9 - 0.9, 12);
    expect(crash_free_rate).toMatchObject({ verdict: 'worse', base: { value: 0.9 } });
    expect(crash_free_rate.low).toBeLessThan(crash_free_rate.difference);
    expect(crash_free_rate.high).toBeLessThan(0);
    expect(hang_free_rate).toMatchObject({ verdict: 'same', p_value: 1 });
    expect(causes[0]).toMatchObject({
      ...{ kind: 'uncaught', base_sessions: 0, candidate_sessions: 8, verdict: 'worse' },
    });
    expect(exceptions.new).toMatchObject([{ type: 'KeyError', candidate_sessions: 8 }]);
    expect(exceptions.gone).toMatchObject([{ type: 'IOError', base_sessions: 1, verdict: 'same' }]);
    expect(metrics).toMatchObject([
      {
        name: 'response_time_ms',
        base: { sessions: 9, median: 104 },
        candidate: { sessions: 8, median: 203.5 },
        ...{ cliffs_delta: 1, better: 'lower', verdict: 'worse' },
      },
    ]);
    expect(reply).toMatchObject({ metrics_compared: 1, metrics_moved: 1 });
    expect(reply.findings[0].sentence).toBe('Sessions without a crash fell from 90 % to 11.1 %');
  });

  it('the other way round finds that all got better', async () => {
    const reply = await compare(await fleet(), 'product=P&base=1.10&candidate=1.9');
    expect(reply.worse).toBe(false);
    expect(new Set(reply.findings.map(({ verdict }: Json) => verdict))).toEqual(
      new Set(['better']),
    );
  });

  it('knows nothing of a version that nobody ran', async () => {
    const reply = await compare(await fleet(), 'product=P&base=1.9&candidate=7');
    expect(reply).toMatchObject({
      candidate: null,
      crash_free_rate: { candidate: null, difference: null, p_value: null, verdict: 'unknown' },
      ...{ findings: [], worse: false, metrics: [] },
    });
    expect(reply.base).toMatchObject({ sessions: 10 });
  });

  it('proves nothing with a single session on either side', async () => {
    const server = await Harness.start();
    await runs(server, 1, { version: '1', metrics: [{ name: 'm', value: 1 }] });
    await runs(server, 1, { version: '2', ending: 'crash', metrics: [{ name: 'm', value: 9 }] });
    const reply = await compare(server, 'product=P&base=1&candidate=2');
    expect(reply).toMatchObject({ findings: [], worse: false, metrics_compared: 0 });
    expect(reply.crash_free_rate).toMatchObject({ difference: -1, p_value: 1, verdict: 'same' });
  });

  it.each([
    ['product=P&base=1', 'candidate is missing; expected a text of 1 to 200 characters'],
    ['base=1&candidate=2', 'product is missing'],
    ['product=P&candidate=2', 'base is missing'],
    ['product=P&base=1&candidate=1', 'candidate is the same version as base'],
    ['product=P&base=1&candidate=2&sessions=0', 'sessions is "0"; expected a whole number'],
    ['product=P&base=1&candidate=2&limit=x', 'limit is "x"; expected a whole number'],
    ['product=P&base=1&candidate=2&version=1', 'Unknown parameter "version"'],
  ])('refuses %s', async (query, details) => {
    const answer = await (await Harness.start()).ask(`/api/releases/compare?${query}`);
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid_field']);
    expect(answer.json.details).toContain(details);
  });
});
