/** The log of what was said, in ClickHouse: rows go in whole or not at all, and come out in order. */
import type { Shard } from './connection.ts';
import { blockOf, type SampleRun } from './log-block.ts';
import { type LogRow, logColumns, readLogRow } from './log-row.ts';
import { RowReader, ShortRow } from './row-binary.ts';
import { uuid, uuidList, whole } from './sql.ts';

/** Inserts and reads rows of one shard. */
export class EntryLog {
  readonly #shard: Shard;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  /**
   * Makes rows durable, all of them or none; with a token that was used within the window of the
   * table, nothing happens. Rows have the same `day`, or it would be several inserts.
   */
  async insert(rows: readonly LogRow[], runs: readonly SampleRun[], token: string): Promise<void> {
    await this.#shard.insertNative('entry', blockOf(rows, runs), token);
  }

  /** Rows of some sessions but for their samples; of each session in the order in which they came. */
  said(sessions: readonly string[]): AsyncGenerator<LogRow> {
    const which = `session IN ${uuidList(sessions)} AND series = 0`;
    return this.rows(which, 'session, turn, server, place');
  }

  /** Samples of a session by time, then by series, then in the order in which they came. */
  samples(session: string, gen: number): AsyncGenerator<LogRow> {
    const which = `session = '${uuid(session)}' AND gen = ${whole(gen)} AND series != 0`;
    return this.rows(which, 'at_us, series, turn, server, place');
  }

  /** Rows that meet a condition, the first `limit` of them. */
  async *rows(condition: string, order: string, limit?: number): AsyncGenerator<LogRow> {
    const stream = await this.#shard.bytes(
      `SELECT ${logColumns} FROM entry WHERE ${condition} ORDER BY ${order}
       ${limit === undefined ? '' : `LIMIT ${limit}`} FORMAT RowBinary`,
    );
    let rest = Buffer.alloc(0);
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk]);
      const reader = new RowReader(rest);
      let read = 0;
      for (let row = nextRow(reader); row !== undefined; row = nextRow(reader)) {
        read = reader.at;
        yield row;
      }
      rest = rest.subarray(read);
    }
    if (rest.length > 0) throw new ShortRow('the answer broke off within a row');
  }
}

/** Undefined when the bytes end before the row does. */
function nextRow(reader: RowReader): LogRow | undefined {
  if (reader.isAtEnd) return undefined;
  try {
    return readLogRow(reader);
  } catch (error) {
    if (error instanceof ShortRow) return undefined;
    throw error;
  }
}
