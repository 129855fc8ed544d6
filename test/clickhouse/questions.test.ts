/** Every question of the API, asked of a server on SQLite and of one on ClickHouse that has the same sessions. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runTacho } from '../whole/cli.ts';
import { closeConnections } from '../whole/http.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { differingAnswers } from './answers.ts';
import {
  type Asked,
  aggregateQuestions,
  groupQuestions,
  type Known,
  knownOf,
  listQuestions,
  sampleQuestions,
  searchQuestions,
  sessionQuestions,
} from './ask-all.ts';
import { type ClickHouse, startClickHouse } from './running.ts';
import { freshAddress } from './stores.ts';

/** Both are asked at slightly different times: nothing is to happen in between. */
const still = ['--lost-after-seconds', '2000000', '--sweep-interval-seconds', '2000000'];

let clickhouse: ClickHouse;
let servers: Server[] = [];
let known: Known;

beforeAll(async () => {
  clickhouse = await startClickHouse();
  const dataDir = join(temporaryDirectory(), 'week');
  const address = freshAddress(clickhouse);
  const until = new Date(Date.now() - 20 * 60_000).toISOString();
  for (const args of [
    ['demo', '--data', dataDir, '--sessions', '100', '--seed', '7', '--until', until],
    ['migrate', '--from', `sqlite:${dataDir}`, '--to', address],
  ]) {
    const said = await runTacho(args, { timeoutMs: 240_000 });
    expect(said).toMatchObject({ code: 0, stderr: '' });
  }
  servers = await Promise.all([
    startServer({ dataDir, args: still }),
    startServer({ args: [...still, '--store', address] }),
  ]);
  known = await knownOf(servers[0]!.url);
}, 300_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await clickhouse.stop();
  closeConnections();
});

/** What was answered differently, some questions at a time. */
async function differing(asked: readonly Asked[]): Promise<string[]> {
  const urls: [string, string] = [servers[0]!.url, servers[1]!.url];
  const found: string[] = [];
  const rest = [...asked];
  const askOn = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      found.push(...(await differingAnswers(urls, ...next)));
    }
  };
  await Promise.all([askOn(), askOn(), askOn()]);
  return found;
}

it('lists of sessions by every order and filter, page by page', async () => {
  expect(known.ids).toHaveLength(100);
  expect(await differing(listQuestions(known))).toEqual([]);
});

it('groups, facets and releases', async () => {
  expect(await differing(groupQuestions(known))).toEqual([]);
});

it('events, exceptions and metrics of many sessions', async () => {
  expect(known.groups.length).toBeGreaterThan(3);
  expect(await differing(searchQuestions(known))).toEqual([]);
});

it('aggregates of every metric', async () => {
  expect(known.metrics.length).toBeGreaterThan(10);
  expect(await differing(aggregateQuestions(known))).toEqual([]);
});

it('what sessions recorded: events, states, timelines, and how they ended', async () => {
  expect(known.some.length).toBeGreaterThan(5);
  expect(await differing(known.some.slice(1, 4).flatMap(sessionQuestions))).toEqual([]);
});

it('samples of sessions: summaries, charts, and as they were recorded', async () => {
  const asked = known.some.slice(1, 5).flatMap((one) => sampleQuestions(one, known.metrics));
  expect(await differing(asked)).toEqual([]);
});
