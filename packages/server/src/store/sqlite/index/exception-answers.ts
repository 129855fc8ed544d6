/** Groups of exceptions from the index: counted, sorted, and with what their sessions have in common. */
import { compareTexts, type EventRecord, limits, parseJson } from '@tacho/protocol';
import { commonSessionsMin, commonsOf } from '../../commons.ts';
import { readCursor, writeCursor } from '../../page-cursor.ts';
import type {
  ExceptionDetail,
  ExceptionGroup,
  ExceptionPage,
  ExceptionQuery,
  ExceptionSort,
} from '../../store.ts';
import type { Database, Statement } from '../database.ts';
import { type Bits, countBits, hasBit, membersOf, newBits, setBit } from './bits.ts';
import type { ExceptionIndex, KnownGroup } from './exception-index.ts';
import type { SessionFacts } from './session-facts.ts';
import type { StateQuestions } from './state-questions.ts';

/** A group as far as it can be counted without its texts. */
interface Tally {
  group: KnownGroup;
  count: number;
  sessions: number;
  firstUs: number;
  lastUs: number;
  /** `event.id` of the one that arrived last. */
  latest: number;
}

/** What the answers are made from; all of it has caught up. */
export interface ExceptionSources {
  exceptions: ExceptionIndex;
  facts: SessionFacts;
  states: StateQuestions;
}

/** Answers `SearchQuestions.exceptions` and `exception`. */
export class ExceptionAnswers {
  readonly #from: ExceptionSources;
  readonly #row: Statement;

  constructor(main: Database, from: ExceptionSources) {
    this.#from = from;
    this.#row = main.prepare(
      `SELECT e.seq, e.at_us, e.record, s.id AS session
       FROM event e JOIN session s ON s.no = e.session WHERE e.id = ?`,
    );
  }

  /** A page of the groups of some sessions. */
  page({ sort, descending, limit, cursor }: ExceptionQuery, sessions: Bits): ExceptionPage {
    const list = `exceptions ${sort} ${descending}`;
    const sign = descending ? -1 : 1;
    const place = (tally: Tally): Place => [sortValue(tally, sort), tally.group.id];
    const compare = (a: Place, b: Place): number =>
      sign * (a[0] - b[0] || compareTexts(a[1], b[1]));
    const after =
      cursor === undefined
        ? undefined
        : (readCursor(list, cursor, ['number', 'string']) as unknown as Place);
    const rest = this.#tallies(sessions)
      .filter((tally) => after === undefined || compare(place(tally), after) > 0)
      .sort((a, b) => compare(place(a), place(b)));
    const page = rest.slice(0, limit);
    const rows = page.map((tally) => this.#group(tally, sessions));
    const last = rest.length > limit ? page.at(-1) : undefined;
    return { rows, ...(last && { next: writeCursor(list, place(last)) }) };
  }

  /** One group; undefined when none of the sessions (`isEvery`: they are all) has an exception of it. */
  detail(id: string, sessions: Bits, isEvery: boolean): ExceptionDetail | undefined {
    const group = this.#from.exceptions.group(id);
    const tally = group && this.#tally(group, sessions, new Uint32Array(this.#from.facts.size), 1);
    if (!tally) return undefined;
    const inside = this.#sessionsOf(tally.group, sessions);
    const others = sessions.map((word, w) => word & ~(inside[w] ?? 0));
    const pairs = this.#from.states.pairs(inside, isEvery ? undefined : others, commonSessionsMin);
    return {
      group: this.#group(tally, sessions),
      commons: commonsOf(pairs, countBits(inside), countBits(others)),
    };
  }

  #tallies(sessions: Bits): Tally[] {
    // By session, the last group that counted it.
    const counted = new Uint32Array(this.#from.facts.size);
    return this.#from.exceptions
      .groups()
      .map((group, i) => this.#tally(group, sessions, counted, i + 1))
      .filter((tally) => tally !== undefined);
  }

  #tally(group: KnownGroup, sessions: Bits, counted: Uint32Array, mark: number): Tally | undefined {
    const columns = this.#from.exceptions.exceptionsOf(group);
    const tally: Tally = { group, count: 0, sessions: 0, firstUs: Infinity, lastUs: 0, latest: 0 };
    for (let i = 0; i < columns.sessions.length; i++) {
      const session = columns.sessions[i]!;
      if (!hasBit(sessions, session)) continue;
      if (counted[session] !== mark) tally.sessions++;
      counted[session] = mark;
      tally.count++;
      const atUs = columns.atUs[i]!;
      if (atUs < tally.firstUs) tally.firstUs = atUs;
      if (atUs > tally.lastUs) tally.lastUs = atUs;
      tally.latest = columns.events[i]!;
    }
    return tally.count === 0 ? undefined : tally;
  }

  #sessionsOf(group: KnownGroup, sessions: Bits): Bits {
    const inside = newBits(this.#from.facts.size);
    for (const session of this.#from.exceptions.exceptionsOf(group).sessions) {
      if (hasBit(sessions, session)) setBit(inside, session);
    }
    return inside;
  }

  #group(tally: Tally, sessions: Bits): ExceptionGroup {
    const { group, latest, ...counts } = tally;
    const row = this.#row.get(latest) as LatestRow;
    const { exception_msg, message } = parseJson(row.record) as unknown as EventRecord;
    return {
      id: group.id,
      type: group.type,
      frames: group.frames,
      message: exception_msg ?? message,
      ...counts,
      versions: this.#versions(this.#sessionsOf(group, sessions)),
      latest: { session: row.session, seq: row.seq, atUs: row.at_us },
    };
  }

  #versions(sessions: Bits): ExceptionGroup['versions'] {
    const counts = new Map<number, number>();
    for (const session of membersOf(sessions)) {
      const code = this.#from.facts.versionCode(session);
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    return [...counts]
      .map(([code, count]) => ({ ...this.#from.facts.version(code), sessions: count }))
      .sort(
        (a, b) =>
          b.sessions - a.sessions ||
          compareTexts(a.product, b.product) ||
          compareTexts(a.version, b.version),
      )
      .slice(0, limits.exceptionVersionsMax);
  }
}

type Place = [value: number, id: string];

interface LatestRow {
  seq: number;
  at_us: number;
  record: string;
  session: string;
}

function sortValue(tally: Tally, sort: ExceptionSort): number {
  if (sort === 'count') return tally.count;
  if (sort === 'sessions') return tally.sessions;
  return sort === 'last_seen' ? tally.lastUs : tally.firstUs;
}
