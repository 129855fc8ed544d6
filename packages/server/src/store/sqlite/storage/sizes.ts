/** What only the tables know of each product: its patches, and how large its sealed samples are. */
import { openReader } from '../database.ts';

/** Sizes by product. */
export interface ProductSizes {
  patches: Map<string, number>;
  chunks: Map<string, ChunkSizes>;
  /** Whether `chunks` are some of the chunks only. */
  isSample: boolean;
  /** Bytes of the file that are free for what comes next. */
  reusableBytes: number;
}

/** Sizes of chunks. */
export interface ChunkSizes {
  samples: number;
  bytes: number;
}

/** How much is looked at. */
interface SizeBounds {
  /** Up to here every chunk is measured: 20,000 of them take a few tenths of a second. */
  chunksMax: number;
  /** Of more chunks, so many are measured, evenly spaced by their numbers. */
  probes: number;
}

const bounds: SizeBounds = { chunksMax: 20_000, probes: 2_000 };

/** Reads the sizes of a database, at one moment of it. */
export function productSizes(file: string, { chunksMax, probes } = bounds): ProductSizes {
  const db = openReader(file);
  // A connection whose statements are still around lives on after its end, and what it has begun
  // would keep the log from being emptied.
  db.exec('BEGIN');
  try {
    const value = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0]);
    const patches = db.prepare(patchesSql).all() as { product: string; patches: number }[];
    const first = value('SELECT coalesce(min(id), 0) FROM chunk');
    const last = value('SELECT coalesce(max(id), 0) FROM chunk');
    // Numbers have holes where chunks were deleted, so this is the most that there can be.
    const isSample = last - first >= chunksMax;
    const chunks = new Map<string, ChunkSizes>();
    const add = (found: unknown): void => {
      const { product, samples, bytes } = found as ChunkSizes & { product: string };
      const sum = chunks.get(product) ?? { samples: 0, bytes: 0 };
      chunks.set(product, { samples: sum.samples + samples, bytes: sum.bytes + bytes });
    };
    if (isSample) {
      const next = db.prepare(`${chunkSql} WHERE c.id >= ? ORDER BY c.id LIMIT 1`);
      for (let i = 0; i < probes; i++) {
        const row = next.get(first + Math.floor(((last - first) * (i + 0.5)) / probes));
        if (row) add(row);
      }
    } else for (const row of db.prepare(chunkSql).iterate()) add(row);
    return {
      patches: new Map(patches.map((row) => [row.product, row.patches])),
      chunks,
      isSample,
      reusableBytes: value('PRAGMA freelist_count') * value('PRAGMA page_size'),
    };
  } finally {
    db.exec('COMMIT');
    db.close();
  }
}

const patchesSql = `
  SELECT s.product AS product, sum(t.patches) AS patches
  FROM session s JOIN status t ON t.session = s.no GROUP BY s.product`;

/**
 * Chunks with the products that they belong to. Series that were sampled together share their times,
 * and each has its part of them. Chunks of deleted sessions belong to nobody.
 */
const chunkSql = `
  SELECT s.product AS product, c.n AS samples,
    length(c.summary) + length(c.data) + coalesce(length(c.details), 0)
      + coalesce(1.0 * length(t.data) / t.refs, 0) AS bytes
  FROM chunk c
    CROSS JOIN series e ON e.no = c.series
    CROSS JOIN session s ON s.no = e.session
    LEFT JOIN times t ON t.id = c.times`;
