/** Pages of the session list: scans the columns once, for the rows of the page and for the totals. */
import { lifecycles, outcomes } from '@tacho/protocol';
import type { ListPosition } from '../../session-cursor.ts';
import { textSorts } from '../../session-cursor.ts';
import type { SessionQuery, SessionSort, SessionTotals } from '../../store.ts';
import { livenessAt, livenessCodes, type Selection, type SelectionContext } from './selection.ts';
import { blockRows, type SessionBlock, type TextColumn } from './session-block.ts';
import type { SessionColumns } from './session-columns.ts';
import { Top } from './top.ts';

/** What a page is made of. */
export interface ListAnswer {
  /** Numbers of the sessions, in order. */
  sessions: number[];
  /** Where the next page begins; absent on the last page. */
  next?: ListPosition;
  totals?: SessionTotals;
}

/** Writes the number by which each marked row is sorted. */
type Keys = (block: SessionBlock, marks: Uint8Array, keys: Float64Array) => void;

/** Scans all sessions that a selection lets through. */
export function listSessions(
  columns: SessionColumns,
  selection: Selection,
  context: SelectionContext,
  query: Omit<SessionQuery, 'cursor'> & { after?: ListPosition },
): ListAnswer {
  const { sort, descending, limit, after } = query;
  const nowUs = after?.nowUs ?? query.nowUs;
  const sign = descending ? -1 : 1;
  const readKeys = keysOfSort(sort, context, nowUs);
  const last = placeOf(sort, context, sign, after);
  // One more than asked for tells whether there is a next page.
  const top = new Top(limit + 1);
  const totals = query.totals ? new TotalsCounter(context) : undefined;
  const marks = new Uint8Array(blockRows);
  const keys = new Float64Array(blockRows);
  for (const block of columns.blocks.all(descending, selection.blocks)) {
    selection.select(block, marks);
    if (!marks.includes(1)) continue;
    totals?.add(block, marks);
    readKeys(block, marks, keys);
    addRows(top, block.first, marks, keys, sign, last);
  }
  const rows = top.rows();
  const hasNext = rows.length > limit;
  const page = rows.slice(0, limit);
  const sessions = page.map(({ no }) => no * sign);
  const end = page.at(-1);
  return {
    sessions,
    ...(hasNext && end && { next: nextOf(columns, sort, sign, end, nowUs) }),
    ...(totals && { totals: totals.totals() }),
  };
}

/** Offers the marked rows of a block that come after the last one of the page before. */
function addRows(
  top: Top,
  first: number,
  marks: Uint8Array,
  keys: Float64Array,
  sign: number,
  last: { key: number; no: number },
): void {
  const { key: lastKey, no: lastNo } = last;
  let { bound } = top;
  for (let i = 0; i < blockRows; i++) {
    if (marks[i] === 0) continue;
    const key = sign * keys[i]!;
    if (key > bound || key < lastKey) continue;
    const no = sign * (first + i);
    if (key === lastKey && no <= lastNo) continue;
    top.add(key, no);
    bound = top.bound;
  }
}

/** Counts sessions by what totals tell of them. */
class TotalsCounter {
  readonly #context: SelectionContext;
  readonly #outcomes = new Float64Array(outcomes.length + 1);
  #sessions = 0;
  #active = 0;
  #suspended = 0;
  #hung = 0;

  constructor(context: SelectionContext) {
    this.#context = context;
  }

  /** Counts the marked rows of a block. */
  add(block: SessionBlock, marks: Uint8Array): void {
    const { nowUs, suspendedAfterUs } = this.#context;
    const { lifecycle, outcome, hangs } = block;
    const byOutcome = this.#outcomes;
    // Fields of the object would be written row by row.
    let sessions = 0;
    let active = 0;
    let suspended = 0;
    let hung = 0;
    for (let i = 0; i < blockRows; i++) {
      if (marks[i] === 0) continue;
      sessions += 1;
      byOutcome[outcome[i]!]! += 1;
      if (hangs[i]! > 0) hung += 1;
      if (lifecycle[i] !== activeCode) continue;
      active += 1;
      const liveness = livenessAt(block, i, nowUs, suspendedAfterUs);
      if (liveness === livenessCodes.suspended) suspended += 1;
    }
    this.#sessions += sessions;
    this.#active += active;
    this.#suspended += suspended;
    this.#hung += hung;
  }

  totals(): SessionTotals {
    const [, healthy = 0, errored = 0, abnormal = 0, crashed = 0] = this.#outcomes;
    return {
      sessions: this.#sessions,
      active: this.#active,
      suspended: this.#suspended,
      hung: this.#hung,
      outcomes: { healthy, errored, abnormal, crashed },
    };
  }
}

const activeCode = lifecycles.indexOf('active') + 1;

/** Texts are sorted by their place in the order of all texts. */
function keysOfSort(sort: SessionSort, { dictionaries }: SelectionContext, nowUs: number): Keys {
  switch (sort) {
    case 'created':
      return ({ createdUs }, _marks, keys) => keys.set(createdUs);
    case 'updated':
      return ({ updatedUs }, _marks, keys) => keys.set(updatedUs);
    case 'samples':
      return ({ samples }, _marks, keys) => keys.set(samples);
    case 'duration':
      return ({ createdUs, endedUs }, marks, keys) => {
        for (let i = 0; i < blockRows; i++) {
          if (marks[i] === 0) continue;
          const endUs = endedUs[i]!;
          keys[i] = Math.max(0, (Number.isNaN(endUs) ? nowUs : endUs) - createdUs[i]!);
        }
      };
    case 'product':
    case 'version':
    case 'machine': {
      const ranks = dictionaries[sort].ranks();
      return (block, marks, keys) => {
        const codes = block[sort];
        for (let i = 0; i < blockRows; i++) if (marks[i] === 1) keys[i] = ranks[codes[i]!]!;
      };
    }
    default:
      return (block, _marks, keys) => keys.set(block[sort]);
  }
}

/** The last row of the page before; what comes after it is on this page. */
function placeOf(
  sort: SessionSort,
  { dictionaries }: SelectionContext,
  sign: number,
  after: ListPosition | undefined,
): { key: number; no: number } {
  if (!after) return { key: Number.NEGATIVE_INFINITY, no: Number.NEGATIVE_INFINITY };
  const { value } = after;
  const rank = typeof value === 'number' ? value : dictionaries[sort as TextColumn].rankOf(value);
  return { key: sign * rank, no: sign * after.session };
}

/** Places of texts move when new texts come, so a cursor holds the text. */
function nextOf(
  columns: SessionColumns,
  sort: SessionSort,
  sign: number,
  last: { key: number; no: number },
  nowUs: number,
): ListPosition {
  const session = last.no * sign;
  const key = last.key * sign;
  if (!textSorts.includes(sort)) return { value: key, session, nowUs };
  const column = sort as TextColumn;
  const { block, row } = columns.blocks.find(session)!;
  return { value: columns.dictionaries[column].texts[block[column][row]!]!, session, nowUs };
}
