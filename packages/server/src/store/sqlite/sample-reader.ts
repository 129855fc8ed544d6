/** The samples of one session in order, from chunks and journal, decoded when their turn comes. */

import type { SampleRows } from '../store.ts';
import { decodeDetails } from './codec/details.ts';
import { decodeTimes } from './codec/times.ts';
import { decodeValues } from './codec/values.ts';
import type { Database, Statement } from './database.ts';
import type { Block } from './frame.ts';
import { type Gathered, gather } from './gather.ts';
import type { JournalIndex } from './journal-index.ts';
import { mergeRuns, type Part, type Piece, type SeriesPieces } from './merge-runs.ts';
import type { Damage } from './writer.ts';

/** A row of table series. */
export interface SeriesRow {
  no: number;
  local: number;
  key: string;
}

/** Samples of one page. */
const pageRows = 8_192;

/** Opens merged readings of sessions. */
export class SampleReader {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #journal: JournalIndex;
  readonly #onDamage: (damage: Damage) => void;

  constructor(db: Database, journal: JournalIndex, onDamage: (damage: Damage) => void) {
    this.#sql = prepareAll(db);
    this.#journal = journal;
    this.#onDamage = onDamage;
  }

  /** All samples of a session; to be called in the transaction that refreshed the journal's index. */
  open(no: number, id: string, series: SeriesRow[]): Generator<Omit<SampleRows, 'keys'>> {
    const unsealed = new Map(this.unsealed(no).map((one) => [one.series, one]));
    const all = series.map<SeriesPieces>((row) => {
      const pieces = this.#chunks(row, id);
      const tail = unsealed.get(row.no);
      if (tail) pieces.push(tailPiece(tail));
      return { series: row.local, pieces };
    });
    return mergeRuns(all, pageRows) as Generator<Omit<SampleRows, 'keys'>>;
  }

  /** The unsealed samples of a session by series, each in order; the same condition holds. */
  unsealed(no: number): Gathered[] {
    const seal = this.#sql.seal.get() as { upto: number; session: number; series: number };
    const damages: Damage[] = [];
    const halfSealed: Block[] = [];
    const blocks: Block[] = [];
    for (const { id, touch } of this.#journal.of(no)) {
      if (touch.samples === 0) continue;
      if (id > seal.upto) blocks.push(...this.#journal.blocks(id, damages));
      else if (no === seal.session) halfSealed.push(...this.#journal.blocks(id, damages));
      else if (no > seal.session) blocks.push(...this.#journal.blocks(id, damages));
    }
    for (const damage of damages) this.#onDamage(damage);
    if (halfSealed.length === 0) return gather(blocks, () => true, no);
    // Sealing stands in the middle of this session: of the range, only the later series are unsealed.
    const unsealed = gather(halfSealed, (_session, series) => series > seal.series, no);
    return joinGathered(
      unsealed,
      gather(blocks, () => true, no),
    );
  }

  #chunks({ no }: SeriesRow, id: string): Piece[] {
    const rows = this.#sql.chunks.all(no) as {
      ordinal: number;
      n: number;
      t_min: number;
      t_max: number;
    }[];
    return rows.map(({ ordinal, n, t_min, t_max }) => ({
      tMinUs: t_min,
      tMaxUs: t_max,
      load: () => this.#load(no, ordinal, n, id),
    }));
  }

  /** The first `n` samples of a chunk: it may have been continued since, but never changes before. */
  #load(series: number, ordinal: number, n: number, id: string): Part | undefined {
    try {
      const row = this.#sql.chunk.get(series, ordinal) as
        | { times: Uint8Array; data: Uint8Array; details: Uint8Array | null }
        | undefined;
      // The session was deleted meanwhile.
      if (!row) return undefined;
      const details = row.details ? decodeDetails(row.details) : undefined;
      return {
        timesUs: decodeTimes(row.times).subarray(0, n),
        values: decodeValues(row.data).subarray(0, n),
        details,
      };
    } catch (error) {
      const place = `chunk ${ordinal} of series ${series}`;
      const problem = (error as Error).message;
      this.#onDamage({ what: 'chunk', place, session: id, problem });
      return undefined;
    }
  }
}

function tailPiece({ timesUs, values, details }: Gathered): Piece {
  return {
    tMinUs: timesUs[0]!,
    tMaxUs: timesUs.at(-1)!,
    load: () => ({ timesUs, values, details }),
  };
}

/** Two gatherings of one session, of which the second arrived later. */
function joinGathered(first: Gathered[], second: Gathered[]): Gathered[] {
  const blocks: Block[] = [...first, ...second].map((one) => ({
    kind: 'rows',
    n: one.timesUs.length,
    ...rowsOf(one),
    details: one.details,
  }));
  return gather(blocks, () => true);
}

function rowsOf({ session, series, timesUs, values }: Gathered) {
  const n = timesUs.length;
  const buffer = new ArrayBuffer(n * 24);
  const u32 = new Uint32Array(buffer);
  const f64 = new Float64Array(buffer);
  for (let i = 0; i < n; i++) {
    u32[i * 6] = series;
    u32[i * 6 + 1] = session;
    f64[i * 3 + 1] = timesUs[i]!;
    f64[i * 3 + 2] = values[i]!;
  }
  return { u32, f64 };
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    seal: prepare('SELECT upto, session, series FROM seal'),
    chunks: prepare('SELECT ordinal, n, t_min, t_max FROM chunk WHERE series = ? ORDER BY ordinal'),
    chunk: prepare(
      `SELECT t.data AS times, c.data AS data, c.details AS details
       FROM chunk c JOIN times t ON t.id = c.times WHERE c.series = ? AND c.ordinal = ?`,
    ),
  };
}
