/** The index of states: which sessions have which value at which path, as their states stand. */
import {
  type JsonObject,
  type JsonValue,
  limits,
  statePlaces,
  stringifyJson,
} from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';
import { GoneFeed } from './gone.ts';
import { Cursors } from './index-database.ts';
import type { IndexPart } from './index-part.ts';
import { SessionSetBlocks, SetChanges } from './session-set-blocks.ts';
import { type OrderKey, StateOrders } from './state-orders.ts';
import { StateReader } from './state-reader.ts';

/** What stands for a value in table state_value where there is none to keep; no JSON looks so. */
export const places = {
  /** Something is at the path. */
  any: '',
  /** An object is at the path. */
  object: 'o',
  /** A value that is too long to keep. */
  long: '*',
} as const;

/** Number of the set of all sessions that are indexed. */
export const everySession = 0;

/** Values whose numbers are kept in memory. */
const knownMax = 50_000;

/** Deleted sessions that one step takes up. */
const goneRows = 100;

/** Blocks of sets that wait to be written; more of them would take longer than a slice. */
const changesMax = 1_000;

/** Changed sessions taken up at once before a question. */
const catchUpRows = 500;

/**
 * Follows the states of sessions by `status.rev`. A state with more than `limits.statePlacesMax`
 * places, or with two places of the same path, is called irregular: of it only the first places are
 * indexed, and conditions are held against the state itself.
 */
export class StateIndex implements IndexPart {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #cursors: Cursors;
  readonly #gone: GoneFeed;
  readonly #states: StateReader;
  readonly #sets: SessionSetBlocks;
  readonly #orders: StateOrders;
  readonly #values = new Map<string, number>();
  /** Values of this step that have no row yet, by number. */
  readonly #freshValues = new Map<number, { path: string; json: string }>();
  /** What `settle` puts into the sets; changes of several steps together, since most are of the same sets. */
  #changes = new SetChanges();
  /** The last number given out to a value; numbers of values that went are not given out again before a restart. */
  #lastValue: number | undefined;

  constructor(main: Database, index: Database) {
    this.#sql = prepareAll(main, index);
    this.#cursors = new Cursors(index);
    this.#gone = new GoneFeed(main);
    this.#states = new StateReader(main);
    this.#sets = new SessionSetBlocks(index);
    this.#orders = new StateOrders(index);
  }

  step(rows: number): boolean {
    if (this.#changes.size > changesMax) this.settle();
    return this.#take(rows) || this.#drop();
  }

  /** Sets, values and their order become what the sessions are said to have. */
  settle(): void {
    this.#orders.write();
    const changes = this.#changes;
    this.#changes = new SetChanges();
    this.#apply(changes);
  }

  forget(): void {
    this.#values.clear();
    this.#freshValues.clear();
    this.#orders.forget();
    this.#changes = new SetChanges();
    this.#lastValue = undefined;
  }

  /** Takes up everything that is committed. */
  catchUp(): void {
    while (this.step(catchUpRows));
    this.settle();
  }

  /** Takes up some changed sessions; true while there are more. */
  #take(rows: number): boolean {
    const from = this.#cursors.get('states');
    if (from === 0) this.#cursors.set('states_gone', this.#gone.last());
    const found = this.#sql.changed.all(from, rows) as unknown as ChangedRow[];
    if (found.length === 0) return false;
    const changes = this.#changes;
    for (const { session, patches } of found) {
      const before = this.#sql.session.get(session) as SessionStateRow | undefined;
      // Most changes of a session are none of its state.
      if (before?.patches === patches) continue;
      const state = this.#states.read(session, patches);
      if (!state) continue;
      const { items, keys, isIrregular } = this.#itemsOf(state);
      const had = itemsOf(before);
      noteChanges(session, had, items, changes);
      this.#leaveOrders(session, had, items);
      for (const [item, { path, key }] of keys) {
        // Of two values at one path, one alone was in order.
        if (!had.has(item) || before?.irregular === 1) this.#orders.set(path, session, key);
      }
      this.#sql.putSession.run(session, patches, isIrregular ? 1 : 0, bytesOf(items));
    }
    this.#cursors.set('states', found.at(-1)!.rev);
    return found.length === rows;
  }

  /** Takes some deleted sessions out; false when there are none. */
  #drop(): boolean {
    const from = this.#cursors.get('states_gone');
    const { sessions, upto } = this.#gone.after(from, goneRows);
    if (sessions.size === 0) return false;
    const changes = this.#changes;
    for (const session of sessions) {
      const before = this.#sql.session.get(session) as SessionStateRow | undefined;
      if (!before) continue;
      const [had, none] = [itemsOf(before), new Set<number>()];
      noteChanges(session, had, none, changes);
      this.#leaveOrders(session, had, none);
      this.#sql.deleteSession.run(session);
    }
    this.#cursors.set('states_gone', upto);
    return true;
  }

  /** Takes a session out of the order of values that it no longer has. */
  #leaveOrders(session: number, had: ReadonlySet<number>, has: ReadonlySet<number>): void {
    for (const item of had) {
      const path = has.has(item) ? undefined : this.#pathOf(item);
      if (path !== undefined) this.#orders.set(path, session, undefined);
    }
  }

  /** The number of the path of a value. */
  #pathOf(item: number): number | undefined {
    const fresh = this.#freshValues.get(item);
    if (fresh) return this.#valueNo(fresh.path, places.any);
    const row = this.#sql.pathOf.get(item) as { path: string } | undefined;
    return row && this.#valueNo(row.path, places.any);
  }

  /**
   * The numbers of the sets that a session with this state belongs to, and of those that are of a
   * value with an order, the number of its path.
   */
  #itemsOf(state: JsonObject): StateItems {
    const items = new Set([everySession]);
    const keys: StateItems['keys'] = new Map();
    const paths = new Set<string>();
    let count = 0;
    let isIrregular = false;
    for (const { path, value } of statePlaces(state)) {
      if (count++ === limits.statePlacesMax) return { items, keys, isIrregular: true };
      if (paths.has(path)) isIrregular = true;
      paths.add(path);
      const pathNo = this.#valueNo(path, places.any);
      items.add(pathNo);
      const json = value === undefined ? places.object : stringifyJson(value);
      const isLong = json.length > limits.stateValueLengthMax;
      const item = this.#valueNo(path, isLong ? places.long : json);
      items.add(item);
      const key = isLong ? undefined : orderKey(value);
      if (key !== undefined) keys.set(item, { path: pathNo, key });
    }
    return { items, keys, isIrregular };
  }

  #valueNo(path: string, json: string): number {
    const key = `${json}\n${path}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const row = this.#sql.value.get(path, json) as { no: number } | undefined;
    const no = row?.no ?? this.#fresh(path, json);
    if (this.#values.size >= knownMax + this.#freshValues.size) {
      // New ones have no row yet.
      for (const [text, value] of this.#values) {
        if (!this.#freshValues.has(value)) this.#values.delete(text);
      }
    }
    this.#values.set(key, no);
    return no;
  }

  /** The number of a value that gets its row once it is known how many sessions have it. */
  #fresh(path: string, json: string): number {
    this.#lastValue ??= (this.#sql.lastValue.get() as { no: number | null }).no ?? everySession;
    this.#lastValue += 1;
    this.#freshValues.set(this.#lastValue, { path, json });
    return this.#lastValue;
  }

  #apply(changes: SetChanges): void {
    let hasShrunk = false;
    this.#sets.apply(changes, (set, by) => {
      const fresh = this.#freshValues.get(set);
      if (fresh) {
        const { path, json } = fresh;
        const isValue = json !== places.any && json !== places.object && json !== places.long;
        this.#sql.addValue.run(set, path, json, isValue ? 1 : 0, by);
        this.#freshValues.delete(set);
      } else this.#sql.resize.run(by, set);
      if (by < 0) hasShrunk = true;
    });
    const hasDropped = hasShrunk && this.#sql.dropUnused.run().changes !== 0;
    // What went has no number any more, nor has what came and went in between.
    if (hasDropped || this.#freshValues.size > 0) this.#values.clear();
    this.#freshValues.clear();
  }
}

interface ChangedRow {
  session: number;
  rev: number;
  patches: number;
}

interface SessionStateRow {
  patches: number;
  irregular: 0 | 1;
  items: Uint8Array;
}

interface StateItems {
  items: Set<number>;
  keys: Map<number, { path: number; key: OrderKey }>;
  isIrregular: boolean;
}

/** What numbers and texts are put in order by; nothing else compares as less or greater. */
function orderKey(value: JsonValue | undefined): OrderKey | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function noteChanges(
  session: number,
  before: ReadonlySet<number>,
  after: ReadonlySet<number>,
  changes: SetChanges,
): void {
  for (const item of before) if (!after.has(item)) changes.remove(item, session);
  for (const item of after) if (!before.has(item)) changes.add(item, session);
}

function itemsOf(row: SessionStateRow | undefined): Set<number> {
  return row ? new Set(new Uint32Array(row.items.slice().buffer)) : new Set();
}

function bytesOf(items: ReadonlySet<number>): Uint8Array {
  return new Uint8Array(Uint32Array.from(items).buffer);
}

function prepareAll(main: Database, index: Database) {
  const prepare = (sql: string): Statement => index.prepare(sql);
  return {
    changed: main.prepare(
      'SELECT session, rev, patches FROM status WHERE rev > ? ORDER BY rev LIMIT ?',
    ) as Statement,
    session: prepare('SELECT patches, irregular, items FROM state_session WHERE session = ?'),
    putSession: prepare(
      `INSERT INTO state_session(session, patches, irregular, items) VALUES(?, ?, ?, ?)
       ON CONFLICT(session) DO UPDATE SET patches = excluded.patches,
         irregular = excluded.irregular, items = excluded.items`,
    ),
    deleteSession: prepare('DELETE FROM state_session WHERE session = ?'),
    addValue: prepare(
      `INSERT INTO state_value(no, path, json, is_value, sessions)
       VALUES(?, ?, ?, ?, ?)`,
    ),
    pathOf: prepare('SELECT path FROM state_value WHERE no = ?'),
    lastValue: prepare('SELECT max(no) AS no FROM state_value'),
    value: prepare('SELECT no FROM state_value WHERE path = ? AND json = ?'),
    resize: prepare('UPDATE state_value SET sessions = sessions + ? WHERE no = ?'),
    dropUnused: prepare('DELETE FROM state_value WHERE sessions <= 0'),
  };
}
