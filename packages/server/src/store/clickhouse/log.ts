/** The log of what was said, in ClickHouse: rows go in whole or not at all, and come out in order. */
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { type LogRow, logColumns, readLogRow, writeLogRow } from './log-row.ts';
import { RowReader, RowWriter, ShortRow } from './row-binary.ts';

/** Bytes that one insert sends at a time. */
const pieceBytes = 1024 * 1024;

/** Inserts and reads rows. */
export class EntryLog {
  readonly #client: ClickHouseClient;

  constructor(client: ClickHouseClient) {
    this.#client = client;
  }

  /**
   * Makes rows durable, all of them or none; with a token that was used within the window of the
   * table, nothing happens. Rejects with the error of ClickHouse or of the connection.
   */
  async insert(rows: Iterable<LogRow>, token: string): Promise<void> {
    const { stream } = await this.#client.exec({
      query: `INSERT INTO entry (${logColumns}) FORMAT RowBinary`,
      values: Readable.from(pieces(rows), { objectMode: false }),
      clickhouse_settings: {
        // Since 26.2 inserts are put together by default, and then a token is that of many.
        async_insert: 0,
        insert_deduplication_token: token,
      },
    });
    // The connection is free for the next request when the answer was read.
    for await (const _ of stream);
  }

  /** Rows of a session but for its samples, in the order in which they came. */
  async *said(session: string): AsyncGenerator<LogRow> {
    yield* this.#rows('series = 0', 'turn, server, place', session);
  }

  /** Samples of a session by time, then by series, then in the order in which they came. */
  async *samples(session: string): AsyncGenerator<LogRow> {
    yield* this.#rows('series != 0', 'at_us, series, turn, server, place', session);
  }

  async *#rows(condition: string, order: string, session: string): AsyncGenerator<LogRow> {
    const { stream } = await this.#client.exec({
      query: `SELECT ${logColumns} FROM entry
        WHERE session = {session: UUID} AND ${condition} ORDER BY ${order} FORMAT RowBinary`,
      query_params: { session },
    });
    let rest = Buffer.alloc(0);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
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

function* pieces(rows: Iterable<LogRow>): Generator<Buffer> {
  const writer = new RowWriter(pieceBytes + 64 * 1024);
  for (const row of rows) {
    writeLogRow(writer, row);
    if (writer.bytes.length < pieceBytes) continue;
    yield Buffer.from(writer.bytes);
    writer.clear();
  }
  if (writer.bytes.length > 0) yield Buffer.from(writer.bytes);
}
