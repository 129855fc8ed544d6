/** Turns journal rows into chunks, off the writer's thread: reads, sorts, encodes, hands over slices. */
import { limits } from '@tacho/protocol';
import type { SampleDetail } from '../store.ts';
import { appendDetails, encodeDetails } from './codec/details.ts';
import { decodeSummary, encodeSummary, extendSummary, summarize } from './codec/summary.ts';
import { appendTimes, encodeTimes } from './codec/times.ts';
import { appendValues, decodeValues, encodeValues } from './codec/values.ts';
import { type Database, openCheckpointer, type Statement } from './database.ts';
import { type Block, decodeFrame, decodeTouches } from './frame.ts';
import { type Gathered, gather } from './gather.ts';
import { parseSeriesText } from './series-text.ts';
import { type ChunkWrite, type Slice, sealedAll } from './slice.ts';
import type { Damage } from './writer.ts';

/** Bounds of sealing; tests make them tiny. */
export interface SealBounds {
  /** Samples that one range holds, roughly. */
  rangeSamples: number;
  chunkSamplesMax: number;
  sliceChunksMax: number;
}

/** The bounds in use. */
export const sealBounds: SealBounds = {
  rangeSamples: limits.sealSamples,
  chunkSamplesMax: limits.chunkSamplesMax,
  sliceChunksMax: limits.sealSliceChunksMax,
};

/** Where slices and damage go: to the writer. */
export interface SealTarget {
  slice(slice: Slice): Promise<void>;
  quarantine(damages: Damage[]): Promise<unknown>;
}

interface LastChunk {
  id: number;
  ordinal: number;
  times: number;
  n: number;
  t_max: number;
  summary: Uint8Array;
  data: Uint8Array;
  details: Uint8Array | null;
}

/** Reads through its own connection; writes no entries itself, it only checkpoints. */
export class Sealer {
  readonly #db: Database;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #bounds: SealBounds;

  constructor(file: string, bounds: SealBounds = sealBounds) {
    this.#db = openCheckpointer(file);
    this.#sql = prepareAll(this.#db);
    this.#bounds = bounds;
  }

  /** Seals one range of the journal, unless one waits to be dropped; false when nothing is left. */
  async run(target: SealTarget): Promise<boolean> {
    if (this.#isUndropped()) return true;
    const range = this.#pickRange();
    if (!range) return false;
    const damages: Damage[] = [];
    const { blocks, sessions } = this.#load(range.upto, damages);
    if (damages.length > 0) await target.quarantine(damages);
    const { session: fromSession, series: fromSeries } = range;
    const gathered = gather(
      blocks,
      (session, series) =>
        session > fromSession || (session === fromSession && series > fromSeries),
    );
    for (const slice of this.#slices(range.upto, gathered)) await target.slice(slice);
    await this.#finish(target, range.upto, sessions);
    return true;
  }

  /** Copies most of the write-ahead log into the database while the writer goes on. */
  checkpoint(): void {
    this.#db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
  }

  close(): void {
    this.#db.close();
  }

  /** Rows of a sealed range are still there: the process ended before they were dropped. */
  #isUndropped(): boolean {
    const { upto, session } = this.#sql.seal.get() as { upto: number; session: number };
    return session === sealedAll && this.#sql.anyUpto.get(upto) !== undefined;
  }

  /** The range that was begun before a restart, or the next one. */
  #pickRange(): { upto: number; session: number; series: number } | undefined {
    const seal = this.#sql.seal.get() as { upto: number; session: number; series: number };
    if (seal.upto > 0 && seal.session < sealedAll) return seal;
    let samples = 0;
    let upto = 0;
    for (const row of this.#sql.journalSizes.iterate(seal.upto) as Iterable<{
      id: number;
      samples: number;
    }>) {
      upto = row.id;
      samples += row.samples;
      if (samples >= this.#bounds.rangeSamples) break;
    }
    return upto === 0 ? undefined : { upto, session: 0, series: 0 };
  }

  #load(upto: number, damages: Damage[]): { blocks: Block[]; sessions: Set<number> } {
    const blocks: Block[] = [];
    const sessions = new Set<number>();
    for (const row of this.#sql.journal.iterate(upto) as Iterable<{
      id: number;
      touch: Uint8Array;
      frame: Uint8Array | null;
    }>) {
      try {
        for (const { session } of decodeTouches(row.touch)) sessions.add(session);
        if (row.frame) for (const block of decodeFrame(row.frame)) blocks.push(block);
      } catch (error) {
        damages.push({
          what: 'journal row',
          place: `journal ${row.id}`,
          session: null,
          problem: (error as Error).message,
        });
      }
    }
    return { blocks, sessions };
  }

  *#slices(upto: number, gathered: Gathered[]): Generator<Slice> {
    let draft = new SliceDraft(this.#sql, this.#bounds);
    for (const series of gathered) {
      draft.add(series);
      if (draft.chunks.length >= this.#bounds.sliceChunksMax) {
        yield draft.slice(upto);
        draft = new SliceDraft(this.#sql, this.#bounds);
      }
    }
    if (draft.chunks.length > 0) yield draft.slice(upto);
  }

  /** Lets the sessions' rows catch up, then marks the whole range as sealed. */
  async #finish(target: SealTarget, upto: number, sessions: Set<number>): Promise<void> {
    const all = [...sessions];
    const step = this.#bounds.sliceChunksMax;
    const last = { upto, times: [], chunks: [] };
    for (let from = 0; from + step < all.length; from += step) {
      const settled = all.slice(from, from + step);
      await target.slice({ ...last, session: sealedAll - 1, series: 0, settled });
    }
    const settled = all.slice(Math.floor(Math.max(0, all.length - 1) / step) * step);
    await target.slice({ ...last, session: sealedAll, series: 0, settled });
  }
}

/** A slice being filled; series of one session that were sampled together share their times. */
class SliceDraft {
  readonly chunks: ChunkWrite[] = [];
  readonly #times: Uint8Array[] = [];
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #bounds: SealBounds;
  #session = 0;
  #series = 0;
  /** Columns of times of the present session, the newest last. */
  #shared: { before: number; timesUs: Float64Array; index: number }[] = [];

  constructor(sql: ReturnType<typeof prepareAll>, bounds: SealBounds) {
    this.#sql = sql;
    this.#bounds = bounds;
  }

  /** Adds the chunks of one series. */
  add({ session, series, timesUs, values, details }: Gathered): void {
    if (session !== this.#session) this.#enter(session);
    this.#series = series;
    const max = this.#bounds.chunkSamplesMax;
    const last = this.#sql.lastChunk.get(series) as LastChunk | undefined;
    let from = 0;
    let ordinal = last ? last.ordinal + 1 : 0;
    if (last && last.n < max && last.t_max <= timesUs[0]!) {
      from = Math.min(timesUs.length, max - last.n);
      this.#extend(session, series, last, timesUs.subarray(0, from), values, details);
    }
    while (from < timesUs.length) {
      const to = Math.min(timesUs.length, from + max);
      const column = values.subarray(from, to);
      this.chunks.push({
        session,
        series,
        ordinal: ordinal++,
        times: this.#timesOf(0, timesUs.subarray(from, to)),
        n: to - from,
        tMinUs: timesUs[from]!,
        tMaxUs: timesUs[to - 1]!,
        summary: encodeSummary(summarize(column, this.#hasSketch(series))),
        data: encodeValues(column),
        details: details ? encodeDetails(part(details, from, to)) : null,
        replaces: undefined,
      });
      from = to;
    }
  }

  /** The slice, with the cursor after the last series added. */
  slice(upto: number): Slice {
    const { chunks } = this;
    return {
      upto,
      session: this.#session,
      series: this.#series,
      times: this.#times,
      chunks,
      settled: [],
    };
  }

  /** Continues the last chunk of a series. */
  #extend(
    session: number,
    series: number,
    last: LastChunk,
    timesUs: Float64Array,
    values: Float64Array,
    details: Gathered['details'],
  ): void {
    const n = timesUs.length;
    const column = values.subarray(0, n);
    const summary = extendSummary(
      decodeSummary(last.summary),
      column,
      this.#hasSketch(series),
      () => decodeValues(last.data),
    );
    const first = this.#sql.chunkStart.get(last.id) as { t_min: number };
    this.chunks.push({
      session,
      series,
      ordinal: last.ordinal,
      times: this.#timesOf(last.times, timesUs),
      n: last.n + n,
      tMinUs: first.t_min,
      tMaxUs: timesUs[n - 1]!,
      summary: encodeSummary(summary),
      data: appendValues(last.data, column),
      details: appendDetails(last.details, part(details ?? new Map(), 0, n), last.n),
      replaces: { chunk: last.id, times: last.times },
    });
  }

  #enter(session: number): void {
    this.#session = session;
    this.#shared = [];
  }

  /** Quantiles of a counter's running total say nothing. */
  #hasSketch(series: number): boolean {
    const row = this.#sql.series.get(series) as { key: string } | undefined;
    return row !== undefined && parseSeriesText(row.key).type !== 'counter';
  }

  /** The column of times that continues row `before` (0: a new one), shared where it is the same. */
  #timesOf(before: number, timesUs: Float64Array): number {
    // Series sampled together come one after the other, so a few candidates are enough.
    for (let i = this.#shared.length - 1; i >= Math.max(0, this.#shared.length - 8); i--) {
      const known = this.#shared[i]!;
      if (known.before === before && equal(known.timesUs, timesUs)) return known.index;
    }
    const index = this.#times.length;
    if (before === 0) {
      this.#times.push(encodeTimes(timesUs));
    } else {
      const row = this.#sql.times.get(before) as { data: Uint8Array };
      this.#times.push(appendTimes(row.data, timesUs));
    }
    this.#shared.push({ before, timesUs, index });
    return index;
  }
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    seal: prepare('SELECT upto, session, series FROM seal'),
    journalSizes: prepare('SELECT id, samples FROM journal WHERE id > ? ORDER BY id'),
    journal: prepare('SELECT id, touch, frame FROM journal WHERE id <= ? ORDER BY id'),
    anyUpto: prepare('SELECT 1 FROM journal WHERE id <= ? LIMIT 1'),
    lastChunk: prepare(
      `SELECT id, ordinal, times, n, t_max, summary, data, details FROM chunk WHERE series = ?
       ORDER BY ordinal DESC LIMIT 1`,
    ),
    chunkStart: prepare('SELECT t_min FROM chunk WHERE id = ?'),
    times: prepare('SELECT data FROM times WHERE id = ?'),
    series: prepare('SELECT key FROM series WHERE no = ?'),
  };
}

/** The details of rows [from, to), counted from `from`. */
function part(details: Map<number, SampleDetail>, from: number, to: number) {
  const some = new Map<number, SampleDetail>();
  for (const [row, detail] of details) if (row >= from && row < to) some.set(row - from, detail);
  return some;
}

function equal(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
