/** ClickHouse killed, restarted, paused and doubled: what was acknowledged stays. */
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from './client.ts';
import { type ClickHouse, type ClickHouseOptions, startClickHouse } from './running.ts';

async function start(options: ClickHouseOptions = {}): Promise<ClickHouse> {
  const clickhouse = await startClickHouse(options);
  onTestFinished(async () => void (await clickhouse.kill()));
  return clickhouse;
}

async function makeTable(client: ClickHouseClient): Promise<void> {
  await client.command({
    query: `CREATE TABLE reading (batch UInt32, id UInt32) ENGINE = MergeTree ORDER BY (batch, id)
      SETTINGS non_replicated_deduplication_window = 10000`,
  });
}

async function insertBatch(client: ClickHouseClient, batch: number, rows = 500): Promise<void> {
  const bytes = Buffer.alloc(rows * 8);
  for (let id = 0; id < rows; id++) {
    bytes.writeUInt32LE(batch, id * 8);
    bytes.writeUInt32LE(id, id * 8 + 4);
  }
  const { stream } = await client.exec({
    query: 'INSERT INTO reading FORMAT RowBinary',
    values: Readable.from([bytes], { objectMode: false }),
    clickhouse_settings: { insert_deduplication_token: `batch-${batch}` },
  });
  stream.resume();
}

/** Rows by batch. */
async function batchesOf(client: ClickHouseClient): Promise<Map<number, number>> {
  const result = await client.query({
    query: 'SELECT batch, toUInt32(count()) AS rows FROM reading GROUP BY batch',
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ batch: number; rows: number }>();
  return new Map(rows.map((row) => [row.batch, row.rows]));
}

it('loses nothing acknowledged when it is killed in the middle of inserts, and retries count once', async () => {
  const clickhouse = await start();
  const client = connect(clickhouse.url);
  await makeTable(client);
  const acknowledged = new Set<number>();
  let next = 0;
  const insertUntilItFails = async (): Promise<void> => {
    for (;;) {
      const batch = next++;
      await insertBatch(client, batch);
      acknowledged.add(batch);
    }
  };
  for (let round = 1; round <= 3; round++) {
    const writers = [1, 2, 3, 4].map(() => insertUntilItFails().catch((error) => error));
    await expect.poll(() => acknowledged.size, { timeout: 30_000 }).toBeGreaterThan(round * 20);
    await clickhouse.kill();
    await Promise.all(writers);
    await clickhouse.start();
    const stored = await batchesOf(client);
    for (const batch of acknowledged) expect([batch, stored.get(batch)]).toEqual([batch, 500]);
    for (const rows of stored.values()) expect(rows).toBe(500);
    // Whether those without an answer are there is not known: they are sent again.
    for (let batch = 0; batch < next; batch++) {
      if (acknowledged.has(batch)) continue;
      await insertBatch(client, batch);
      acknowledged.add(batch);
    }
  }
  const stored = await batchesOf(client);
  expect([...stored.values()].every((rows) => rows === 500)).toBe(true);
  expect(stored.size).toBe(next);
});

it('ends well on SIGTERM: what runs is answered first', async () => {
  const clickhouse = await start();
  const client = connect(clickhouse.url);
  await makeTable(client);
  await insertBatch(client, 1);
  const slow = client.query({ query: 'SELECT sleep(1) AS x', format: 'JSONEachRow' });
  await expect
    .poll(async () => {
      const text = "SELECT 1 FROM system.processes WHERE query LIKE '%sleep(1)%INTO OUTFILE%'";
      const result = await client.query({ query: text, format: 'CSV' });
      return (await result.text()).length;
    })
    .toBeGreaterThan(2);
  const ended = clickhouse.stop();
  expect(await (await slow).json()).toEqual([{ x: 0 }]);
  expect(await ended).toEqual({ code: 0, signal: null });
  await clickhouse.start();
  expect(await batchesOf(client)).toEqual(new Map([[1, 500]]));
});

it('runs beside another one, but not in the same directory', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  const clients = [connect(one.url), connect(two.url)] as const;
  for (const client of clients) await makeTable(client);
  await insertBatch(clients[0], 1, 10);
  await insertBatch(clients[1], 2, 20);
  expect(await batchesOf(clients[0])).toEqual(new Map([[1, 10]]));
  expect(await batchesOf(clients[1])).toEqual(new Map([[2, 20]]));
  await expect(startClickHouse({ dataDir: one.dataDir })).rejects.toThrow(/Cannot lock file/);
});

it('hangs while it is paused, and goes on', async () => {
  const clickhouse = await start();
  const client = connect(clickhouse.url, { request_timeout: 500 });
  clickhouse.pause();
  await expect(client.query({ query: 'SELECT 1' })).rejects.toThrow(/[Tt]imeout/);
  clickhouse.resume();
  await expect.poll(() => client.ping().then(({ success }) => success)).toBe(true);
});

it('lets nobody in but its user, when it has one', async () => {
  const clickhouse = await start({ user: { name: 'tacho', password: 'secret' } });
  const stranger = connect(clickhouse.url, { username: 'tacho', password: 'guess' });
  await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '516' });
  const user = connect(clickhouse.url, { username: 'tacho', password: 'secret' });
  expect(await (await user.query({ query: 'SELECT 1', format: 'CSV' })).text()).toBe('1\n');
});

it('is a cluster of one, with macros and distributed tables', async () => {
  const clickhouse = await start({ cluster: 'tacho' });
  const client = connect(clickhouse.url);
  await makeTable(client);
  await client.command({
    query: `CREATE TABLE everywhere AS reading
      ENGINE = Distributed('{cluster}', currentDatabase(), reading, sipHash64(batch))`,
  });
  await client.command({
    query: 'INSERT INTO everywhere VALUES (1, 1), (2, 2)',
    clickhouse_settings: { distributed_foreground_insert: 1 },
  });
  expect(await batchesOf(client)).toEqual(new Map([1, 2].map((batch) => [batch, 1])));
  const result = await client.query({ query: 'SELECT count() FROM everywhere', format: 'CSV' });
  expect(await result.text()).toBe('2\n');
});
