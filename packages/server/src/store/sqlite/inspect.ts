/** Looks at every row and checksum of a data directory, without changing anything. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeDetails } from './codec/details.ts';
import { decodeSummary } from './codec/summary.ts';
import { decodeTimes } from './codec/times.ts';
import { decodeValues } from './codec/values.ts';
import { type Database, databaseFile, OpenError, openReader, schemaVersion } from './database.ts';
import { decodeFrame, decodeTouches } from './frame.ts';
import { migrations } from './migrations.ts';

/** Something that is not as it should be. */
interface Problem {
  /** What kind of thing it is, and what is wrong with it. */
  what: string;
  where: string;
  /** Id of the session that it belongs to, where that is known. */
  session?: string;
}

/** What a data directory holds, and what is wrong with it. */
export interface Inspection {
  file: string;
  schemaVersion: number;
  /** Bytes of the database and its write-ahead log, and how many of them are free for reuse. */
  bytes: number;
  freeBytes: number;
  sessions: number;
  events: number;
  samples: number;
  unsealedSamples: number;
  problems: Problem[];
}

/** Problems of one kind that are listed; a wrecked file has more than anybody reads. */
const problemsMax = 1_000;

/** Inspects a data directory; throws OpenError when there is no database that can be read at all. */
export function inspect(dir: string): Inspection {
  return inspectFile(join(dir, databaseFile));
}

/** Inspects a database file, e.g. a backup. */
export function inspectFile(file: string): Inspection {
  if (!existsSync(file)) throw new OpenError(`there is no ${file}`);
  let db: Database;
  try {
    db = openReader(file);
  } catch (error) {
    throw new OpenError(`cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    return new Inspector(db, file).run();
  } finally {
    db.close();
  }
}

/** Offset, length and possible contents of header fields (https://www.sqlite.org/fileformat.html). */
const headerFields: readonly (readonly [number, number, readonly number[]])[] = [
  [16, 2, [16_384]],
  // For writing and for reading: 2 is WAL; a backup has none.
  [18, 1, [1, 2]],
  [19, 1, [1, 2]],
  [20, 1, [0]],
  [21, 1, [64]],
  [22, 1, [32]],
  [23, 1, [32]],
  [44, 4, [4]],
  [56, 4, [1]],
  // Incremental vacuum.
  [64, 4, [1]],
  [68, 4, [0]],
];

class Inspector {
  readonly #db: Database;
  readonly #file: string;
  readonly #problems: Problem[] = [];

  constructor(db: Database, file: string) {
    this.#db = db;
    this.#file = file;
  }

  run(): Inspection {
    let version = 0;
    try {
      version = schemaVersion(this.#db);
      // One snapshot for all, so that a running server does not make the parts disagree.
      this.#db.exec('BEGIN');
    } catch (error) {
      throw new OpenError(`cannot read ${this.#file}: ${(error as Error).message}`);
    }
    if (version === 0) throw new OpenError(`${this.#file} was not written by tacho`);
    if (version > migrations.length) {
      this.#add({ what: `schema ${version} is newer than this tacho knows`, where: 'database' });
    }
    this.#header();
    this.#pages();
    this.#quarantine();
    const sealed = this.#chunks();
    const unsealed = this.#journal();
    this.#catalog();
    const inspection = {
      file: this.#file,
      schemaVersion: version,
      bytes: sizeOf(this.#file) + sizeOf(`${this.#file}-wal`),
      freeBytes: this.#number('PRAGMA freelist_count') * this.#number('PRAGMA page_size'),
      sessions: this.#number('SELECT count(*) FROM session'),
      events: this.#number('SELECT count(*) FROM event'),
      samples: sealed + unsealed,
      unsealedSamples: unsealed,
      problems: this.#problems,
    };
    this.#db.exec('COMMIT');
    return inspection;
  }

  /** Bytes that SQLite believes without a check; a reader can do with some that a writer refuses. */
  #header(): void {
    // What counts may be in the log while a server runs.
    if (sizeOf(`${this.#file}-wal`) > 0) return;
    this.#try('file header', () => {
      const header = Buffer.alloc(100);
      const fd = openSync(this.#file, 'r');
      try {
        readSync(fd, header, 0, header.length, 0);
      } finally {
        closeSync(fd);
      }
      for (const [offset, bytes, expected] of headerFields) {
        const found = header.readUIntBE(offset, bytes);
        if (expected.includes(found)) continue;
        const what = `byte ${offset} holds ${found}, not ${expected.join(' or ')}`;
        this.#add({ what, where: 'file header' });
      }
    });
  }

  /** SQLite's own check of pages, trees and indexes. */
  #pages(): void {
    this.#try('database pages', () => {
      const check = this.#db.prepare(`PRAGMA integrity_check(${problemsMax})`);
      for (const row of check.iterate() as Iterable<{ integrity_check: string }>) {
        if (row.integrity_check === 'ok') continue;
        this.#add({ what: `damaged page: ${row.integrity_check}`, where: 'database' });
      }
    });
  }

  #quarantine(): void {
    this.#try('quarantine', () => {
      const rows = this.#db.prepare('SELECT what, place, session, problem FROM quarantine').all();
      for (const { what, place, session, problem } of rows as {
        what: string;
        place: string;
        session: string | null;
        problem: string;
      }[]) {
        const about = session === null ? {} : { session };
        this.#add({ what: `${what} set aside: ${problem}`, where: place, ...about });
      }
    });
  }

  /** Decodes every chunk; returns the number of samples. */
  #chunks(): number {
    let samples = 0;
    this.#try('chunks', () => {
      const rows = this.#db.prepare(
        `SELECT c.id, c.series, c.ordinal, c.n, c.summary, c.data, c.details, t.data AS times,
           s.id AS session
         FROM chunk c LEFT JOIN times t ON t.id = c.times LEFT JOIN series x ON x.no = c.series
           LEFT JOIN session s ON s.no = x.session`,
      );
      for (const row of rows.iterate() as Iterable<ChunkRow>) {
        const problem = chunkProblem(row);
        if (!problem) {
          samples += row.n;
          continue;
        }
        const where = `chunk ${row.ordinal} of series ${row.series}`;
        this.#add({ what: problem, where, ...(row.session !== null && { session: row.session }) });
      }
    });
    return samples;
  }

  /** Decodes every journal row; returns the number of samples that are not sealed. */
  #journal(): number {
    let samples = 0;
    this.#try('journal', () => {
      const seal = this.#db.prepare('SELECT upto FROM seal').get() as { upto: number };
      const rows = this.#db.prepare('SELECT id, touch, samples, frame FROM journal ORDER BY id');
      for (const row of rows.iterate() as Iterable<{
        id: number;
        touch: Uint8Array;
        samples: number;
        frame: Uint8Array | null;
      }>) {
        try {
          decodeTouches(row.touch);
          if (row.frame) decodeFrame(row.frame);
          if (row.id > seal.upto) samples += row.samples;
        } catch (error) {
          this.#add({ what: (error as Error).message, where: `journal ${row.id}` });
        }
      }
    });
    return samples;
  }

  /** Reads what is kept as JSON. */
  #catalog(): void {
    const columns = [
      ['session', 'start_state', 'no'],
      ['status', 'status', 'session'],
      ['series', 'key', 'session'],
      ['event', 'record', 'session'],
      ['patch', 'patch', 'session'],
      ['snapshot', 'state', 'session'],
    ] as const;
    for (const [table, column, session] of columns) {
      this.#try(`table ${table}`, () => {
        const rows = this.#db.prepare(
          `SELECT s.id AS session FROM ${table} t LEFT JOIN session s ON s.no = t.${session}
           WHERE NOT json_valid(t.${column}) LIMIT ${problemsMax}`,
        );
        for (const row of rows.iterate() as Iterable<{ session: string | null }>) {
          const about = row.session === null ? {} : { session: row.session };
          this.#add({ what: 'text is not JSON', where: `table ${table}`, ...about });
        }
      });
    }
  }

  #number(sql: string): number {
    let found = 0;
    this.#try(sql, () => {
      const row = this.#db.prepare(sql).get() as Record<string, number>;
      found = Object.values(row)[0] ?? 0;
    });
    return found;
  }

  /** What cannot be read is a finding, not a failure. */
  #try(where: string, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#add({ what: (error as Error).message, where });
    }
  }

  #add(problem: Problem): void {
    if (this.#problems.length < problemsMax) this.#problems.push(problem);
  }
}

interface ChunkRow {
  series: number;
  ordinal: number;
  n: number;
  summary: Uint8Array;
  data: Uint8Array;
  details: Uint8Array | null;
  times: Uint8Array | null;
  session: string | null;
}

function chunkProblem(row: ChunkRow): string | undefined {
  try {
    if (row.times === null) return 'its times are missing';
    const times = decodeTimes(row.times).length;
    const values = decodeValues(row.data).length;
    const { count } = decodeSummary(row.summary);
    if (row.details) decodeDetails(row.details);
    if (times !== row.n || values !== row.n || count !== row.n) {
      return `it should hold ${row.n} samples, but has ${times} times, ${values} values and a summary of ${count}`;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
