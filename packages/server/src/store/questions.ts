/** Questions about many sessions: what is asked of a store, and what it answers. */
import type {
  ExceptionFact,
  GroupField,
  Outcome,
  SessionFilter,
  SessionSort,
} from '@tacho/protocol';
import type { SessionRow } from './store.ts';

export { groupFields, type SessionSort, sessionSorts } from '@tacho/protocol';

/** A question for a page of sessions. */
export interface SessionQuery {
  filter: SessionFilter;
  sort: SessionSort;
  /** Ties are broken by the order of creation, in the same direction. */
  descending: boolean;
  /** 1 … `limits.pageRowsMax`. */
  limit: number;
  /** `next` of the page before; TachoError `invalid_field` when it is none of ours. */
  cursor?: string;
  /** Whether to count all that the filter lets through. */
  totals: boolean;
  /** The server's clock: silence and the duration of active sessions are judged by it. */
  nowUs: number;
}

/** A session in a list: its row without the states, which can be large, and what its events say. */
export interface SessionSummary extends Omit<SessionRow, 'state' | 'startState'> {
  /** Events of level error or critical. */
  errors: number;
  /** The last event of level error or worse that carries an exception: by instant, then by arrival. */
  exception?: ExceptionFact;
}

/** When in its life a session did how much; buckets of equal width from `fromUs` on (see `emptyProfile`). */
export interface SessionProfile {
  fromUs: number;
  widthUs: number;
  /** Events, patches and samples, by bucket; `limits.profileBuckets` of them. Samples count when they were received or, once sealed, evenly over their chunk. */
  entries: Float64Array;
  /** Events of level error or critical. */
  errors: Float64Array;
  /** Reports of a hang (events named `eventNames.hang`). */
  hangs: Float64Array;
}

/** A page of sessions. */
export interface SessionPage {
  rows: { summary: SessionSummary; profile: SessionProfile }[];
  /** Continues after the last row; absent on the last page. */
  next?: string;
  /** Only when asked for. */
  totals?: SessionTotals;
}

/** Sessions counted. */
export interface SessionTotals {
  sessions: number;
  /** Sessions that are active, whatever their outcome so far. */
  active: number;
  /** Those of the active ones that had no heartbeat for too long. */
  suspended: number;
  /** Sessions that ever hung. */
  hung: number;
  outcomes: Record<Outcome, number>;
}

/**
 * What sessions can be grouped by. `time` groups by when they were created, in epoch steps of
 * `widthUs`; `state` by the value at a path as text (`stateText`), of several the first.
 */
export type GroupKey =
  | { by: GroupField }
  | { by: 'state'; path: string }
  | { by: 'time'; widthUs: number };

/** A question for groups of sessions. */
export interface GroupQuery {
  filter: SessionFilter;
  /** One or several; none makes one group of all. */
  by: readonly GroupKey[];
  nowUs: number;
}

/** A group: a value for each key, and what is in it. Null where a session has no such value. */
export interface SessionGroup extends SessionTotals {
  /** Texts, `true`/`false` for `hung`, epoch microseconds for `time`. */
  values: (string | number | null)[];
  /** Events of level error or critical. */
  errors: number;
  /** When the first of them was created, and when anything was last received for one of them. */
  firstUs: number;
  lastUs: number;
}

/** Sessions that a filter lets through, each with the number of its group. */
export interface SessionMatch {
  /** The engine's numbers of sessions, ascending. */
  sessions: Uint32Array;
  /** By session; index into `groups`. */
  group: Uint32Array;
  /** Values of each group. */
  groups: (string | number | null)[][];
  /** By session, when it was created. */
  createdUs: Float64Array;
}

/** What a store answers about many sessions. */
export interface SessionQuestions {
  /** A page of sessions. Complete for everything acknowledged. */
  sessions(query: SessionQuery): Promise<SessionPage>;
  /**
   * Groups of sessions, none empty, `limits.groupsMax` at most: the largest first, then by their
   * values (null, numbers, texts by code points).
   */
  groups(query: GroupQuery): Promise<SessionGroup[]>;
  /** One session as it stands in a list; undefined when there is none with this whole id. */
  summary(id: string): Promise<{ summary: SessionSummary; profile: SessionProfile } | undefined>;
  /** Deletes a session with all that it recorded; false when there is none with this whole id. */
  remove(id: string): Promise<boolean>;
}
