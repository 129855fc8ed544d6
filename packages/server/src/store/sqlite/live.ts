/** What the writer knows of a session while it is being written to, and how that is kept. */
import {
  applyPatch,
  initialStatus,
  type JsonObject,
  limits,
  parseJson,
  type SessionStatus,
  stringifyJson,
} from '@tacho/protocol';
import type { Database, Statement } from './database.ts';
import { decodeTouches, type Touch } from './frame.ts';
import type { Damage } from './writer.ts';

/** A session's row in memory. */
export interface Live {
  no: number;
  status: SessionStatus;
  updatedUs: number;
  patches: number;
  events: number;
  samples: number;
  skewUs: number | null;
  /** Journal rows up to here are counted in. */
  journalUpto: number;
  /** Differs from what the table says. */
  isDirty: boolean;
  /** Differs in a way that the journal does not hold, so that it must be written with this commit. */
  mustWrite: boolean;
  /** Current state, once a patch needed it, and at most how many characters it has as JSON. */
  state: JsonObject | undefined;
  stateLength: number;
  /** Revision of the last snapshot. */
  snapshotRevision: number;
}

/** A row of table status. */
export interface StatusRow {
  session: number;
  updated_us: number;
  patches: number;
  events: number;
  samples: number;
  skew_us: number | null;
  journal_upto: number;
  status: string;
}

/** Sessions kept in memory before the oldest of them are written and forgotten. */
const liveMax = 20_000;

/** Characters of JSON that the states in memory may have together. */
const stateLengthMax = 16 * 1024 * 1024;

/** Patches between two snapshots of the state; reading a state replays at most this many. */
const snapshotPatches = 64;

/** Sessions that are being written to. Everything happens inside the writer's transaction. */
export class LiveSessions {
  readonly #live = new Map<number, Live>();
  /** Sessions that are active and not hung: to those, activity means nothing but its time. */
  readonly #plain = new Set<number>();
  /** Sessions whose state is in memory, the least recently patched first. */
  readonly #stateful = new Set<Live>();
  #stateLength = 0;
  /** Number of the last change of any session. */
  #rev = 0;
  readonly #select: Statement;
  readonly #upsert: Statement;
  readonly #selectSnapshot: Statement;
  readonly #selectPatches: Statement;
  readonly #selectStart: Statement;
  readonly #insertSnapshot: Statement;
  readonly #db: Database;
  readonly #onDamage: (damage: Damage) => void;

  constructor(db: Database, onDamage: (damage: Damage) => void) {
    this.#db = db;
    this.#onDamage = onDamage;
    this.#select = db.prepare('SELECT * FROM status WHERE session = ?');
    this.#upsert = db.prepare(
      `INSERT INTO status(session, lifecycle, special, updated_us, patches, events, samples, skew_us,
         journal_upto, status, rev)
       VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT(session) DO UPDATE SET lifecycle = excluded.lifecycle, special = excluded.special,
         updated_us = excluded.updated_us, patches = excluded.patches, events = excluded.events,
         samples = excluded.samples, skew_us = excluded.skew_us,
         journal_upto = excluded.journal_upto, status = excluded.status, rev = excluded.rev`,
    );
    this.#selectSnapshot = db.prepare(
      'SELECT revision, state FROM snapshot WHERE session = ? ORDER BY revision DESC LIMIT 1',
    );
    this.#selectPatches = db.prepare(
      'SELECT patch FROM patch WHERE session = ? AND revision > ? AND revision <= ? ORDER BY revision',
    );
    this.#selectStart = db.prepare('SELECT start_state FROM session WHERE no = ?');
    this.#insertSnapshot = db.prepare(
      'INSERT INTO snapshot(session, revision, state) VALUES(?, ?, ?)',
    );
  }

  /** Reads what start-up needs: which sessions are plain, and what the journal says beyond the table. */
  load(): void {
    this.#live.clear();
    this.#plain.clear();
    this.#stateful.clear();
    this.#stateLength = 0;
    const last = this.#db
      .prepare(
        `SELECT coalesce((SELECT max(rev) FROM status), 0) AS written,
           coalesce((SELECT max(rev) FROM gone), 0) AS gone`,
      )
      .get() as { written: number; gone: number };
    this.#rev = Math.max(last.written, last.gone);
    const plain = this.#db.prepare('SELECT session FROM status WHERE special = 0');
    for (const row of plain.iterate() as Iterable<{ session: number }>)
      this.#plain.add(row.session);
    const journal = this.#db.prepare('SELECT id, touch FROM journal ORDER BY id');
    for (const row of journal.iterate() as Iterable<{ id: number; touch: Uint8Array }>) {
      for (const touch of decodeTouches(row.touch)) this.replay(row.id, touch);
    }
  }

  /** Whether activity of this session has no other effect than its time. */
  isPlain(no: number): boolean {
    return this.#plain.has(no);
  }

  /** The session, undefined when it does not exist (any more). */
  get(no: number): Live | undefined {
    const known = this.#live.get(no);
    if (known) return known;
    const row = this.#select.get(no) as StatusRow | undefined;
    if (!row) return undefined;
    const live: Live = {
      no,
      status: this.#readStatus(row),
      updatedUs: row.updated_us,
      patches: row.patches,
      events: row.events,
      samples: row.samples,
      skewUs: row.skew_us,
      journalUpto: row.journal_upto,
      isDirty: false,
      mustWrite: false,
      state: undefined,
      stateLength: 0,
      snapshotRevision: 0,
    };
    this.#live.set(no, live);
    return live;
  }

  /** Adds a session that was just created. */
  add(no: number, status: SessionStatus, receivedUs: number): Live {
    const live: Live = {
      no,
      status,
      updatedUs: receivedUs,
      patches: 0,
      events: 0,
      samples: 0,
      skewUs: null,
      journalUpto: 0,
      isDirty: true,
      mustWrite: true,
      state: undefined,
      stateLength: 0,
      snapshotRevision: 0,
    };
    this.#live.set(no, live);
    this.setStatus(live, status);
    return live;
  }

  /** Changes a session's status; the change is written with this commit. */
  setStatus(live: Live, status: SessionStatus): void {
    live.status = status;
    live.isDirty = true;
    live.mustWrite = true;
    if (isPlainStatus(status)) this.#plain.add(live.no);
    else this.#plain.delete(live.no);
  }

  /** Applies a touch of the journal to a session unless the table counts it in already. */
  replay(journalId: number, touch: Touch): void {
    const live = this.get(touch.session);
    if (!live || journalId <= live.journalUpto) return;
    applyTouch(live, touch);
    live.journalUpto = journalId;
    live.isDirty = true;
  }

  /**
   * Applies a patch (`text` is its JSON) to the current state and takes a snapshot when enough have
   * gathered; false, and no change, when the state would grow beyond `limits.stateBytesMax`.
   */
  patchState(live: Live, patch: JsonObject, text: string): boolean {
    const before = live.state ?? this.#loadState(live);
    const state = applyPatch(before, patch);
    // The sum of lengths is an upper bound; only beyond the limit is the state itself measured.
    let length = live.stateLength + text.length;
    if (length > limits.stateBytesMax) {
      length = Buffer.byteLength(stringifyJson(state));
      if (length > limits.stateBytesMax) return false;
    }
    this.#keepState(live, state, length);
    live.patches += 1;
    live.isDirty = true;
    live.mustWrite = true;
    if (live.patches - live.snapshotRevision >= snapshotPatches) {
      const json = stringifyJson(state);
      this.#insertSnapshot.run(live.no, live.patches, json);
      live.snapshotRevision = live.patches;
      this.#keepState(live, state, json.length);
    }
    return true;
  }

  /** Writes the sessions that this commit must write; `journalId` is the commit's journal row. */
  writeChanged(changed: Iterable<Live>, journalId: number): void {
    for (const live of changed) if (live.mustWrite) this.write(live, journalId);
  }

  /** Writes one session. */
  write(live: Live, journalId: number): void {
    live.journalUpto = Math.max(live.journalUpto, journalId);
    this.#upsert.run(
      live.no,
      live.status.lifecycle,
      isPlainStatus(live.status) ? 0 : 1,
      live.updatedUs,
      live.patches,
      live.events,
      live.samples,
      live.skewUs,
      live.journalUpto,
      JSON.stringify(live.status),
      this.nextRev(),
    );
    live.isDirty = false;
    live.mustWrite = false;
  }

  /** A number for a change of a session, greater than those of all changes before. */
  nextRev(): number {
    return ++this.#rev;
  }

  /** Writes a session if the journal knows more of it than the table. */
  settle(no: number, journalId: number): void {
    const live = this.get(no);
    if (live?.isDirty) this.write(live, journalId);
  }

  /** Keeps memory bounded: writes and forgets the sessions that were taken up first. */
  trim(journalId: number): void {
    if (this.#live.size <= liveMax) return;
    let surplus = Math.min(200, this.#live.size - liveMax + 100);
    for (const live of this.#live.values()) {
      if (surplus-- <= 0) break;
      if (live.isDirty) this.write(live, journalId);
      this.#dropState(live);
      this.#live.delete(live.no);
    }
  }

  /** Forgets a session that is being deleted. */
  remove(no: number): void {
    const live = this.#live.get(no);
    if (live) this.#dropState(live);
    this.#live.delete(no);
    this.#plain.delete(no);
  }

  /** Active sessions whose activity is not in the table yet, for the sweep. */
  peek(no: number): Live | undefined {
    return this.#live.get(no);
  }

  /** A damaged status starts anew: the session is taken for active until it or its silence says otherwise. */
  #readStatus(row: StatusRow): SessionStatus {
    let status = initialStatus(row.updated_us);
    this.#try('status', `status of session number ${row.session}`, () => {
      status = JSON.parse(row.status) as SessionStatus;
    });
    return status;
  }

  /** What is damaged is noted and passed over. */
  #try(what: string, place: string, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.#onDamage({ what, place, session: null, problem: (error as Error).message });
    }
  }

  #loadState(live: Live): JsonObject {
    const snapshot = this.#selectSnapshot.get(live.no) as
      | { revision: number; state: string }
      | undefined;
    const start = this.#selectStart.get(live.no) as { start_state: string } | undefined;
    const from = snapshot?.revision ?? 0;
    const text = snapshot?.state ?? start?.start_state ?? '{}';
    let state = parseJson(text) as JsonObject;
    live.stateLength = text.length;
    const patches = this.#selectPatches.all(live.no, from, live.patches) as { patch: string }[];
    for (const { patch } of patches) {
      state = applyPatch(state, parseJson(patch) as JsonObject);
      live.stateLength += patch.length;
    }
    live.snapshotRevision = from;
    return state;
  }

  /** Keeps a state in memory and lets go of others when all of them become too many. */
  #keepState(live: Live, state: JsonObject, length: number): void {
    if (this.#stateful.delete(live)) this.#stateLength -= live.stateLength;
    live.state = state;
    live.stateLength = length;
    this.#stateful.add(live);
    this.#stateLength += length;
    for (const other of this.#stateful) {
      if (this.#stateLength <= stateLengthMax || other === live) break;
      this.#dropState(other);
    }
  }

  #dropState(live: Live): void {
    if (this.#stateful.delete(live)) this.#stateLength -= live.stateLength;
    live.state = undefined;
  }
}

/** Notes what a touch says: times, counts, clocks. */
export function applyTouch(
  live: Pick<Live, 'status' | 'updatedUs' | 'samples' | 'skewUs'>,
  touch: Touch,
): void {
  const { receivedUs, heartbeatUs, skewUs } = touch;
  const { status } = live;
  live.updatedUs = Math.max(live.updatedUs, receivedUs);
  live.samples += touch.samples;
  const hasBeat = !Number.isNaN(heartbeatUs);
  live.status = {
    ...status,
    lastActivityUs: Math.max(status.lastActivityUs, receivedUs),
    lastHeartbeatUs: hasBeat
      ? Math.max(status.lastHeartbeatUs ?? heartbeatUs, heartbeatUs)
      : status.lastHeartbeatUs,
  };
  noteSkew(live, skewUs);
}

/** Keeps the smallest difference of clocks; NaN says nothing. */
export function noteSkew(live: Pick<Live, 'skewUs'>, skewUs: number): void {
  if (Number.isNaN(skewUs)) return;
  if (live.skewUs === null || Math.abs(skewUs) < Math.abs(live.skewUs)) live.skewUs = skewUs;
}

function isPlainStatus(status: SessionStatus): boolean {
  return status.lifecycle === 'active' && status.hungSinceUs === null;
}
