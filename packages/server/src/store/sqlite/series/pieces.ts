/** The series of one session as a question sees them: their chunks and their unsealed samples. */
import { limits, type SeriesKey } from '@tacho/protocol';
import type { SampleDetail } from '../../store.ts';
import { decodeDetails } from '../codec/details.ts';
import { decodeSummary, type Summary, type SummaryHead, summarize } from '../codec/summary.ts';
import { decodeTimes } from '../codec/times.ts';
import { decodeValues } from '../codec/values.ts';
import type { Database, Statement } from '../database.ts';
import type { Gathered } from '../gather.ts';
import type { JournalIndex } from '../journal-index.ts';
import type { Part } from '../merge-runs.ts';
import type { SampleReader } from '../sample-reader.ts';
import { parseSeriesText } from '../series-text.ts';
import type { Damage } from '../writer.ts';
import { HeadCache } from './heads.ts';

/** Samples of a series that follow each other: a chunk, or as many of the unsealed ones. */
export interface SeriesPiece {
  count: number;
  tMinUs: number;
  tMaxUs: number;
  /** Undefined when only the samples can tell. */
  head(): SummaryHead | undefined;
  /** With the sketch; undefined when only the samples can tell. */
  summary(): Summary | undefined;
  /** The samples; undefined when they are damaged. Details only when asked for. */
  load(withDetails: boolean): Part | undefined;
}

/** A series with its pieces in order of arrival. */
export interface OpenSeries {
  local: number;
  key: SeriesKey;
  pieces: SeriesPiece[];
}

/** What the questions of one thread read from; made once by the reader. */
export interface ReadSource {
  db: Database;
  journal: JournalIndex;
  samples: SampleReader;
  onDamage: (damage: Damage) => void;
}

/** Opens the series of sessions. */
export class PieceReader {
  readonly #source: ReadSource;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #heads: HeadCache;

  constructor(source: ReadSource) {
    this.#source = source;
    this.#sql = prepareAll(source.db);
    this.#heads = new HeadCache(source.db);
  }

  /**
   * The series of a session that `wants` lets through; undefined when there is no such session. To be
   * called, and all pieces to be used, within one transaction.
   */
  open(id: string, wants: (key: SeriesKey) => boolean): OpenSeries[] | undefined {
    const session = this.#sql.session.get(id) as { no: number } | undefined;
    if (!session) return undefined;
    const rows = this.#sql.series.all(session.no) as { no: number; local: number; key: string }[];
    const wanted = rows
      .map(({ no, local, key }) => ({ no, local, key: parseSeriesText(key) }))
      .filter(({ key }) => wants(key));
    if (wanted.length === 0) return [];
    const damages: Damage[] = [];
    this.#source.journal.refresh(damages);
    damages.forEach(this.#source.onDamage);
    const unsealed = new Map<number, Gathered>();
    for (const tail of this.#source.samples.unsealed(session.no)) unsealed.set(tail.series, tail);
    return wanted.map(({ no, local, key }) => ({
      local,
      key,
      pieces: [...this.sealed(no, id), ...tailPieces(unsealed.get(no), key.type !== 'counter')],
    }));
  }

  /** The chunks of a series; `id` is that of the session, for reports of damage. */
  sealed(series: number, id: string): SeriesPiece[] {
    return this.#heads.of(series).map(({ ordinal, n, tMinUs, tMaxUs, summary }) => ({
      count: n,
      tMinUs,
      tMaxUs,
      head: () => summary,
      summary: () => summary && this.#summary(series, ordinal),
      load: (withDetails) => this.#load(series, ordinal, id, withDetails),
    }));
  }

  #summary(series: number, ordinal: number): Summary | undefined {
    const row = this.#sql.summary.get(series, ordinal) as { summary: Uint8Array } | undefined;
    try {
      return row && decodeSummary(row.summary);
    } catch {
      return undefined;
    }
  }

  #load(series: number, ordinal: number, id: string, withDetails: boolean): Part | undefined {
    try {
      const statement = withDetails ? this.#sql.whole : this.#sql.plain;
      const row = statement.get(series, ordinal) as
        | { times: Uint8Array; data: Uint8Array; details?: Uint8Array | null }
        | undefined;
      if (!row) return undefined;
      const timesUs = decodeTimes(row.times);
      const values = decodeValues(row.data);
      return { timesUs, values, details: row.details ? decodeDetails(row.details) : undefined };
    } catch (error) {
      const place = `chunk ${ordinal} of series ${series}`;
      const problem = (error as Error).message;
      this.#source.onDamage({ what: 'chunk', place, session: id, problem });
      return undefined;
    }
  }
}

/** Unsealed samples in portions of a chunk, so that whoever leaves chunks whole may do the same. */
export function tailPieces(tail: Gathered | undefined, sketched: boolean): SeriesPiece[] {
  if (!tail) return [];
  const pieces: SeriesPiece[] = [];
  const { timesUs, values, details } = tail;
  for (let from = 0; from < timesUs.length; from += limits.chunkSamplesMax) {
    const to = Math.min(timesUs.length, from + limits.chunkSamplesMax);
    const column = values.subarray(from, to);
    pieces.push({
      count: to - from,
      tMinUs: timesUs[from]!,
      tMaxUs: timesUs[to - 1]!,
      head: () =>
        sketched ? { ...summarize(column, false), growth: null } : summarize(column, false),
      summary: () => summarize(column, sketched),
      load: () => ({
        timesUs: timesUs.subarray(from, to),
        values: column,
        details: detailsBetween(details, from, to),
      }),
    });
  }
  return pieces;
}

function detailsBetween(
  details: ReadonlyMap<number, SampleDetail> | undefined,
  from: number,
  to: number,
): Map<number, SampleDetail> | undefined {
  if (!details) return undefined;
  const found = new Map<number, SampleDetail>();
  for (const [row, detail] of details) if (row >= from && row < to) found.set(row - from, detail);
  return found;
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    session: prepare('SELECT no FROM session WHERE id = ?'),
    series: prepare('SELECT no, local, key FROM series WHERE session = ? ORDER BY local'),
    summary: prepare('SELECT summary FROM chunk WHERE series = ? AND ordinal = ?'),
    plain: prepare(
      `SELECT t.data AS times, c.data AS data
       FROM chunk c JOIN times t ON t.id = c.times WHERE c.series = ? AND c.ordinal = ?`,
    ),
    whole: prepare(
      `SELECT t.data AS times, c.data AS data, c.details AS details
       FROM chunk c JOIN times t ON t.id = c.times WHERE c.series = ? AND c.ordinal = ?`,
    ),
  };
}
