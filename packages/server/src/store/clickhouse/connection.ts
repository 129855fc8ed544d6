/** One shard of ClickHouse: statements go to its first replica that answers. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { TachoError } from '@tacho/protocol';
import type { ClickHouseAddress } from './address.ts';

/** Longest wait for anything to come of an answer. */
const requestTimeoutMs = 60_000;

/** The same where a sender waits that keeps what it has and tries again. */
export const quickTimeoutMs = 10_000;

/** Requests to one replica that are under way at the same time. */
const connectionsMax = 16;

/** Settings of every statement, so that defaults of versions and profiles do not matter. */
const settings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 1,
  // Since 26.2 inserts are put together by default, and then a token is that of many.
  async_insert: 0,
  // Lists of ids are long.
  max_query_size: '67108864',
  lightweight_deletes_sync: '2',
} as const;

type Columns = Record<string, unknown[]>;

/** A row of an answer, by column. */
export type Row = Record<string, unknown>;

/** Asks, and writes. What ClickHouse refuses rejects with a TachoError where it may pass by itself. */
export class Shard {
  /** The same shard for whoever rather hears that it is away than waits for long. */
  readonly quick: Shard;
  readonly #patient: Shard;
  readonly #clients: ClickHouseClient[];
  /** The replica that answered last. */
  #at = 0;

  constructor(
    urls: readonly string[],
    address: Omit<ClickHouseAddress, 'shards'>,
    patient?: Shard,
  ) {
    this.#patient = patient ?? this;
    this.quick = patient === undefined ? new Shard(urls, address, this) : this;
    this.#clients = urls.map((url) =>
      createClient({
        url,
        username: address.user,
        password: address.password,
        database: address.database,
        request_timeout: patient === undefined ? requestTimeoutMs : quickTimeoutMs,
        max_open_connections: connectionsMax,
        log: { level: ClickHouseLogLevel.OFF },
        clickhouse_settings: settings,
        application: 'tacho',
      }),
    );
  }

  /** Rows of a question. */
  async rows<T = Row>(query: string, params: Row = {}, signal?: AbortSignal): Promise<T[]> {
    return this.#try(async (client) => {
      const answer = await client.query({
        query,
        query_params: params,
        format: 'JSONEachRow',
        ...(signal && { abort_signal: signal }),
      });
      return answer.json<T>();
    }, signal);
  }

  /** Rows of a question with many of them: they come as columns, which are read much faster. */
  async wideRows<T = Row>(query: string, signal?: AbortSignal): Promise<T[]> {
    const parts: Buffer[] = [];
    for await (const part of await this.bytes(`${query} FORMAT JSONColumns`, signal))
      parts.push(part);
    const columns = Object.entries(JSON.parse(Buffer.concat(parts).toString()) as Columns);
    const rows = Array.from({ length: columns[0]?.[1].length ?? 0 }, (): Row => ({}));
    for (const [name, values] of columns) {
      for (let i = 0; i < values.length; i += 1) rows[i]![name] = values[i];
    }
    return rows as T[];
  }

  /** Bytes of an answer, as they come. */
  async bytes(query: string, signal?: AbortSignal): Promise<AsyncIterable<Buffer>> {
    return this.#try(async (client) => {
      const { stream } = await client.exec({ query, ...(signal && { abort_signal: signal }) });
      return stream as AsyncIterable<Buffer>;
    }, signal);
  }

  /** Runs a statement that has no answer; it may take its time on either. */
  async run(query: string): Promise<void> {
    await this.#patient.#try((client) => client.command({ query }));
  }

  /** Inserts rows as JSON, all of them or none. */
  async insert(table: string, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const token = randomUUID();
    await this.#try((client) =>
      client.insert({
        table,
        values: rows,
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: token },
      }),
    );
  }

  /** Inserts a block of the format Native, all of it or none; a token that was used does nothing. */
  async insertNative(table: string, pieces: readonly Buffer[], token: string): Promise<void> {
    await this.#try(async (client) => {
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} FORMAT Native`,
        values: Readable.from(pieces, { objectMode: false }),
        clickhouse_settings: { insert_deduplication_token: token },
      });
      // The connection is free for the next request when the answer was read.
      for await (const _ of stream);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    if (this.quick !== this) await this.quick.close();
  }

  /** Tries the replicas one after the other, from the one that answered last. */
  async #try<T>(ask: (client: ClickHouseClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    let last: unknown;
    for (let tries = 0; tries < this.#clients.length; tries += 1) {
      try {
        return await ask(this.#clients[this.#at]!);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isAway(error)) throw told(error);
        last = error;
        this.#at = (this.#at + 1) % this.#clients.length;
      }
    }
    throw told(last);
  }
}

/** Whether the replica did not answer, so that another one may. */
function isAway(error: unknown): boolean {
  return codeOf(error) === undefined;
}

function codeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^\d+$/.test(code) ? Number(code) : undefined;
}

/** TIMEOUT_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES, MEMORY_LIMIT_EXCEEDED, TOO_MANY_PARTS. */
const busyCodes = [159, 202, 241, 252];
/** NOT_ENOUGH_SPACE. */
const fullCodes = [243];
/** TABLE_IS_READ_ONLY, NETWORK_ERROR, SOCKET_TIMEOUT, NO_ZOOKEEPER, KEEPER_EXCEPTION, too few replicas. */
const awayCodes = [242, 210, 209, 225, 999, 285, 286, 394];

/** The error as our callers understand it; a mistake of ours stays what it is. */
function told(error: unknown): unknown {
  const code = codeOf(error);
  const options = { retryAfterSeconds: 1, cause: error };
  if (code === undefined) {
    return new TachoError('store_unavailable', 'ClickHouse does not answer', options);
  }
  if (busyCodes.includes(code)) {
    return new TachoError('overloaded', 'ClickHouse has more to do than it can', options);
  }
  if (fullCodes.includes(code)) {
    return new TachoError('disk_full', 'ClickHouse has no space left', options);
  }
  if (awayCodes.includes(code)) {
    return new TachoError('store_unavailable', 'ClickHouse takes no writes now', options);
  }
  return error;
}
