/** ClickHouse in this process: a few connections to one data directory, each with one statement at a time. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { type Addon, type Connection, loadAddon } from './addon.ts';
import { ClickHouseException, exceptionOf } from './exception.ts';
import { withRowsTo } from './statement.ts';

/** What surrounds a statement: it holds for this statement alone. */
export interface Context {
  database: string;
  settings: ReadonlyMap<string, string>;
  /** Values of `{name:Type}`, in ClickHouse's text form. */
  parameters: ReadonlyMap<string, string>;
}

/** What a statement did, as far as the engine tells: not how much it read. */
export interface Figures {
  resultRows: number;
  resultBytes: number;
  writtenRows: number;
  writtenBytes: number;
  elapsedNs: number;
}

/** A connection, and what was set on it: the engine keeps that until it is set otherwise. */
interface Lane {
  /** A named pipe through which rows come. */
  readonly pipe: string;
  connection: Connection;
  database: string;
  settings: ReadonlyMap<string, string>;
  parameters: ReadonlyMap<string, string>;
}

/**
 * ClickHouse on one data directory. Statements run at the same time on as many lanes as there are;
 * further ones wait for a free lane in the order in which they came.
 */
export class Engine {
  readonly version: string;
  /** For files that live as long as a request; emptied at every start. */
  readonly folder: string;
  readonly #addon: Addon;
  readonly #dataDir: string;
  readonly #arguments: readonly string[];
  /** The engine ends with its last connection, and lanes are replaced: this one stays. */
  readonly #anchor: Connection;
  readonly #lanes: Lane[];
  readonly #free: Lane[];
  readonly #waiting: ((lane: Lane) => void)[] = [];

  /**
   * A cluster is one of this engine alone, with the macros that the tables of real ones use.
   * @throws Error when another process has the directory
   */
  constructor(dataDir: string, options: { lanesMax: number; cluster: string | undefined }) {
    const { lanesMax, cluster } = options;
    mkdirSync(dataDir, { recursive: true });
    this.#addon = loadAddon();
    this.#dataDir = dataDir;
    this.#arguments = cluster === undefined ? [] : [`--config-file=${configure(dataDir, cluster)}`];
    this.#anchor = this.#connect();
    this.version = this.#addon
      .QueryWithConnection(this.#anchor, 'SELECT version()', 'TSVRaw')
      .trim();
    this.folder = join(dataDir, 'shim');
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder);
    const pipes = Array.from({ length: lanesMax }, (_, i) => join(this.folder, `pipe-${i}`));
    spawnSync('mkfifo', pipes, { stdio: 'inherit' });
    this.#lanes = pipes.map((pipe) => ({ pipe, ...this.#fresh() }));
    this.#free = [...this.#lanes];
  }

  /** Runs a statement that gives few rows or none; they come in the format. */
  async run(
    context: Context,
    text: string,
    format: string,
  ): Promise<{ bytes: Buffer; figures: Figures }> {
    const lane = await this.#lease();
    try {
      await this.#prepare(lane, context, text);
      const answer = await this.#addon.QueryAsyncConnection(lane.connection, text, format);
      return { bytes: Buffer.from(answer.bytes), figures: figuresOf(answer) };
    } catch (error) {
      throw exceptionOf(error);
    } finally {
      // It may have been SET, USE or a temporary table, which end with the request.
      this.#renew(lane);
      this.#release(lane);
    }
  }

  /** Runs an insert; when this resolves, not even SIGKILL takes the rows away. */
  async insert(context: Context, text: string): Promise<Figures> {
    const lane = await this.#lease();
    try {
      await this.#prepare(lane, context, text);
      // This call counts what was written. The bytes that it could add are not for binary formats.
      const none = Buffer.alloc(0);
      return figuresOf(
        await this.#addon.InsertRawAsyncConnection(lane.connection, text, none, false),
      );
    } catch (error) {
      this.#renew(lane);
      throw exceptionOf(error);
    } finally {
      this.#release(lane);
    }
  }

  /**
   * Runs a question and gives the bytes of its rows while they are written. It is stopped when
   * whoever asks leaves off, or the signal says that nobody waits any more.
   */
  async *rows(
    context: Context,
    text: string,
    format: string,
    gone: AbortSignal,
  ): AsyncGenerator<Buffer, Figures> {
    const lane = await this.#lease();
    let pipe: Socket | undefined;
    let answer: Promise<Figures> | undefined;
    let runs = false;
    const stop = (): void => {
      if (runs) this.#stop(lane);
    };
    try {
      await this.#prepare(lane, context, text);
      const reader = openSync(lane.pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      // As long as we could write as well, the pipe has no end: an engine that fails never opens it.
      const writer = openSync(lane.pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      pipe = new Socket({ fd: reader, readable: true, writable: false });
      runs = true;
      answer = this.#addon
        .QueryAsyncConnection(lane.connection, withRowsTo(text, lane.pipe, format), 'TSV')
        .finally(() => {
          runs = false;
          closeSync(writer);
        })
        .then(figuresOf);
      answer.catch(() => {});
      gone.addEventListener('abort', stop);
      for await (const chunk of pipe) yield chunk as Buffer;
      return await answer;
    } catch (error) {
      const exception = exceptionOf(error);
      throw exception.code === 62 ? await this.#complaintAbout(lane, text, exception) : exception;
    } finally {
      gone.removeEventListener('abort', stop);
      pipe?.destroy();
      stop();
      const ended = await answer?.catch(() => {});
      if (ended === undefined) this.#renew(lane);
      this.#release(lane);
    }
  }

  /** Waits for what runs, and lets the directory go. */
  async close(): Promise<void> {
    for (const _ of this.#lanes) await this.#lease();
    for (const { connection } of this.#lanes) this.#addon.CloseConnection(connection);
    this.#addon.CloseConnection(this.#anchor);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #connect(): Connection {
    const connection = this.#addon.CreateConnection(this.#dataDir, this.#arguments);
    if (!connection) throw new Error(`ClickHouse cannot open ${this.#dataDir}`);
    return connection;
  }

  #fresh(): Omit<Lane, 'pipe'> {
    const none = new Map<string, string>();
    const connection = this.#connect();
    return { connection, database: 'default', settings: none, parameters: none };
  }

  /** After an error a connection may give what belonged to the statement before. */
  #renew(lane: Lane): void {
    this.#addon.CloseConnection(lane.connection);
    Object.assign(lane, this.#fresh());
  }

  /** What is wrong with the statement as it came, instead of with the one that has our file in it. */
  #complaintAbout(lane: Lane, text: string, other: ClickHouseException): Promise<unknown> {
    return this.#addon.QueryAsyncConnection(lane.connection, text, 'TSV').then(
      () => other,
      (error: unknown) => exceptionOf(error),
    );
  }

  /** A question whose pipe breaks goes on and writes nowhere; it has to be stopped by another one. */
  #stop(lane: Lane): void {
    const own = `query LIKE '%${lane.pipe}%' AND query NOT LIKE 'KILL %'`;
    this.#addon
      .QueryAsyncConnection(this.#anchor, `KILL QUERY WHERE ${own} ASYNC`, 'TSV')
      .catch(() => {});
  }

  #lease(): Promise<Lane> {
    // The one used last, which most likely has the same settings.
    const lane = this.#free.pop();
    if (lane !== undefined) return Promise.resolve(lane);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(lane: Lane): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(lane);
    else next(lane);
  }

  /** Makes a lane's surroundings those of a statement; costs nothing when they are already. */
  async #prepare(lane: Lane, context: Context, text: string): Promise<void> {
    const isStale = (name: string): boolean =>
      !context.parameters.has(name) && new RegExp(`\\{\\s*${name}\\s*:`).test(text);
    // A parameter cannot be unset.
    if ([...lane.parameters.keys()].some(isStale)) this.#renew(lane);
    const changes = [
      ...changesOf(lane.settings, context.settings),
      ...changesOf(new Map(), context.parameters).map((change) => `param_${change}`),
    ];
    const statements: string[] = [];
    if (lane.database !== context.database) statements.push(`USE ${nameOf(context.database)}`);
    if (changes.length > 0) statements.push(`SET ${changes.join(', ')}`);
    if (statements.join().length > 100_000) {
      // Values have no limit where they come from, but here they are part of a statement.
      const limit = context.settings.get('max_query_size');
      await this.#addon.QueryAsyncConnection(lane.connection, 'SET max_query_size = 0', 'TSV');
      statements.push(`SET max_query_size = ${limit === undefined ? 'DEFAULT' : textOf(limit)}`);
    }
    if (statements.length === 0) return;
    await this.#addon.QueryAsyncConnection(lane.connection, statements.join('; '), 'TSV');
    lane.database = context.database;
    lane.settings = context.settings;
    lane.parameters = new Map([...lane.parameters, ...context.parameters]);
  }
}

/** Writes what a server would read at its start. Nobody listens on the port: it says "myself". */
function configure(dataDir: string, cluster: string): string {
  const path = join(dataDir, 'shim.xml');
  const shard = '<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>';
  const macros = `<shard>1</shard><replica>1</replica><cluster>${cluster}</cluster>`;
  const parts = [
    `<remote_servers><${cluster}>${shard}</${cluster}></remote_servers>`,
    `<macros>${macros}</macros>`,
    '<tcp_port>9000</tcp_port>',
  ];
  writeFileSync(path, `<clickhouse>${parts.join('')}</clickhouse>\n`);
  return path;
}

/** Assignments that make one set of settings another. */
function changesOf(from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): string[] {
  const wanted = [...to].filter(([name, value]) => from.get(name) !== value);
  const unwanted = [...from.keys()].filter((name) => !to.has(name));
  return [
    ...unwanted.map((name) => `${name} = DEFAULT`),
    ...wanted.map(([name, value]) => `${wordOf(name)} = ${textOf(value)}`),
  ];
}

function wordOf(name: string): string {
  if (/^\w+$/.test(name)) return name;
  throw new ClickHouseException(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`);
}

function textOf(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function nameOf(value: string): string {
  return `\`${value.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

function figuresOf(answer: {
  elapsed: number;
  rowsRead?: number;
  bytesRead?: number;
  rowsWritten?: number;
  bytesWritten?: number;
}): Figures {
  return {
    // Its names say something else, but these are the rows that come out.
    resultRows: answer.rowsRead ?? 0,
    resultBytes: answer.bytesRead ?? 0,
    writtenRows: answer.rowsWritten ?? 0,
    writtenBytes: answer.bytesWritten ?? 0,
    elapsedNs: Math.round(answer.elapsed * 1e9),
  };
}
