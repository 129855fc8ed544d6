/** What is kept of each product in ClickHouse. */
import { compareTexts } from '@tacho/protocol';
import type { ProductUse, StoreUse } from '../store.ts';
import type { Shard } from './connection.ts';

interface UseRow {
  p: string;
  sessions: number;
  events_all: number;
  patches_all: number;
  samples_all: number;
  oldest_us: number;
  newest_us: number;
}

/** Answers `StorageQuestions.storage`; bytes of samples are those of the log, by number of samples. */
export async function storageOf(shards: readonly Shard[]): Promise<StoreUse> {
  const products = new Map<string, ProductUse>();
  const [rows, bytes] = await Promise.all([
    Promise.all(
      shards.map((shard) =>
        shard.rows<UseRow>(
          `SELECT toString(product) AS p, count() AS sessions, sum(events) AS events_all,
             sum(patches) AS patches_all, sum(samples) AS samples_all,
             min(created_us) AS oldest_us, max(created_us) AS newest_us
           FROM head FINAL WHERE NOT gone GROUP BY p`,
        ),
      ),
    ),
    Promise.all(
      shards.map((shard) =>
        shard.rows<{ bytes: number; n: number }>(
          `SELECT sum(data_compressed_bytes) AS bytes, sum(rows) AS n FROM system.parts
           WHERE active AND database = currentDatabase() AND table = 'entry'`,
        ),
      ),
    ),
  ]);
  const total = bytes.flat().reduce((sum, row) => sum + row.bytes, 0);
  const entries = bytes.flat().reduce((sum, row) => sum + row.n, 0);
  for (const row of rows.flat()) {
    const known = products.get(row.p);
    const samples = row.samples_all + (known?.samples ?? 0);
    products.set(row.p, {
      product: row.p,
      sessions: row.sessions + (known?.sessions ?? 0),
      events: row.events_all + (known?.events ?? 0),
      patches: row.patches_all + (known?.patches ?? 0),
      samples,
      sampleBytes: entries === 0 ? 0 : Math.round((total / entries) * samples),
      oldestUs: Math.min(row.oldest_us, known?.oldestUs ?? Infinity),
      newestUs: Math.max(row.newest_us, known?.newestUs ?? -Infinity),
    });
  }
  return {
    engine: 'clickhouse',
    products: [...products.values()].sort(
      (a, b) => b.sessions - a.sessions || compareTexts(a.product, b.product),
    ),
    isEstimated: true,
  };
}
