/** The only one who writes: group commits, slices of sealing, sweeps, deletions, vacuum. */
import type { Told } from '../store.ts';
import { type Database, openWriter, type Statement } from './database.ts';
import { Deleter } from './delete.ts';
import { encodeTouches, sealFrame, type Touch } from './frame.ts';
import { type Committed, type Group, type Op, stepFields, steps } from './group.ts';
import { applyTouch, type Live, LiveSessions, noteSkew } from './live.ts';
import { type Slice, SliceWriter } from './slice.ts';
import { Teller, type TellerOptions } from './teller.ts';
import { TokenTable } from './tokens.ts';
import { WebhookTable } from './webhooks.ts';

/** What the writer is started with. */
export interface WriterOptions extends TellerOptions {
  file: string;
}

/** What the main thread needs to know to hand out numbers. */
export interface Opened {
  lastSession: number;
  lastSeries: number;
  unsealed: number;
  /** Rows in the journal: the first and last id, 0 when empty. */
  journalFirst: number;
  journalLast: number;
  quarantined: number;
}

/** A damaged piece that was set aside. */
export interface Damage {
  what: string;
  place: string;
  session: string | null;
  problem: string;
}

/** Owns the writing connection; every method is one or more short transactions. */
export class Writer {
  readonly tokens: TokenTable;
  readonly webhooks: WebhookTable;
  readonly #db: Database;
  readonly #live: LiveSessions;
  readonly #teller: Teller;
  readonly #slices: SliceWriter;
  readonly #deleter: Deleter;
  readonly #sql: ReturnType<typeof prepareAll>;
  #journalId: number;
  #unsealed = 0;
  #failedEpoch = -1;
  /** Met while writing and not yet set aside. */
  #damages: Damage[] = [];

  constructor(options: WriterOptions) {
    this.#db = openWriter(options.file);
    this.#live = new LiveSessions(this.#db, (damage) => this.#damages.push(damage));
    this.#teller = new Teller(this.#db, this.#live, options);
    this.#slices = new SliceWriter(this.#db);
    this.#deleter = new Deleter(this.#db);
    this.tokens = new TokenTable(this.#db);
    this.webhooks = new WebhookTable(this.#db);
    this.#sql = prepareAll(this.#db);
    const last = this.#db.prepare('SELECT max(id) AS id FROM journal').get() as {
      id: number | null;
    };
    const seal = this.#db.prepare('SELECT upto FROM seal').get() as { upto: number };
    // Ids go on after the last sealed row too, so that "sealed up to" stays true when the journal is empty.
    this.#journalId = Math.max(last.id ?? 0, seal.upto);
    this.#live.load();
  }

  /** Numbers and counts that the main thread starts from. */
  opened(): Opened {
    const one = (sql: string) =>
      (this.#db.prepare(sql).get() as { n: number | null } | undefined)?.n ?? 0;
    this.#unsealed = one('SELECT sum(samples) AS n FROM journal');
    if (this.#damages.length > 0) this.quarantine(this.#damages.splice(0));
    const last = (table: string) =>
      Math.max(
        one(`SELECT max(no) AS n FROM ${table}`),
        one(`SELECT CAST(value AS INTEGER) AS n FROM meta WHERE key = 'last_${table}'`),
      );
    return {
      lastSession: last('session'),
      lastSeries: last('series'),
      unsealed: this.#unsealed,
      journalFirst: one('SELECT min(id) AS n FROM journal'),
      journalLast: this.#journalId,
      quarantined: one('SELECT count(*) AS n FROM quarantine'),
    };
  }

  /** Makes a group durable: one transaction, one fsync. */
  commit(group: Group): Committed {
    if (group.epoch <= this.#failedEpoch) throw new Error('an earlier commit failed');
    try {
      return this.#commit(group);
    } catch (error) {
      this.#failedEpoch = group.epoch;
      throw error;
    }
  }

  /** Declares active sessions lost that were silent since before `silentSinceUs`; a page per call. */
  sweep(page: { after: number; silentSinceUs: number; nowUs: number }): {
    lost: number;
    after: number | undefined;
    told: Told[];
  } {
    const rows = this.#sql.active.all(page.after) as { session: number; updated_us: number }[];
    let lost = 0;
    const silent = rows.filter(({ session, updated_us }) => {
      const live = this.#live.peek(session);
      return (live?.status.lastActivityUs ?? updated_us) < page.silentSinceUs;
    });
    if (silent.length > 0) {
      this.#transaction(() => {
        for (const { session } of silent) {
          const live = this.#live.get(session);
          if (!live || live.status.lastActivityUs >= page.silentSinceUs) continue;
          const signal = { kind: 'lost', atUs: page.nowUs, receivedUs: page.nowUs } as const;
          this.#teller.conclude(live, signal);
          this.#live.write(live, this.#journalId);
          lost += 1;
        }
      });
    }
    const after = rows.length < pageRows ? undefined : rows.at(-1)!.session;
    return { lost, after, told: this.#teller.takeTold() };
  }

  /** Makes old sessions invisible; their data goes in `deleteStep`. Returns their ids. */
  expire(rules: { beforeUs: number; sessionsMax: number }): string[] {
    const rows = this.#sql.expired.all(rules.beforeUs, rules.sessionsMax) as {
      no: number;
      id: string;
    }[];
    const gone: string[] = [];
    if (rows.length === 0) return gone;
    this.#transaction(() => {
      for (const { no, id } of rows) {
        // The table may lag behind the journal.
        if ((this.#live.get(no)?.updatedUs ?? 0) >= rules.beforeUs) continue;
        this.#doom(no);
        gone.push(id);
      }
    });
    return gone;
  }

  /** Makes a session invisible; its data goes in `deleteStep`. False when there is none with this id. */
  remove(id: string): boolean {
    const row = this.#sql.byId.get(id) as { no: number } | undefined;
    if (!row) return false;
    this.#transaction(() => this.#doom(row.no));
    return true;
  }

  /** Deletes some data of doomed sessions; false when nothing is left to do. */
  deleteStep(): boolean {
    return this.#transaction(() => this.#deleter.step());
  }

  /** Forgets idempotency keys that were stored before, and deletions of long ago. */
  forget(keysBeforeUs: number): void {
    this.#transaction(() => {
      this.#sql.forgetKeys.run(keysBeforeUs);
      this.#deleter.forgetGone();
    });
  }

  /** Writes one slice of sealing. */
  slice(slice: Slice): void {
    this.#transaction(() => {
      this.#slices.write(slice);
      for (const session of slice.settled) this.#live.settle(session, this.#journalId);
    });
  }

  /** Deletes some sealed journal rows; says how many samples are unsealed, and whether rows are left. */
  dropSealed(): { unsealed: number; left: boolean; first: number } {
    const { dropped, left, first } = this.#transaction(() => this.#slices.dropSealed());
    this.#unsealed -= dropped;
    return { unsealed: this.#unsealed, left, first };
  }

  /** Sets a damaged piece aside, once; returns how many there are. */
  quarantine(damages: Damage[]): number {
    this.#transaction(() => {
      for (const { what, place, session, problem } of damages) {
        this.#sql.quarantine.run(Date.now() * 1000, what, place, session, problem);
      }
    });
    return (this.#db.prepare('SELECT count(*) AS n FROM quarantine').get() as { n: number }).n;
  }

  /** Gives up to `pages` free pages back to the file system; returns how many are left. */
  vacuumStep(pages: number): number {
    // The pragma frees one page per row that is fetched.
    this.#db.prepare(`PRAGMA incremental_vacuum(${pages})`).all();
    return (this.#db.prepare('PRAGMA freelist_count').get() as { freelist_count: number })
      .freelist_count;
  }

  /** Copies what is left of the write-ahead log into the database so that the log starts over. */
  checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    this.#db.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
  }

  close(): void {
    this.checkpoint('TRUNCATE');
    this.#db.close();
  }

  #commit(group: Group): Committed {
    const refused: number[] = [];
    const touches = new Map<number, Touch>();
    const changed = new Set<Live>();
    const needsJournal = group.frame !== undefined || hasHeartbeat(group);
    const journalId = needsJournal ? this.#journalId + 1 : this.#journalId;
    this.#transaction(() => {
      const s = group.steps;
      for (let i = 0; i < group.stepCount; i++) {
        const at = i * stepFields;
        const receivedUs = s[at + 2]!;
        if (s[at] === steps.op) {
          const index = s[at + 1]!;
          const op = group.ops[index]!;
          if (op.op === 'key' && op.unless !== undefined && refused.includes(op.unless)) continue;
          if (!this.#run(op, receivedUs, s[at + 4]!, changed)) refused.push(index);
        } else {
          this.#touch(s.subarray(at, at + stepFields), touches, changed);
        }
      }
      if (needsJournal) {
        if (group.frame) sealFrame(group.frame);
        const touch = encodeTouches([...touches.values()]);
        this.#sql.journal.run(journalId, touch, group.samples, group.frame ?? null);
        for (const one of touches.values()) {
          const live = this.#live.peek(one.session);
          if (live) live.journalUpto = journalId;
        }
      }
      this.#live.writeChanged(changed, journalId);
      this.#live.trim(journalId);
    });
    this.#journalId = journalId;
    this.#unsealed += group.samples;
    const committed = { unsealed: this.#unsealed, bytes: roughBytes(group), refused };
    const told = this.#teller.takeTold();
    return told.length === 0 ? committed : { ...committed, told };
  }

  #doom(no: number): void {
    this.#deleter.doom(no, this.#live.nextRev());
    this.#live.remove(no);
  }

  #transaction<T>(body: () => T): T {
    this.#sql.begin.run();
    try {
      const result = body();
      this.#sql.commit.run();
      return result;
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself.
      }
      this.#teller.takeTold();
      // Memory ran ahead of the table.
      this.#live.load();
      throw error;
    }
  }

  /** Takes a step that is only in the journal: samples or a heartbeat. */
  #touch(step: Float64Array, touches: Map<number, Touch>, changed: Set<Live>): void {
    const [kind, no, receivedUs, atUs, skewUs, samples] = step as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const live = this.#live.get(no);
    if (!live) return;
    const isBeat = kind === steps.heartbeat || kind === steps.witness;
    const touch = {
      session: no,
      samples,
      receivedUs,
      heartbeatUs: isBeat ? receivedUs : NaN,
      skewUs,
    };
    if (kind === steps.replayed || this.#live.isPlain(no)) {
      applyTouch(live, touch);
    } else {
      this.#teller.say(live, { kind: signalKind(kind), atUs, receivedUs }, undefined, changed);
      live.samples += samples;
      noteSkew(live, skewUs);
    }
    live.isDirty = true;
    const before = touches.get(no);
    touches.set(no, before ? mergeTouches(before, touch) : touch);
  }

  /** Runs an op; false when it is refused. */
  #run(op: Op, receivedUs: number, skewUs: number, changed: Set<Live>): boolean {
    switch (op.op) {
      case 'series':
        this.#sql.series.run(op.no, op.session, op.local, op.key);
        return true;
      case 'spool':
        this.#sql.spool.run(op.id, op.floor, JSON.stringify(op.ahead), receivedUs);
        return true;
      case 'key':
        this.#sql.key.run(op.key, op.fingerprint, op.reply, receivedUs);
        return true;
      case 'start':
        this.#teller.start(op, receivedUs, skewUs, changed);
        return true;
      case 'status':
        this.#teller.restore(op, receivedUs, changed);
        return true;
      default:
        return this.#teller.tell(op, receivedUs, skewUs, changed);
    }
  }
}

/** Rows looked at in one transaction of a sweep. */
const pageRows = 500;

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    journal: prepare('INSERT INTO journal(id, touch, samples, frame) VALUES(?, ?, ?, ?)'),
    series: prepare('INSERT INTO series(no, session, local, key) VALUES(?, ?, ?, ?)'),
    spool: prepare(
      `INSERT INTO spool(id, floor, ahead, updated_us) VALUES(?, ?, ?, ?) ON CONFLICT(id) DO UPDATE
       SET floor = excluded.floor, ahead = excluded.ahead, updated_us = excluded.updated_us`,
    ),
    key: prepare(
      `INSERT INTO once(key, fingerprint, reply, created_us) VALUES(?, ?, ?, ?)
       ON CONFLICT(key) DO UPDATE SET fingerprint = excluded.fingerprint, reply = excluded.reply,
         created_us = excluded.created_us`,
    ),
    forgetKeys: prepare('DELETE FROM once WHERE created_us < ?'),
    active: prepare(
      `SELECT session, updated_us FROM status WHERE lifecycle = 'active' AND session > ?
       ORDER BY session LIMIT ${pageRows}`,
    ),
    expired: prepare(
      `SELECT s.no, s.id FROM status t JOIN session s ON s.no = t.session
       WHERE t.lifecycle IN ('ended', 'crashed', 'lost') AND t.updated_us < ? LIMIT ?`,
    ),
    byId: prepare('SELECT no FROM session WHERE id = ?'),
    quarantine: prepare(
      `INSERT INTO quarantine(found_us, what, place, session, problem) VALUES(?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
  };
}

function hasHeartbeat(group: Group): boolean {
  for (let i = 0; i < group.stepCount; i++) {
    const kind = group.steps[i * stepFields];
    if (kind === steps.heartbeat || kind === steps.witness) return true;
  }
  return false;
}

function signalKind(step: number): 'heartbeat' | 'witness' | 'activity' {
  if (step === steps.heartbeat) return 'heartbeat';
  return step === steps.witness ? 'witness' : 'activity';
}

function mergeTouches(a: Touch, b: Touch): Touch {
  const beats = [a.heartbeatUs, b.heartbeatUs].filter((us) => !Number.isNaN(us));
  const skews = [a.skewUs, b.skewUs].filter((us) => !Number.isNaN(us));
  return {
    session: a.session,
    samples: a.samples + b.samples,
    receivedUs: Math.max(a.receivedUs, b.receivedUs),
    heartbeatUs: beats.length > 0 ? Math.max(...beats) : NaN,
    skewUs: skews.length > 0 ? skews.reduce((x, y) => (Math.abs(y) < Math.abs(x) ? y : x)) : NaN,
  };
}

/** Pages are written whole, so a small commit still costs a few of them. */
function roughBytes(group: Group): number {
  return 3 * 16_384 + (group.frame?.length ?? 0) + group.ops.length * 256;
}
