/** Answers of the catalog to `SessionQuestions`, and the matches that aggregates start from. */
import { limits, type SessionFilter } from '@tacho/protocol';
import type { ListPosition } from '../../session-cursor.ts';
import type {
  GroupKey,
  GroupQuery,
  SessionGroup,
  SessionMatch,
  SessionQuery,
  SessionTotals,
} from '../../store.ts';
import { type Handlers, Handover } from '../thread.ts';
import type { Catalog, OpenIndex } from './catalog.ts';
import { Profiles } from './profiles.ts';
import { type SelectionContext, selectionOf } from './selection.ts';
import { groupSessions } from './session-groups.ts';
import { listSessions } from './session-list.ts';
import { matchSessions } from './session-match.ts';
import type { SessionNumbers } from './session-sets.ts';
import { type ListRow, SessionSummaries } from './session-summaries.ts';

/** A question for a page of sessions, its cursor understood. */
export type ListQuestion = Omit<SessionQuery, 'cursor'> & { after?: ListPosition };

/** Its answer. */
export interface ListPage {
  rows: ListRow[];
  next?: ListPosition;
  totals?: SessionTotals;
}

/** A question for sessions by number. */
export interface MatchQuestion {
  filter: SessionFilter;
  by: readonly GroupKey[];
  nowUs: number;
}

/** Answers questions about sessions from the columns. */
export class SessionAnswers {
  readonly #catalog: Catalog;
  readonly #suspendedAfterUs: number;
  /** Made anew with the index that they read. */
  readonly #summaries = new WeakMap<OpenIndex, SessionSummaries>();

  constructor(catalog: Catalog, suspendedAfterUs: number) {
    this.#catalog = catalog;
    this.#suspendedAfterUs = suspendedAfterUs;
  }

  /** The handlers of a thread that answers these questions. */
  handlers(): Handlers {
    return {
      sessions: (question: ListQuestion) => packed(this.sessions(question)),
      groups: (question: GroupQuery) => this.groups(question),
      summary: (id: string) => this.summary(id),
      match: (question: MatchQuestion) => {
        const match = this.match(question);
        const { sessions, group, createdUs } = match;
        const buffers = [sessions, group, createdUs].map(({ buffer }) => buffer as ArrayBuffer);
        return new Handover(match, buffers);
      },
    };
  }

  /** A page of the list. */
  sessions(question: ListQuestion): ListPage {
    return this.#catalog.ask((open) => {
      const context = this.#context(open, question.nowUs);
      const selection = selectionOf(question.filter, context);
      const { sessions, ...rest } = listSessions(open.columns, selection, context, question);
      return { ...rest, rows: this.#summariesOf(open).read(sessions) };
    });
  }

  /** Groups, the largest first. */
  groups({ filter, by, nowUs }: GroupQuery): SessionGroup[] {
    return this.#catalog.ask((open) => {
      const context = this.#context(open, nowUs);
      return groupSessions(open.columns, selectionOf(filter, context), context, by);
    });
  }

  /** The row of one session. */
  summary(id: string): ListRow | undefined {
    return this.#catalog.ask((open) => {
      const row = open.main.prepare('SELECT no FROM session WHERE id = ?').get(id) as
        | { no: number }
        | undefined;
      return row && this.#summariesOf(open).read([row.no])[0];
    });
  }

  /** The sessions that a filter lets through, by number. */
  match({ filter, by, nowUs }: MatchQuestion): SessionMatch {
    return this.#catalog.ask((open) => this.matchIn(open, { filter, by, nowUs }));
  }

  /** The same for a question that is being asked. */
  matchIn(open: OpenIndex, { filter, by, nowUs }: MatchQuestion): SessionMatch {
    const context = this.#context(open, nowUs);
    return matchSessions(open.columns, selectionOf(filter, context), context, by);
  }

  #context({ main, columns, search }: OpenIndex, nowUs: number): SelectionContext {
    return {
      dictionaries: columns.dictionaries,
      nowUs,
      suspendedAfterUs: this.#suspendedAfterUs,
      sets: search,
      withId: (ids) => {
        const range = main.prepare('SELECT no FROM session WHERE id >= ? AND id < ?');
        const found = ids.flatMap((id) => range.all(id, `${id}\u{10ffff}`) as { no: number }[]);
        return Uint32Array.from(found, ({ no }) => no) satisfies SessionNumbers;
      },
    };
  }

  #summariesOf(open: OpenIndex): SessionSummaries {
    const known = this.#summaries.get(open);
    if (known) return known;
    const { main, columns, activity } = open;
    const made = new SessionSummaries(main, columns, new Profiles(main, activity));
    this.#summaries.set(open, made);
    return made;
  }
}

/** The page with all numbers of its profiles in one buffer: one for each would cost more than the list. */
function packed(page: ListPage): Handover<ListPage> {
  const numbers = new Float64Array(page.rows.length * 3 * limits.profileBuckets);
  let at = 0;
  const moved = (column: Float64Array): Float64Array => {
    numbers.set(column, at);
    at += column.length;
    return numbers.subarray(at - column.length, at);
  };
  const rows = page.rows.map(({ summary, profile }) => {
    const { entries, errors, hangs } = profile;
    return {
      summary,
      profile: {
        ...profile,
        entries: moved(entries),
        errors: moved(errors),
        hangs: moved(hangs),
      },
    };
  });
  return new Handover({ ...page, rows }, [numbers.buffer]);
}
