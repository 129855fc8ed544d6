/** The server's own figures: promtool accepts them, and they add up in every scrape. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { type Server, startServer } from './server.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});

async function start(): Promise<Server> {
  const server = await startServer();
  running.push(server);
  return server;
}

async function post(url: string, path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Path of promtool; undefined where it cannot be had. */
function promtool(): string | undefined {
  const script = fileURLToPath(new URL('../../scripts/promtool.sh', import.meta.url));
  const { status, stdout } = spawnSync(script, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout.trim() : undefined;
}

interface Family {
  type: string;
  samples: { name: string; labels: string; value: number }[];
}

/** Reads the text strictly: HELP, TYPE and samples of one family after the other, and nothing else. */
function read(text: string): Map<string, Family> {
  expect(text.endsWith('\n')).toBe(true);
  const families = new Map<string, Family>();
  let help = '';
  let current: [string, Family] | undefined;
  for (const line of text.trim().split('\n')) {
    const comment = /^# (HELP|TYPE) (tacho_[a-z0-9_]+) (\S.*)$/.exec(line);
    if (comment?.[1] === 'HELP') {
      help = comment[2]!;
    } else if (comment?.[1] === 'TYPE') {
      const [, , name, type] = comment as unknown as [string, string, string, string];
      expect(name, line).toBe(help);
      expect(families.has(name), line).toBe(false);
      expect(['counter', 'gauge', 'histogram'], line).toContain(type);
      expect(name.endsWith('_total'), line).toBe(type === 'counter');
      current = [name, { type, samples: [] }];
      families.set(...current);
    } else if (line !== '') {
      const sample = /^(\w+)(\{(?:\w+="[^"\\\n]*",?)*\})? (-?[0-9.e+-]+|\+Inf|NaN)$/.exec(line);
      expect(sample, line).not.toBeNull();
      const [, name = '', labels = '', value] = sample!;
      const suffix = name.slice(current![0].length);
      const isHistogram = current![1].type === 'histogram';
      expect(isHistogram ? ['_bucket', '_sum', '_count'] : [''], line).toContain(suffix);
      current![1].samples.push({ name, labels, value: Number(value) });
    }
  }
  return families;
}

const sum = (family?: Family): number =>
  (family?.samples ?? []).reduce((total, { value }) => total + value, 0);

it('is text that Prometheus accepts, with what was accepted, refused and written', async () => {
  const server = await start();
  const id = '550e8400-e29b-41d4-a716-446655440000';
  await post(server.url, '/api/sessions', { id, product: 'P', version: '1' });
  for (let i = 0; i < 20; i++) {
    await post(server.url, `/api/sessions/${id}/metrics`, { name: 'm', value: i });
  }
  await post(server.url, `/api/sessions/${id}/metrics`, [{ name: 'm', value: 1 }, { value: 2 }]);
  await post(server.url, '/api/sessions/12345678/end', undefined);
  const answer = await fetch(`${server.url}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  const tool = promtool();
  if (tool === undefined) console.warn('promtool cannot be had here; checked by our own reader');
  else {
    const { status, stdout, stderr } = spawnSync(tool, ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  }
  const families = read(text);
  const figure = (name: string) => sum(families.get(`tacho_${name}`));
  expect(figure('entries_stored_total')).toBe(22);
  expect(text).toContain('tacho_entries_dropped_total{reason="invalid_field"} 1');
  expect(text).toContain('tacho_requests_total{class="2xx"} 22');
  expect(text).toContain('tacho_requests_total{class="4xx"} 1');
  const { samples } = families.get('tacho_commit_duration_seconds')!;
  const [buckets, rest] = [samples.slice(0, -2), samples.slice(-2)];
  expect(buckets.at(-1)).toMatchObject({ labels: '{le="+Inf"}', value: 22 });
  for (const [i, { value }] of buckets.entries()) {
    expect(value).toBeGreaterThanOrEqual(buckets[i - 1]?.value ?? 0);
  }
  expect(rest[0]?.value).toBeGreaterThan(0);
  expect(rest[1]?.value).toBe(22);
  for (const file of ['database', 'journal']) expect(text).toContain(`{file="${file}"}`);
  for (const name of ['disk_free_bytes', 'process_resident_memory_bytes', 'build_info']) {
    expect(figure(name), name).toBeGreaterThan(0);
  }
});

it('adds up in every scrape while much is written', async () => {
  const server = await start();
  const id = '550e8400-e29b-41d4-a716-446655440000';
  await post(server.url, '/api/sessions', { id, product: 'P', version: '1' });
  const batch = Array.from({ length: 300 }, (_, i) =>
    i % 10 === 0 ? {} : { name: 'm', value: i },
  );
  let isWriting = true;
  const writers = Array.from({ length: 4 }, async () => {
    while (isWriting) await (await post(server.url, `/api/sessions/${id}/metrics`, batch)).text();
  });
  let [seen, before] = [0, 0];
  for (let i = 0; i < 40; i++) {
    const scrapes = await Promise.all([1, 2].map(() => fetch(`${server.url}/metrics`)));
    for (const scrape of scrapes) {
      const families = read(await scrape.text());
      const value = (name: string) => sum(families.get(`tacho_entries_${name}`));
      const accepted = value('accepted_total');
      expect(accepted).toBe(value('stored_total') + value('pending') + value('dropped_total'));
      seen = Math.max(seen, accepted);
      before ||= accepted;
    }
  }
  isWriting = false;
  await Promise.all(writers);
  expect(seen).toBeGreaterThan(before);
});
