/** The state of one session as it was, and its patches with what they changed, from snapshots and patches. */
import {
  applyPatch,
  firstNameOf,
  type JsonObject,
  type JsonValue,
  jsonEqual,
  parseJson,
  partAt,
  stateChanges,
  stringifyJson,
  valueAt,
} from '@tacho/protocol';
import type { PatchChange, PatchRow, StateAt, StateQuery } from '../../store.ts';
import type { Answered, HistorySession, HistorySource } from './sessions.ts';

/** A search through a stretch of a session's revisions. */
export interface PatchSearch {
  id: string;
  path?: string;
  fromUs: number;
  toUs: number;
  /** The revisions at both ends are not part of it. */
  after: number;
  before: number;
  isBackward: boolean;
  /** Most patches to find. */
  limit: number;
}

/** What a slice found, in the direction of the search. */
export interface PatchSlice {
  rows: PatchChange[];
  /** The last revision that was looked at; undefined when the search is through. */
  upto: number | undefined;
}

interface Row {
  revision: number;
  at_us: number;
  received_us: number;
  patch: string;
}

/** Patches that may bear on a path and are looked at in one slice. */
const lookedPatches = 512;

/** Replaying more patches than this costs more than to begin at a nearer snapshot. */
const replayedPatches = 64;

/** Replays states. The engine keeps a snapshot for every 64th revision or so (see live.ts). */
export class StateHistory {
  readonly #source: HistorySource;

  constructor(source: HistorySource) {
    this.#source = source;
  }

  /** A state as it was; undefined when the session does not exist. */
  at(query: StateQuery): Answered<StateAt> | undefined {
    return this.#source.answer(query.id, (session) => {
      // What is left out has to be known first: patches may arrive long after their time.
      const left =
        'revision' in query
          ? query.revision + 1
          : this.#number('min(revision)', 'at_us > ?', session, query.atUs);
      const late = 'revision' in query ? [] : this.#late(session, left, query.atUs);
      const last = this.#number('max(revision)', 'revision < ?', session, left ?? Infinity) ?? 0;
      return this.#fold(session, last, late);
    });
  }

  /** One slice of a search; undefined when the session does not exist. */
  search(search: PatchSearch): Answered<PatchSlice> | undefined {
    return this.#source.answer(search.id, (session) => {
      const look = search.path === undefined ? search.limit : lookedPatches;
      const found = this.#candidates(session, search, look);
      const upto = found.length < look ? undefined : found.at(-1)!.revision;
      const ascending = search.isBackward ? found.reverse() : found;
      const rows = [...this.#changes(session, ascending, search.path)].filter(
        ({ atUs }) => atUs >= search.fromUs && atUs < search.toUs,
      );
      if (search.isBackward) rows.reverse();
      return { rows: rows.slice(0, search.limit), upto };
    });
  }

  /** Applies all patches up to a revision and then the late ones. */
  #fold(session: HistorySession, last: number, late: Row[]): StateAt {
    // The last of them is applied apart, so that what it changed can be told.
    let state = this.#stateOf(session, late.length > 0 ? last : Math.max(0, last - 1));
    const rest = late.length > 0 ? late : this.#rows(session, last - 1, last);
    let before = state;
    for (const row of rest) {
      before = state;
      state = applyPatch(state, this.#patch(session, row));
    }
    const final = rest.at(-1);
    return {
      revision: final?.revision ?? 0,
      atUs: final?.at_us ?? session.createdUs,
      state: stringifyJson(state),
      changes: stateChanges(before, state),
    };
  }

  /** Patches of a time that arrived after later ones. */
  #late(session: HistorySession, left: number | undefined, atUs: number): Row[] {
    if (left === undefined) return [];
    const sql = `${selectRows} WHERE session = ? AND revision > ? AND at_us <= ? ORDER BY revision`;
    return this.#source.statement(sql).all(session.no, left, atUs) as unknown as Row[];
  }

  #number(what: string, where: string, { no }: HistorySession, value: number): number | undefined {
    const sql = `SELECT ${what} AS found FROM patch WHERE session = ? AND ${where}`;
    const { found } = this.#source.statement(sql).get(no, value) as { found: number | null };
    return found ?? undefined;
  }

  /**
   * Patches of a stretch in the direction of the search: those of a time, or all that may bear on a
   * path, since those of another time are part of what is there before.
   */
  #candidates({ no }: HistorySession, search: PatchSearch, limit: number): Row[] {
    const { path, after, before, fromUs, toUs, isBackward } = search;
    const condition = path === undefined ? 'at_us >= ? AND at_us < ?' : 'instr(patch, ?) > 0';
    // A patch that bears on a path has a name that begins like it, written as JSON without the end.
    const values =
      path === undefined ? [fromUs, toUs] : [JSON.stringify(firstNameOf(path)).slice(0, -1)];
    const sql = `${selectRows} WHERE session = ? AND revision > ? AND revision < ? AND ${condition}
      ORDER BY revision ${isBackward ? 'DESC' : 'ASC'} LIMIT ?`;
    const rows = this.#source.statement(sql).all(no, after, before, ...values, limit);
    return rows as unknown as Row[];
  }

  /** What patches did, one after the other. Between them lie none that bear on the path. */
  *#changes(
    session: HistorySession,
    rows: Row[],
    path: string | undefined,
  ): Generator<PatchChange> {
    const part = (whole: JsonObject) => (path === undefined ? whole : partAt(whole, path));
    let state: JsonObject | undefined;
    let reached = 0;
    for (const row of rows) {
      const before: number = row.revision - 1;
      if (state === undefined) state = part(this.#stateOf(session, before));
      else if (path === undefined && before - reached > replayedPatches) {
        state = this.#stateOf(session, before);
      } else if (path === undefined) {
        for (const between of this.#rows(session, reached, before)) {
          state = applyPatch(state, this.#patch(session, between));
        }
      }
      const next = applyPatch(state, part(this.#patch(session, row)));
      const change = changeOf(rowOf(row), state, next, path);
      if (change) yield change;
      state = next;
      reached = row.revision;
    }
  }

  /** The state of a revision. */
  #stateOf(session: HistorySession, revision: number): JsonObject {
    let from = 0;
    let state: JsonObject | undefined;
    const snapshots = this.#source.statement(
      `SELECT revision, state FROM snapshot WHERE session = ? AND revision <= ?
       ORDER BY revision DESC`,
    );
    for (const row of snapshots.iterate(session.no, revision) as Iterable<{
      revision: number;
      state: string;
    }>) {
      state = this.#object(session, `snapshot ${row.revision}`, row.state);
      from = row.revision;
      if (state) break;
    }
    if (!state) {
      state = this.#object(session, 'start state', session.startState) ?? {};
      from = 0;
    }
    if (from === revision) return state;
    for (const row of this.#rows(session, from, revision)) {
      state = applyPatch(state, this.#patch(session, row));
    }
    return state;
  }

  /** Patches after one revision up to another. */
  #rows({ no }: HistorySession, after: number, upto: number): Row[] {
    if (after >= upto) return [];
    const sql = `${selectRows} WHERE session = ? AND revision > ? AND revision <= ? ORDER BY revision`;
    return this.#source.statement(sql).all(no, after, upto) as unknown as Row[];
  }

  /** A damaged patch changes nothing. */
  #patch(session: HistorySession, { revision, patch }: Row): JsonObject {
    return this.#object(session, `patch ${revision}`, patch) ?? {};
  }

  #object({ id }: HistorySession, what: string, text: string): JsonObject | undefined {
    const read = () => parseJson(text) as JsonObject;
    return this.#source.attempt('state', `${what} of ${id}`, id, read);
  }
}

const selectRows = 'SELECT revision, at_us, received_us, patch FROM patch';

function rowOf({ revision, at_us, received_us, patch }: Row): PatchRow {
  return { revision, atUs: at_us, receivedUs: received_us, patch };
}

/** What a patch did; undefined when it did nothing to what the path leads to. */
function changeOf(
  row: PatchRow,
  state: JsonObject,
  next: JsonObject,
  path: string | undefined,
): PatchChange | undefined {
  if (path === undefined) return { ...row, changes: stateChanges(state, next) };
  const [before, after] = [valueAt(state, path), valueAt(next, path)];
  if (isSame(before, after)) return undefined;
  return {
    ...row,
    changes: stateChanges(state, next),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : jsonEqual(a, b);
}
