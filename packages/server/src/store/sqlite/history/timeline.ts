/** What happened when in one session: events by bucket and level, counted along the index. */
import { type EventRecord, type Level, levels, limits, parseJson } from '@tacho/protocol';
import {
  type BucketCounts,
  type EventRow,
  type PatchRow,
  severestFirst,
  type TimelineCounts,
  type TimelineQuery,
} from '../../store.ts';
import type { Answered, HistorySession, HistorySource } from './sessions.ts';

/** Events of one bucket by level. */
interface Bucket {
  bucket: number;
  counts: Record<Level, number>;
}

/** Counts what happened when. */
export class TimelineHistory {
  readonly #source: HistorySource;

  constructor(source: HistorySource) {
    this.#source = source;
  }

  /** Undefined when the session does not exist. */
  timeline(query: TimelineQuery): Answered<TimelineCounts> | undefined {
    return this.#source.answer(query.id, (session) => {
      const buckets = [...this.#buckets(session, query)];
      const patches = this.#patchBuckets(session, query);
      return {
        levels: Object.fromEntries(
          levels.map((level) => [level, countsOf(buckets, level)]),
        ) as TimelineCounts['levels'],
        marks: this.#marks(session, query, buckets),
        patches,
        patchMarks: this.#patchMarks(session, query, patches),
      };
    });
  }

  /**
   * Bucket by bucket, because the index has the events in this order: grouping would sort them
   * again. Where a bucket is empty, the index leads to the next one that is not.
   */
  *#buckets({ no }: HistorySession, query: TimelineQuery): Generator<Bucket> {
    const { fromUs, widthUs, buckets } = query;
    const endUs = fromUs + widthUs * buckets;
    const range = 'session = ? AND at_us >= ? AND at_us < ?';
    const all = this.#source.statement(
      `SELECT count(*) AS n, sum(level = 'debug') AS debug, sum(level = 'warning') AS warning,
         sum(level = 'info') AS info
       FROM event INDEXED BY event_session WHERE ${range}`,
    );
    const severe = this.#source.statement(
      `SELECT count(*) AS n, total(level = 'critical') AS critical
       FROM event INDEXED BY event_severe WHERE level IN ('error', 'critical') AND ${range}`,
    );
    const seek = this.#source.statement(
      `SELECT at_us FROM event WHERE session = ? AND at_us >= ? AND at_us < ?
       ORDER BY at_us LIMIT 1`,
    );
    for (let bucket = 0; bucket < buckets; bucket++) {
      const startUs = fromUs + bucket * widthUs;
      const bounds = [no, startUs, startUs + widthUs] as const;
      const mild = all.get(...bounds) as Record<'n' | 'debug' | 'info' | 'warning', number>;
      const { n, debug, info, warning } = mild;
      if (n === 0) {
        const next = seek.get(no, startUs, endUs) as { at_us: number } | undefined;
        if (!next) return;
        bucket = Math.floor((next.at_us - fromUs) / widthUs) - 1;
        continue;
      }
      let [error, critical] = [0, 0];
      if (n > debug + warning + info) {
        const found = severe.get(...bounds) as { n: number; critical: number };
        critical = found.critical;
        error = found.n - critical;
      }
      yield { bucket, counts: { debug, info, warning, error, critical } };
    }
  }

  #marks(session: HistorySession, query: TimelineQuery, buckets: Bucket[]): EventRow[] {
    const marks: EventRow[] = [];
    const select = this.#source.statement(
      `SELECT seq, at_us, received_us, record FROM event
       WHERE session = ? AND at_us >= ? AND at_us < ? AND level = ? ORDER BY at_us, seq`,
    );
    for (const level of severestFirst) {
      for (const { bucket, counts } of buckets) {
        const count = counts[level];
        if (count === 0 || count > limits.timelineBucketMarks) continue;
        const startUs = query.fromUs + bucket * query.widthUs;
        const rows = select.all(session.no, startUs, startUs + query.widthUs, level);
        for (const row of rows as unknown as EventTableRow[]) {
          const mark = this.#eventOf(session, row);
          if (mark) marks.push(mark);
          if (marks.length === limits.timelineMarksMax) return marks;
        }
      }
    }
    return marks;
  }

  #patchBuckets({ no }: HistorySession, query: TimelineQuery): BucketCounts {
    const { fromUs, widthUs, buckets } = query;
    const rows = this.#source
      .statement(
        `SELECT (at_us - CAST(?2 AS INTEGER)) / CAST(?3 AS INTEGER) AS bucket, count(*) AS count
         FROM patch WHERE session = ?1 AND at_us >= ?2 AND at_us < ?4 GROUP BY bucket ORDER BY bucket`,
      )
      .all(no, fromUs, widthUs, fromUs + widthUs * buckets) as { bucket: number; count: number }[];
    return {
      bucket: Uint32Array.from(rows, (row) => row.bucket),
      count: Uint32Array.from(rows, (row) => row.count),
    };
  }

  /** One pass over the patches, since no index has them by time. */
  #patchMarks({ no }: HistorySession, query: TimelineQuery, counts: BucketCounts): PatchRow[] {
    const wanted: number[] = [];
    let marks = 0;
    for (const [i, count] of counts.count.entries()) {
      if (count > limits.timelineBucketMarks || marks >= limits.timelineMarksMax) continue;
      wanted.push(counts.bucket[i] as number);
      marks += count;
    }
    if (wanted.length === 0) return [];
    const { fromUs, widthUs, buckets } = query;
    const rows = this.#source
      .statement(
        `SELECT (at_us - CAST(?2 AS INTEGER)) / CAST(?3 AS INTEGER) AS bucket,
           revision, at_us, received_us, patch
         FROM patch WHERE session = ?1 AND at_us >= ?2 AND at_us < ?4
           AND bucket IN (SELECT value FROM json_each(?5)) ORDER BY bucket, revision LIMIT ?6`,
      )
      .all(
        ...[no, fromUs, widthUs, fromUs + widthUs * buckets],
        JSON.stringify(wanted),
        limits.timelineMarksMax,
      ) as unknown as { revision: number; at_us: number; received_us: number; patch: string }[];
    return rows.map(({ revision, at_us, received_us, patch }) => ({
      ...{ revision, atUs: at_us, receivedUs: received_us },
      patch,
    }));
  }

  #eventOf({ id }: HistorySession, row: EventTableRow): EventRow | undefined {
    const { seq, at_us: atUs, received_us: receivedUs, record } = row;
    return this.#source.attempt('events', `event ${seq} of ${id}`, id, () => {
      const event = parseJson(record) as unknown as EventRecord;
      return { seq, atUs, receivedUs, event };
    });
  }
}

interface EventTableRow {
  seq: number;
  at_us: number;
  received_us: number;
  record: string;
}

function countsOf(buckets: Bucket[], level: Level): BucketCounts {
  const filled = buckets.filter(({ counts }) => counts[level] !== 0);
  return {
    bucket: Uint32Array.from(filled, ({ bucket }) => bucket),
    count: Uint32Array.from(filled, ({ counts }) => counts[level]),
  };
}
