/** Questions about many sessions: lists, pages, state, text, releases; each beside plain SQL on the same file. */
import type { Server } from '../../test/whole/server.ts';
import type { Row } from '../report.ts';
import { ask, medianHere, medianOf } from './ask.ts';
import type { Baseline } from './baseline.ts';
import { commonWord, rareState, rareWord } from './field.ts';

/** Filters and sorts of every kind; the worst of them counts. */
const lists = [
  '',
  'sort=updated',
  'sort=duration&order=asc',
  'sort=errors',
  'product=emberline&sort=samples',
  'product=till&version=2.1.0',
  'outcome=crashed',
  'outcome=crashed&outcome=abnormal&sort=duration',
  'hung=true&product=atlas&sort=events',
  'lifecycle=active&sort=version',
  'cause=killed_while_hung&sort=product&order=asc',
  'machine=machine-77&sort=machine',
  'from=-7d&to=-6d&sort=errors',
  'from=-7d&outcome=errored&product=emberline&version=2.0.0&sort=duration',
] as const;

/** The rows of this part. */
export async function listRows(server: Server, baseline: Baseline, rounds: number): Promise<Row[]> {
  const bench = 'query';
  const sql = (body: () => void): string => `plain SQL ${medianHere(3, body).toFixed(1)} ms`;
  const worst = await worstOf(
    server,
    rounds,
    lists.map((query) => `/api/sessions?${query}`),
  );
  const pages = await pageTimes(server, rounds);
  const state = (query: string) => `/api/sessions?state=${encodeURIComponent(query)}`;
  const states = await worstOf(server, rounds, [
    state(rareState),
    state('players>60'),
    state('memory_mb<100'),
    state('scene=boss'),
    state('settings.quality!=low'),
  ]);
  const texts = await worstOf(server, rounds, [
    `/api/events?text=${rareWord}`,
    `/api/events?text=${commonWord}`,
    `/api/events?text=${commonWord}+ba`,
    `/api/events?text=job+range`,
  ]);
  return [
    {
      ...{ bench, name: 'sessions, first page of any list', unit: 'ms', atMost: 5 },
      value: worst.ms,
      note: `worst of ${lists.length}: ${worst.path}; ${sql(() => baseline.list())}`,
    },
    {
      ...{ bench, name: 'sessions, any page', unit: 'ms', atMost: 10 },
      value: pages.ms,
      note: `worst of ${pages.count} pages; ${sql(() => baseline.deepPage())}`,
    },
    {
      ...{ bench, name: 'sessions, the largest page', unit: 'ms' },
      value: await medianOf(server, rounds, () => '/api/sessions?limit=1000'),
      note: '1,000 rows with their profiles',
    },
    {
      ...{ bench, name: 'sessions by state', unit: 'ms', atMost: 10 },
      value: states.ms,
      note: `worst of 5: ${states.path}; ${sql(() => baseline.state())}`,
    },
    {
      ...{ bench, name: 'text search, first page', unit: 'ms', atMost: 5 },
      value: texts.ms,
      note: `worst of 4: ${texts.path}; ${sql(() => baseline.text(rareWord))}`,
    },
    {
      ...{ bench, name: 'release health', unit: 'ms', atMost: 20 },
      value: await medianOf(server, rounds, () => '/api/releases'),
      note: sql(() => baseline.releases()),
    },
  ];
}

async function worstOf(
  server: Server,
  rounds: number,
  paths: readonly string[],
): Promise<{ ms: number; path: string }> {
  let worst = { ms: 0, path: '' };
  for (const path of paths) {
    const ms = await medianOf(server, rounds, () => path);
    if (ms > worst.ms) worst = { ms, path: decodeURIComponent(path) };
  }
  return worst;
}

/** Walks several lists page by page; the slowest page counts, each at its better time of two. */
async function pageTimes(server: Server, pages: number): Promise<{ ms: number; count: number }> {
  let worstMs = 0;
  let count = 0;
  for (const query of ['', 'sort=duration', 'product=emberline&sort=errors', 'sort=version']) {
    let cursor = '';
    for (let page = 0; page < pages; page++) {
      const path = `/api/sessions?totals=false&${query}${cursor}`;
      const first = await ask(server, path);
      const again = await ask(server, path);
      worstMs = Math.max(worstMs, Math.min(first.tookMs, again.tookMs));
      count += 1;
      const { next } = first.json as { next: string | null };
      if (next === null) break;
      cursor = `&cursor=${encodeURIComponent(next)}`;
    }
  }
  return { ms: worstMs, count };
}
