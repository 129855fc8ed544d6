/** What `deploy/` and docs/scaling.md say to ClickHouse, the real engine understands, though it cannot do all of it. */
import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { textOf, yamlFile } from '../deploy/files.ts';
import { type ClickHouse, startClickHouse } from './running.ts';

const { users, profiles } = yamlFile('deploy/clickhouse/users.yaml');
const logs = Object.entries<{ ttl?: string; partition_by?: string }>(
  yamlFile('deploy/clickhouse/server.yaml'),
).filter(([, { ttl }]) => ttl !== undefined);

const statements = [
  ...[...textOf('docs/scaling.md').matchAll(/^(BACKUP|RESTORE|SELECT)[^`]*?(?=\n```)/gm)],
  ...[...textOf('docs/scaling.md').matchAll(/(?<=^clickhouse-client -q ").*(?="$)/gm)],
]
  .map(([statement]) => statement)
  .concat(users.tacho.grants.map(({ query }: { query: string }) => `${query} TO tacho`));

let clickhouse: ClickHouse;
beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse?.stop());

async function ask(query: string, settings: Record<string, string> = {}, q = '') {
  const client = createClient({ url: clickhouse.url });
  try {
    const answer = await client.query({
      query,
      query_params: { q },
      clickhouse_settings: settings,
      format: 'JSONEachRow',
    });
    return await answer.json();
  } finally {
    await client.close();
  }
}

it('there is something to understand', () => {
  expect(statements.length).toBeGreaterThan(10);
  expect(logs.length).toBeGreaterThan(10);
});

it.each(statements)('%s', async (statement) => {
  expect(await ask('SELECT formatQuery({q:String})', {}, statement)).toHaveLength(1);
});

it.each(Object.entries(profiles.tacho))('the setting %s may be %s', async (name, value) => {
  expect(await ask('SELECT 1', { [name]: String(value) })).toHaveLength(1);
});

it.each(logs)('the TTL and the partitions of %s', async (_name, { ttl, partition_by }) => {
  const made = `CREATE TABLE x (event_date Date) ENGINE = MergeTree PARTITION BY ${partition_by} ORDER BY event_date TTL ${ttl}`;
  expect(await ask('SELECT formatQuery({q:String})', {}, made)).toHaveLength(1);
});
