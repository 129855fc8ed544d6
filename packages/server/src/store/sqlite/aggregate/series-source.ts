/** The samples of many series of many sessions, at one moment: chunks, and what is unsealed. */
import type { Sketch } from '../codec/sketch.ts';
import {
  decodeSummary,
  decodeSummaryHead,
  mergeSummary,
  type SummaryHead,
} from '../codec/summary.ts';
import { decodeTimes } from '../codec/times.ts';
import { decodeValues } from '../codec/values.ts';
import type { Database, Statement } from '../database.ts';
import { type Block, decodeFrame } from '../frame.ts';
import { type Gathered, gather } from '../gather.ts';
import type { Part } from '../merge-runs.ts';
import { type SeriesPiece, tailPieces } from '../series/pieces.ts';
import type { Damage } from '../writer.ts';

type ChunkRow = [ordinal: number, n: number, tMin: number, tMax: number, summary: Uint8Array];

/** Samples that follow each other, whose sketch can be added to another. */
export interface SketchedPiece extends SeriesPiece {
  /** Undefined, and nothing is added, when there is no sketch. */
  merge(into: Sketch): SummaryHead | undefined;
}

/** To be used within one transaction. */
export class SeriesSource {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #unsealed = new Map<number, Gathered[]>();
  readonly damages: Damage[] = [];

  /** Gathers what is unsealed of the wanted series. */
  constructor(db: Database, wanted: ReadonlySet<number>) {
    this.#sql = prepareAll(db);
    const seal = this.#sql.seal.get() as { upto: number; session: number; series: number };
    // Of the range that is being sealed, only what lies behind the cursor is unsealed.
    const half = this.#blocks(0, seal.upto);
    this.#gather(half, (session, series) =>
      session === seal.session
        ? series > seal.series && wanted.has(series)
        : session > seal.session && wanted.has(series),
    );
    this.#gather(this.#blocks(seal.upto, Number.MAX_SAFE_INTEGER), (_, series) =>
      wanted.has(series),
    );
  }

  /** The pieces of a series in order of arrival. */
  pieces(series: number, isCounter: boolean): SketchedPiece[] {
    const rows = this.#sql.chunks.all(series) as unknown as ChunkRow[];
    const pieces = rows.map<SketchedPiece>(([ordinal, count, tMinUs, tMaxUs, summary]) => ({
      count,
      tMinUs,
      tMaxUs,
      head: () => whole(() => decodeSummaryHead(summary)),
      summary: () => whole(() => decodeSummary(summary)),
      merge: (into) => whole(() => mergeSummary(summary, into)),
      load: () => this.#load(series, ordinal),
    }));
    for (const tail of this.#unsealed.get(series) ?? []) {
      for (const piece of tailPieces(tail, !isCounter)) {
        pieces.push({ ...piece, merge: (into) => mergeTail(piece, into) });
      }
    }
    return pieces;
  }

  #blocks(after: number, upto: number): Block[] {
    const blocks: Block[] = [];
    for (const { id, frame } of this.#sql.journal.iterate(after, upto) as Iterable<{
      id: number;
      frame: Uint8Array | null;
    }>) {
      try {
        if (frame) blocks.push(...decodeFrame(frame));
      } catch (error) {
        const problem = (error as Error).message;
        this.damages.push({ what: 'journal row', place: `journal ${id}`, session: null, problem });
      }
    }
    return blocks;
  }

  #gather(blocks: readonly Block[], wants: (session: number, series: number) => boolean): void {
    for (const one of gather(blocks, wants)) {
      const known = this.#unsealed.get(one.series);
      if (known) known.push(one);
      else this.#unsealed.set(one.series, [one]);
    }
  }

  #load(series: number, ordinal: number): Part | undefined {
    try {
      const row = this.#sql.chunk.get(series, ordinal) as { times: Uint8Array; data: Uint8Array };
      const timesUs = decodeTimes(row.times);
      return { timesUs, values: decodeValues(row.data), details: undefined };
    } catch (error) {
      const place = `chunk ${ordinal} of series ${series}`;
      const problem = (error as Error).message;
      this.damages.push({ what: 'chunk', place, session: null, problem });
      return undefined;
    }
  }
}

function mergeTail(piece: SeriesPiece, into: Sketch): SummaryHead | undefined {
  const summary = piece.summary();
  if (!summary?.sketch) return undefined;
  into.merge(summary.sketch);
  return summary;
}

/** Undefined for a damaged summary: the samples say the same. */
function whole<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  const chunks = prepare(
    'SELECT ordinal, n, t_min, t_max, summary FROM chunk WHERE series = ? ORDER BY ordinal',
  );
  chunks.setReturnArrays(true);
  return {
    seal: prepare('SELECT upto, session, series FROM seal'),
    journal: prepare('SELECT id, frame FROM journal WHERE id > ? AND id <= ? ORDER BY id'),
    chunks,
    chunk: prepare(
      `SELECT t.data AS times, c.data AS data
       FROM chunk c JOIN times t ON t.id = c.times WHERE c.series = ? AND c.ordinal = ?`,
    ),
  };
}
