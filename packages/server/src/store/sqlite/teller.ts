/** What sessions say of themselves and what the server concludes: status, patches and events. */
import {
  advance,
  type EventRecord,
  eventNames,
  initialStatus,
  type JsonObject,
  parseJson,
  type Signal,
  signalOfEvent,
  stringifyJson,
} from '@tacho/protocol';
import { changeOf, type Told } from '../told.ts';
import type { Database, Statement } from './database.ts';
import type { Op } from './group.ts';
import { type Live, type LiveSessions, noteSkew } from './live.ts';

/** Rules that decide about the siblings of a new session. */
export interface TellerOptions {
  suspendedAfterUs: number;
  returnGraceUntilUs: number;
}

/** Applies what is said to sessions; the caller holds the transaction. */
export class Teller {
  readonly #options: TellerOptions;
  readonly #live: LiveSessions;
  readonly #told: Told[] = [];
  readonly #sql: ReturnType<typeof prepareAll>;
  #lastEventId: number | undefined;

  constructor(db: Database, live: LiveSessions, options: TellerOptions) {
    this.#options = options;
    this.#live = live;
    this.#sql = prepareAll(db);
  }

  /** Creates a session; siblings whose machine returned with it are declared dead first. */
  start(op: Extract<Op, { op: 'start' }>, receivedUs: number, skewUs: number, changed: Set<Live>) {
    const isNews = !op.replay && op.nowUs >= this.#options.returnGraceUntilUs;
    if (op.machineId !== undefined && isNews) {
      this.#machineReturned(op, op.machineId, receivedUs, changed);
    }
    const { machineId = null, hostname = null, bootId = null, agentId = null } = op;
    this.#sql.session.run(
      op.no,
      op.id,
      op.atUs,
      op.product,
      op.version,
      machineId,
      hostname,
      bootId,
      agentId,
      op.state,
    );
    const live = this.#live.add(op.no, initialStatus(receivedUs), receivedUs);
    noteSkew(live, skewUs);
    changed.add(live);
  }

  /** The machine runs again, so siblings that had fallen silent before are dead. */
  #machineReturned(
    op: Extract<Op, { op: 'start' }>,
    machineId: string,
    receivedUs: number,
    changed: Set<Live>,
  ): void {
    const siblings = this.#sql.siblings.all(machineId, op.product) as {
      no: number;
      boot_id: string | null;
      agent_id: string | null;
    }[];
    for (const { no, boot_id, agent_id } of siblings) {
      const live = this.#live.get(no);
      if (live?.status.lifecycle !== 'active') continue;
      const { lastHeartbeatUs } = live.status;
      if (lastHeartbeatUs === null) continue;
      if (receivedUs - lastHeartbeatUs <= this.#options.suspendedAfterUs) continue;
      const isKnown = boot_id !== null && agent_id !== null;
      if (isKnown && boot_id === op.bootId && agent_id === op.agentId) continue;
      this.conclude(live, { kind: 'returned', machineId, atUs: receivedUs, receivedUs });
      changed.add(live);
    }
  }

  /** Patches, events and ends: what a session says of itself; false when it is refused. */
  tell(
    op: Extract<Op, { op: 'patch' | 'event' | 'end' | 'crash' }>,
    receivedUs: number,
    skewUs: number,
    changed: Set<Live>,
  ): boolean {
    const live = this.#live.get(op.no);
    // The session expired while this was on its way.
    if (!live) return true;
    const { atUs } = op;
    if (op.op === 'patch') {
      const patch = parseJson(op.patch) as JsonObject;
      if (!this.#live.patchState(live, patch, op.patch)) return false;
      this.#sql.patch.run(op.no, live.patches, atUs, op.saidUs ?? receivedUs, op.patch);
      if (op.replay) this.#note(live, op.saidUs ?? receivedUs, changed);
      else this.say(live, { kind: 'activity', atUs, receivedUs }, undefined, changed);
    } else if (op.op === 'event' && op.replay) {
      const saidUs = op.saidUs ?? receivedUs;
      this.#event(live, { ...op, receivedUs: saidUs });
      this.#note(live, saidUs, changed);
    } else if (op.op === 'event') {
      this.say(live, { kind: signalOfEvent(op.name), atUs, receivedUs }, op, changed);
    } else if (op.op === 'crash') {
      const { reason, cause } = op;
      const signal = { kind: op.op, reason, atUs, receivedUs, ...(cause && { cause }) };
      this.say(live, signal, undefined, changed);
    } else {
      const { cause } = op;
      const signal = { kind: op.op, atUs, receivedUs, ...(cause && { cause }) };
      this.say(live, signal, undefined, changed);
    }
    noteSkew(live, skewUs);
    return true;
  }

  /** A session stands as it is said to, whatever was said before. */
  restore(op: Extract<Op, { op: 'status' }>, receivedUs: number, changed: Set<Live>): void {
    const live = this.#live.get(op.no);
    if (!live) return;
    this.#live.setStatus(live, op.status);
    live.skewUs = op.skewUs;
    live.updatedUs = op.updatedUs ?? Math.max(live.updatedUs, receivedUs);
    changed.add(live);
  }

  /** Something was stored of which only the time counts. */
  #note(live: Live, receivedUs: number, changed: Set<Live>): void {
    const { status } = live;
    const lastActivityUs = Math.max(status.lastActivityUs, receivedUs);
    this.#live.setStatus(live, { ...status, lastActivityUs });
    live.updatedUs = Math.max(live.updatedUs, receivedUs);
    changed.add(live);
  }

  /** A session said something: its status moves, its event and those of the server are stored. */
  say(
    live: Live,
    signal: Signal,
    event: Extract<Op, { op: 'event' }> | undefined,
    changed: Set<Live>,
  ): void {
    const outcome = advance(live.status, signal);
    const { status, emit, drop } = outcome;
    this.#observe(live, outcome, signal);
    this.#live.setStatus(live, status);
    live.updatedUs = Math.max(live.updatedUs, signal.receivedUs);
    changed.add(live);
    // A session resumes before the thing that showed it; whatever else follows comes after it.
    const isResume = (one: EventRecord) => one.name === eventNames.resume;
    for (const one of emit.filter(isResume)) this.#emit(live, one, signal);
    if (event && !drop) {
      const { atUs, level, name, record } = event;
      this.#event(live, { atUs, receivedUs: signal.receivedUs, level, name, record });
    }
    for (const one of emit) if (!isResume(one)) this.#emit(live, one, signal);
  }

  /** The server came to a conclusion about a session; that is no activity of its own. */
  conclude(live: Live, signal: Signal): void {
    const outcome = advance(live.status, signal);
    const { status, emit } = outcome;
    this.#observe(live, outcome, signal);
    this.#live.setStatus(live, status);
    for (const one of emit) this.#emit(live, one, signal);
  }

  /** What was found out since the last call; the caller's transaction decides whether it is true. */
  takeTold(): Told[] {
    return this.#told.splice(0);
  }

  #observe(live: Live, outcome: ReturnType<typeof advance>, signal: Signal): void {
    const change = changeOf(live.status, outcome, signal);
    if (change === undefined) return;
    const row = this.#sql.id.get(live.no) as { id: string } | undefined;
    if (row !== undefined) this.#told.push({ ...change, session: row.id });
  }

  #emit(live: Live, event: EventRecord, { atUs, receivedUs }: Signal): void {
    const record = stringifyJson(event as unknown as JsonObject);
    this.#event(live, { atUs, receivedUs, level: event.level, name: event.name, record });
  }

  #event(
    live: Live,
    event: { atUs: number; receivedUs: number; level: string; name: string; record: string },
  ): void {
    const { atUs, receivedUs, level, name, record } = event;
    const id = this.#nextEventId();
    this.#sql.event.run(id, live.no, live.events, atUs, receivedUs, level, name, record);
    live.events += 1;
    live.isDirty = true;
    live.mustWrite = true;
  }

  /** Ids are never given out twice: indexes follow the events by them. */
  #nextEventId(): number {
    this.#lastEventId ??= (this.#sql.lastEvent.get() as { id: number }).id;
    this.#lastEventId += 1;
    return this.#lastEventId;
  }
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    session: prepare(
      `INSERT INTO session(no, id, created_us, product, version, machine_id, hostname, boot_id,
         agent_id, start_state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    patch: prepare(
      'INSERT INTO patch(session, revision, at_us, received_us, patch) VALUES(?, ?, ?, ?, ?)',
    ),
    event: prepare(
      `INSERT INTO event(id, session, seq, at_us, received_us, level, name, record)
       VALUES(?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    lastEvent: prepare(
      `SELECT max(coalesce((SELECT max(id) FROM event), 0), coalesce((SELECT CAST(value AS INTEGER)
         FROM meta WHERE key = 'last_event'), 0)) AS id`,
    ),
    id: prepare('SELECT id FROM session WHERE no = ?'),
    siblings: prepare(
      'SELECT no, boot_id, agent_id FROM session WHERE machine_id = ? AND product = ?',
    ),
  };
}
