/** One slice of sealing: what the sealer prepared, and how the writer stores it. */
import type { Database, Statement } from './database.ts';

/** A cursor beyond every session: the whole range is sealed. */
export const sealedAll = 2 ** 52;

/** A chunk to be stored, in place of the shorter one that it continues if there is one. */
export interface ChunkWrite {
  session: number;
  series: number;
  ordinal: number;
  /** Index into the slice's `times`. */
  times: number;
  n: number;
  tMinUs: number;
  tMaxUs: number;
  summary: Uint8Array;
  data: Uint8Array;
  details: Uint8Array | null;
  /** The chunk that this one replaces, and the row of times which that one refers to. */
  replaces: { chunk: number; times: number } | undefined;
}

/** Chunks that become visible together with the cursor that says so. */
export interface Slice {
  /** The range of sealing: journal rows with ids up to this one. */
  upto: number;
  /** Sealed are all series of sessions before this one, and of this one those up to `series`. */
  session: number;
  series: number;
  /** Encoded columns of times; chunks refer to them by index. */
  times: Uint8Array[];
  chunks: ChunkWrite[];
  /** Sessions of the range whose row is to catch up with the journal. */
  settled: number[];
}

/** Bytes of journal that one transaction deletes at most, and rows. */
const dropBytesMax = 4 * 1024 * 1024;
const dropRowsMax = 500;

/** Writes slices; the caller holds the transaction. */
export class SliceWriter {
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(db: Database) {
    this.#sql = prepareAll(db);
  }

  /** Stores the chunks and moves the cursor. */
  write(slice: Slice): void {
    const known = new Map<number, boolean>();
    const exists = (session: number): boolean => {
      let is = known.get(session);
      if (is === undefined) {
        is = this.#sql.session.get(session) !== undefined;
        known.set(session, is);
      }
      return is;
    };
    // A session may have been deleted since the sealer read its samples.
    const chunks = slice.chunks.filter(({ session }) => exists(session));
    const refs = slice.times.map(() => 0);
    for (const { times } of chunks) refs[times] = refs[times]! + 1;
    const ids = slice.times.map((data, i) =>
      refs[i] === 0 ? 0 : Number(this.#sql.insertTimes.run(refs[i]!, data).lastInsertRowid),
    );
    for (const chunk of chunks) {
      if (chunk.replaces) {
        this.#sql.deleteChunk.run(chunk.replaces.chunk);
        this.#sql.releaseTimes.run(chunk.replaces.times);
        this.#sql.deleteTimes.run(chunk.replaces.times);
      }
      const { series, ordinal, n, tMinUs, tMaxUs, summary, data, details } = chunk;
      const times = ids[chunk.times]!;
      this.#sql.insertChunk.run(series, ordinal, times, n, tMinUs, tMaxUs, summary, data, details);
    }
    this.#sql.cursor.run(slice.upto, slice.session, slice.series);
  }

  /** Deletes the first sealed rows of the journal. */
  dropSealed(): { dropped: number; left: boolean; first: number } {
    const { upto, session } = this.#sql.seal.get() as { upto: number; session: number };
    if (session < sealedAll) throw new Error('journal rows are dropped before they are sealed');
    const rows = this.#sql.sealed.all(upto, dropRowsMax) as {
      id: number;
      samples: number;
      bytes: number;
    }[];
    let bytes = 0;
    let dropped = 0;
    let last = 0;
    for (const row of rows) {
      bytes += row.bytes;
      if (last > 0 && bytes > dropBytesMax) break;
      dropped += row.samples;
      last = row.id;
    }
    if (last > 0) this.#sql.dropJournal.run(last);
    const left = last > 0 && last < upto && this.#sql.anySealed.get(upto) !== undefined;
    return { dropped, left, first: last + 1 };
  }
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    session: prepare('SELECT 1 FROM session WHERE no = ?'),
    insertTimes: prepare('INSERT INTO times(refs, data) VALUES(?, ?)'),
    releaseTimes: prepare('UPDATE times SET refs = refs - 1 WHERE id = ?'),
    deleteTimes: prepare('DELETE FROM times WHERE id = ? AND refs <= 0'),
    deleteChunk: prepare('DELETE FROM chunk WHERE id = ?'),
    insertChunk: prepare(
      `INSERT INTO chunk(series, ordinal, times, n, t_min, t_max, summary, data, details)
       VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    cursor: prepare('UPDATE seal SET upto = ?, session = ?, series = ?'),
    seal: prepare('SELECT upto, session FROM seal'),
    sealed: prepare(
      `SELECT id, samples, coalesce(length(frame), 0) AS bytes FROM journal WHERE id <= ?
       ORDER BY id LIMIT ?`,
    ),
    anySealed: prepare('SELECT 1 FROM journal WHERE id <= ? LIMIT 1'),
    dropJournal: prepare('DELETE FROM journal WHERE id <= ?'),
  };
}
