/** Answers from the index of states: which sessions meet a condition, which values are frequent. */
import {
  compareTexts,
  holds,
  type JsonObject,
  type JsonValue,
  limits,
  meetsCondition,
  numberOf,
  parseJson,
  type StateCondition,
  statePlaces,
  stateText,
  stringifyJson,
} from '@tacho/protocol';
import type { PairCount } from '../../commons.ts';
import type { Database, Statement } from '../database.ts';
import { type Bits, countBits, membersOf, newBits, setBit } from './bits.ts';
import { addBlock, SessionSetBlocks, type SetBlock } from './session-set-blocks.ts';
import type { SessionNumbers, StateColumn } from './session-sets.ts';
import { everySession, places } from './state-index.ts';
import { StateOrders } from './state-orders.ts';
import { StateReader } from './state-reader.ts';

/** Of so few sessions the values are counted session by session, otherwise value by value. */
const fewSessions = 2_000;

/** The same where all values are counted, not the most frequent ones alone. */
const someSessions = 20_000;

/** Reads what `StateIndex` wrote; the caller has it catch up first. */
export class StateQuestions {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #sets: SessionSetBlocks;
  readonly #orders: StateOrders;
  readonly #states: StateReader;

  constructor(main: Database, index: Database) {
    this.#sql = prepareAll(main, index);
    this.#sets = new SessionSetBlocks(index);
    this.#orders = new StateOrders(index);
    this.#states = new StateReader(main);
  }

  /** Sessions whose state as it stands `meetsCondition`. */
  meeting(condition: StateCondition): SessionNumbers {
    const met = this.#regular(condition);
    for (const session of this.#irregular()) {
      this.#correct(met, session, (state) => meetsCondition(state, condition));
    }
    return membersOf(met);
  }

  /** What a path leads to, by session. */
  valuesAt(path: string): StateColumn {
    const codes = new Map<number, number>();
    const values = new Map<string, number>();
    const note = (session: number, value: JsonValue): void => {
      const text = stateText(value);
      const code = values.get(text) ?? values.size;
      values.set(text, code);
      codes.set(session, code);
    };
    for (const row of this.#sql.blocksAt.all(path) as unknown as (SetBlock & { json: string })[]) {
      const members = newBits((row.block + 1) * 4_096);
      addBlock(row, members);
      const value = parseJson(row.json);
      for (const session of membersOf(members)) note(session, value);
    }
    const direct = [...this.#members(path, places.long), ...this.#irregular()];
    for (const session of direct) {
      codes.delete(session);
      const state = this.#states.read(session);
      const value = state && firstAt(state, path);
      if (value !== undefined) note(session, value);
    }
    return {
      sessions: Uint32Array.from(codes.keys()),
      codes: Uint32Array.from(codes.values()),
      values: [...values.keys()],
    };
  }

  /** The most frequent values, of some sessions or of all; see `SearchQuestions.stateValues`. */
  top(
    query: { path?: string; prefix?: string; limit: number },
    sessions: Bits | undefined,
  ): { path: string; json: string; sessions: number }[] {
    const prefix = query.prefix?.toLowerCase() ?? '';
    const isMeant = (json: string): boolean =>
      prefix === '' || stateText(parseJson(json)).toLowerCase().startsWith(prefix);
    if (sessions && countBits(sessions) <= fewSessions) {
      const counts = this.#countBySession(sessions).filter(
        ({ path, json }) => (query.path === undefined || path === query.path) && isMeant(json),
      );
      return counts
        .sort(byCount)
        .slice(0, query.limit)
        .map(({ path, json, sessions: count }) => ({ path, json, sessions: count }));
    }
    let found: ValueCount[] = [];
    let worst: ValueCount | undefined;
    for (const value of this.#byFrequency(query.path)) {
      // All values to come have no better a place than this one would have if all its sessions counted.
      if (worst && byCount(worst, value) < 0) break;
      if (!isMeant(value.json)) continue;
      const count = sessions ? this.#sets.countIn(value.no, sessions) : value.sessions;
      if (count > 0) found.push({ path: value.path, json: value.json, sessions: count });
      if (found.length < 2 * query.limit) continue;
      found = found.sort(byCount).slice(0, query.limit);
      worst = found.at(-1);
    }
    return found.sort(byCount).slice(0, query.limit);
  }

  /**
   * How often each value stands in sessions of a group, if in `least` of them or more, and in others
   * (undefined: in all that are not of the group).
   */
  pairs(group: Bits, others: Bits | undefined, least: number): PairCount[] {
    const inGroup =
      countBits(group) <= someSessions
        ? this.#countBySession(group)
        : this.#countByValue(group, least);
    return inGroup
      .filter(({ sessions }) => sessions >= least)
      .map(({ no, path, json, sessions, total }) => ({
        path,
        json,
        sessions,
        others: others ? this.#sets.countIn(no, others) : total - sessions,
      }));
  }

  /** As if every state were regular. */
  #regular({ path, operator, value: wanted = '' }: StateCondition): Bits {
    switch (operator) {
      case 'exists':
        return this.#set(path, places.any);
      case 'missing':
        return without(this.#every(), this.#set(path, places.any));
      case '=':
        return this.#equal(path, wanted);
      case '!=': {
        const met = this.#set(path, places.any);
        return without(without(met, this.#set(path, places.object)), this.#equal(path, wanted));
      }
      default:
        return this.#ordered({ path, operator, value: wanted });
    }
  }

  #equal(path: string, wanted: string): Bits {
    const condition: StateCondition = { path, operator: '=', value: wanted };
    const met = this.#empty();
    let isLong = false;
    for (const json of candidates(wanted)) {
      if (json.length > limits.stateValueLengthMax) isLong = true;
      else if (isEqual(json, condition)) this.#add(path, json, met);
    }
    if (isLong) this.#addLong(condition, met);
    return met;
  }

  #ordered(condition: StateCondition): Bits {
    const { path, operator, value = '' } = condition;
    const met = this.#empty();
    const row = this.#sql.value.get(path, places.any) as { no: number } | undefined;
    if (!row) return met;
    const number = numberOf(value);
    if (number !== undefined) this.#orders.addTo(row.no, operator, number, met);
    this.#orders.addTo(row.no, operator, value, met);
    this.#addLong(condition, met);
    return met;
  }

  /** Adds those sessions with a long value at the path that meet a condition. */
  #addLong(condition: StateCondition, met: Bits): void {
    for (const session of this.#members(condition.path, places.long)) {
      this.#correct(met, session, (state) => meetsCondition(state, condition));
    }
  }

  /** Has a session in a set or not, as its state says. */
  #correct(met: Bits, session: number, meets: (state: JsonObject) => boolean): void {
    const state = this.#states.read(session);
    if (!state || session >>> 5 >= met.length) return;
    if (meets(state)) setBit(met, session);
    else met[session >>> 5]! &= ~(1 << (session & 31));
  }

  #set(path: string, json: string): Bits {
    const met = this.#empty();
    this.#add(path, json, met);
    return met;
  }

  #members(path: string, json: string): SessionNumbers {
    return membersOf(this.#set(path, json));
  }

  #add(path: string, json: string, into: Bits): void {
    const row = this.#sql.value.get(path, json) as { no: number } | undefined;
    if (row) this.#sets.addTo(row.no, into);
  }

  #every(): Bits {
    const every = this.#empty();
    this.#sets.addTo(everySession, every);
    return every;
  }

  #empty(): Bits {
    return newBits((this.#sql.lastSession.get() as { no: number }).no + 1);
  }

  #irregular(): number[] {
    return (this.#sql.irregular.all() as { session: number }[]).map(({ session }) => session);
  }

  *#byFrequency(path: string | undefined): Generator<ValueCount & { no: number }> {
    const rows = path === undefined ? this.#sql.top.iterate() : this.#sql.topAt.iterate(path);
    yield* rows as unknown as Iterable<ValueCount & { no: number }>;
  }

  #countBySession(sessions: Bits): TotalCount[] {
    const counts = new Map<number, number>();
    for (const session of membersOf(sessions)) {
      const row = this.#sql.items.get(session) as { items: Uint8Array } | undefined;
      if (!row) continue;
      for (const item of new Uint32Array(row.items.slice().buffer)) {
        counts.set(item, (counts.get(item) ?? 0) + 1);
      }
    }
    const found: TotalCount[] = [];
    for (const [no, count] of counts) {
      const row = this.#sql.byNo.get(no) as Omit<TotalCount, 'sessions'> | undefined;
      if (row) found.push({ ...row, sessions: count });
    }
    return found;
  }

  /** The same value by value; only those that stand in `least` sessions or more, group or not. */
  #countByValue(sessions: Bits, least: number): TotalCount[] {
    const found: TotalCount[] = [];
    for (const value of this.#byFrequency(undefined)) {
      if (value.sessions < least) break;
      const count = this.#sets.countIn(value.no, sessions);
      found.push({ ...value, total: value.sessions, sessions: count });
    }
    return found;
  }
}

interface ValueCount {
  path: string;
  json: string;
  sessions: number;
}

interface TotalCount extends ValueCount {
  no: number;
  /** Sessions that have it, group or not. */
  total: number;
}

/** Most first, equal ones by path and value. */
function byCount(a: ValueCount, b: ValueCount): number {
  return b.sessions - a.sessions || compareTexts(a.path, b.path) || compareTexts(a.json, b.json);
}

/** The JSON of every value that may equal a text. */
function candidates(wanted: string): Set<string> {
  const number = numberOf(wanted);
  const found = new Set([stringifyJson(wanted), wanted]);
  if (number !== undefined && Number.isFinite(number)) found.add(stringifyJson(number));
  return found;
}

/** Whether a candidate is JSON of a value that equals the text; texts that are no JSON equal nothing. */
function isEqual(json: string, condition: StateCondition): boolean {
  try {
    const value = parseJson(json);
    return stringifyJson(value) === json && holds(value, condition);
  } catch {
    return false;
  }
}

/** The first value that stands at a path. */
function firstAt(state: JsonObject, path: string): JsonValue | undefined {
  for (const place of statePlaces(state)) {
    if (place.path === path && place.value !== undefined) return place.value;
  }
  return undefined;
}

function without(bits: Bits, others: Bits): Bits {
  for (let w = 0; w < bits.length; w++) bits[w]! &= ~(others[w] ?? 0);
  return bits;
}

function prepareAll(main: Database, index: Database) {
  const prepare = (sql: string): Statement => index.prepare(sql);
  return {
    lastSession: main.prepare('SELECT coalesce(max(no), 0) AS no FROM session') as Statement,
    value: prepare('SELECT no FROM state_value WHERE path = ? AND json = ?'),
    byNo: prepare(
      'SELECT no, path, json, sessions AS total FROM state_value WHERE no = ? AND is_value = 1',
    ),
    items: prepare('SELECT items FROM state_session WHERE session = ?'),
    irregular: prepare('SELECT session FROM state_session WHERE irregular = 1'),
    blocksAt: prepare(
      `SELECT v.json, s.block, s.members FROM state_value v JOIN state_set s ON s.value = v.no
       WHERE v.path = ? AND v.is_value = 1`,
    ),
    top: prepare(
      `SELECT no, path, json, sessions FROM state_value WHERE is_value = 1
       ORDER BY sessions DESC, path, json`,
    ),
    topAt: prepare(
      `SELECT no, path, json, sessions FROM state_value WHERE path = ? AND is_value = 1
       ORDER BY sessions DESC, json`,
    ),
  };
}
