/** Stores on ClickHouse for tests: several of them on one database are several servers. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { openClickhouse } from '../../packages/server/src/store/clickhouse/clickhouse.ts';
import {
  StoreBench,
  startUs,
  suspendedAfterUs,
} from '../../packages/server/src/store/contract/harness.ts';
import type { ClickHouse } from './running.ts';

/** The address of a fresh database over these engines, each of them a shard. */
export function freshAddress(...shards: readonly ClickHouse[]): string {
  const hosts = shards.map(({ url }) => new URL(url).host).join(',');
  return `clickhouse://${hosts}/t_${randomUUID().replaceAll('-', '')}`;
}

/** Servers on one database, with one clock; they are closed when the test has ended. */
export async function openServers(address: string, count: number): Promise<StoreBench[]> {
  const time = { nowUs: startUs };
  return Promise.all(Array.from({ length: count }, () => openServer(address, time)));
}

/** One more server. */
export async function openServer(address: string, time: { nowUs: number }): Promise<StoreBench> {
  const bench = await StoreBench.open(
    async (options) => {
      const log = pino({ level: 'silent' });
      return { store: await openClickhouse({ ...options, url: address, log }) };
    },
    { suspendedAfterUs },
    time,
  );
  onTestFinished(() => bench.store.close());
  return bench;
}
