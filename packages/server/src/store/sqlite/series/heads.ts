/** What the chunks of a series say of themselves, kept in memory while they stay as they are. */
import { decodeSummaryHead, type SummaryHead } from '../codec/summary.ts';
import type { Database, Statement } from '../database.ts';

/** A chunk without its samples. */
export interface ChunkHead {
  ordinal: number;
  n: number;
  tMinUs: number;
  tMaxUs: number;
  /** Undefined when the blob is damaged. */
  summary: SummaryHead | undefined;
}

/** Heads kept, at about 200 bytes each. */
const headsMax = 32_768;

type HeadRow = [ordinal: number, n: number, tMin: number, tMax: number, summary: Uint8Array];

/** Only the last chunk of a series ever changes, so whatever was read before the last one holds. */
export class HeadCache {
  /** By series; the one used last comes last. */
  readonly #known = new Map<number, ChunkHead[]>();
  readonly #last: Statement;
  readonly #from: Statement;
  #size = 0;

  constructor(db: Database) {
    this.#last = db.prepare(
      'SELECT ordinal, n FROM chunk WHERE series = ? ORDER BY ordinal DESC LIMIT 1',
    );
    this.#from = db.prepare(
      `SELECT ordinal, n, t_min, t_max, summary FROM chunk WHERE series = ? AND ordinal >= ?
       ORDER BY ordinal`,
    );
    // Rows as arrays are read in two thirds of the time.
    this.#from.setReturnArrays(true);
  }

  /** The chunks of a series in order of arrival; not to be changed. */
  of(series: number): readonly ChunkHead[] {
    const known = this.#known.get(series) ?? [];
    this.#known.delete(series);
    this.#size -= known.length;
    const heads = this.#current(series, known);
    this.#known.set(series, heads);
    this.#size += heads.length;
    this.#evict();
    return heads;
  }

  #current(series: number, known: ChunkHead[]): ChunkHead[] {
    const before = known.at(-1);
    if (before === undefined) return this.#read(series, 0);
    const last = this.#last.get(series) as { ordinal: number; n: number } | undefined;
    if (last === undefined || last.ordinal < before.ordinal) return this.#read(series, 0);
    if (last.ordinal === before.ordinal && last.n === before.n) return known;
    const kept = known.slice(0, -1);
    return [...kept, ...this.#read(series, before.ordinal)];
  }

  #read(series: number, fromOrdinal: number): ChunkHead[] {
    const rows = this.#from.all(series, fromOrdinal) as unknown as HeadRow[];
    return rows.map(([ordinal, n, tMinUs, tMaxUs, summary]) => ({
      ordinal,
      n,
      tMinUs,
      tMaxUs,
      summary: headOf(summary),
    }));
  }

  #evict(): void {
    for (const [series, heads] of this.#known) {
      if (this.#size <= headsMax || this.#known.size === 1) return;
      this.#known.delete(series);
      this.#size -= heads.length;
    }
  }
}

/** A chunk with a damaged summary is still a chunk: its samples say the same. */
function headOf(summary: Uint8Array): SummaryHead | undefined {
  try {
    return decodeSummaryHead(summary);
  } catch {
    return undefined;
  }
}
