/** Selections: which rows of a block of session columns a filter lets through. */
import { causeKinds, lifecycles, outcomes, type SessionFilter } from '@tacho/protocol';
import type { Dictionary } from './dictionary.ts';
import { blockRows, type SessionBlock, type TextColumn } from './session-block.ts';
import type { SessionNumbers, SessionSets } from './session-sets.ts';

/** What a filter is judged with. */
export interface SelectionContext {
  dictionaries: Readonly<Record<TextColumn, Dictionary>>;
  nowUs: number;
  suspendedAfterUs: number;
  sets: SessionSets;
  /** Sessions whose id is or begins with one of these. */
  withId(ids: readonly string[]): SessionNumbers;
}

/** Clears the marks of rows that do not meet a condition. */
type Condition = (block: SessionBlock, marks: Uint8Array) => void;

/** A filter, ready to be applied to block after block. */
export interface Selection {
  /** Numbers of the blocks that can have a hit; undefined when all can. */
  blocks: ReadonlySet<number> | undefined;
  /** Marks with 1 the rows that the filter lets through, with 0 all others. */
  select(block: SessionBlock, marks: Uint8Array): void;
}

/** Prepares a filter. */
export function selectionOf(filter: SessionFilter, context: SelectionContext): Selection {
  const sets = setsOf(filter, context).map(toBlocks);
  const conditions = [
    ...sets.map(isMember),
    ...textConditions(filter, context),
    ...tableConditions(filter),
    ...timeConditions(filter),
    ...livenessConditions(filter, context),
  ];
  return {
    blocks: commonBlocks(sets),
    select: (block, marks) => {
      const { lifecycle } = block;
      for (let i = 0; i < blockRows; i++) marks[i] = lifecycle[i]! > 0 ? 1 : 0;
      for (const condition of conditions) condition(block, marks);
    },
  };
}

/** The parts of a filter that the columns cannot answer. */
function setsOf(filter: SessionFilter, { sets, withId }: SelectionContext): SessionNumbers[] {
  const { ids, events, exceptions, text, state = [] } = filter;
  const found: SessionNumbers[] = [];
  if (ids) found.push(withId(ids));
  if (events) found.push(sets.withEvent(events));
  if (exceptions) found.push(sets.withException(exceptions));
  if (text !== undefined) found.push(sets.withText(text));
  for (const condition of state) found.push(sets.meeting(condition));
  return found;
}

type BlockSets = ReadonlyMap<number, Uint8Array>;

/** A set as marks, block by block. */
function toBlocks(sessions: SessionNumbers): BlockSets {
  const blocks = new Map<number, Uint8Array>();
  let no = -1;
  let marks: Uint8Array = new Uint8Array(0);
  for (const session of sessions) {
    const of = Math.floor(session / blockRows);
    if (of !== no) {
      no = of;
      marks = blocks.get(no) ?? new Uint8Array(blockRows);
      blocks.set(no, marks);
    }
    marks[session % blockRows] = 1;
  }
  return blocks;
}

function commonBlocks([first, ...others]: BlockSets[]): Set<number> | undefined {
  if (!first) return undefined;
  return new Set([...first.keys()].filter((no) => others.every((other) => other.has(no))));
}

function isMember(set: BlockSets): Condition {
  return ({ first }, marks) => {
    const members = set.get(first / blockRows);
    if (!members) marks.fill(0);
    else for (let i = 0; i < blockRows; i++) marks[i]! &= members[i]!;
  };
}

function textConditions(filter: SessionFilter, { dictionaries }: SelectionContext): Condition[] {
  const columns = [
    ['product', filter.products],
    ['version', filter.versions],
    ['machine', filter.machines],
    ['hostname', filter.hostnames],
  ] as const;
  return columns.flatMap(([column, wanted]) => {
    if (!wanted) return [];
    const dictionary = dictionaries[column];
    const accepted = new Uint8Array(dictionary.texts.length);
    for (const text of wanted) {
      const code = dictionary.find(text);
      if (code !== undefined) accepted[code] = 1;
    }
    return [acceptingTexts(column, accepted)];
  });
}

function tableConditions(filter: SessionFilter): Condition[] {
  const columns = [
    ['lifecycle', filter.lifecycles, lifecycles],
    ['outcome', filter.outcomes, outcomes],
    ['cause', filter.causes, causeKinds],
  ] as const;
  return columns.flatMap(([column, wanted, table]) => {
    if (!wanted) return [];
    const accepted = new Uint8Array(table.length + 1);
    for (const word of wanted) accepted[(table as readonly string[]).indexOf(word) + 1] = 1;
    return [acceptingWords(column, accepted)];
  });
}

/**
 * Rows whose code is accepted. One function for each kind of array: a loop that meets both kinds
 * looks up every element the slow way.
 */
function acceptingTexts(column: TextColumn, accepted: Uint8Array): Condition {
  return (block, marks) => {
    const codes = block[column];
    for (let i = 0; i < blockRows; i++) marks[i]! &= accepted[codes[i]!]!;
  };
}

/** The same for columns of words from a table. */
function acceptingWords(
  column: 'lifecycle' | 'outcome' | 'cause',
  accepted: Uint8Array,
): Condition {
  return (block, marks) => {
    const codes = block[column];
    for (let i = 0; i < blockRows; i++) marks[i]! &= accepted[codes[i]!]!;
  };
}

function timeConditions({ fromUs, toUs, hadHang }: SessionFilter): Condition[] {
  const conditions: Condition[] = [];
  if (hadHang !== undefined) {
    conditions.push(({ hangs }, marks) => {
      for (let i = 0; i < blockRows; i++) if (hangs[i]! > 0 !== hadHang) marks[i] = 0;
    });
  }
  if (toUs !== undefined) {
    conditions.push(({ createdUs }, marks) => {
      for (let i = 0; i < blockRows; i++) if (createdUs[i]! >= toUs) marks[i] = 0;
    });
  }
  if (fromUs !== undefined) {
    // NaN is below nothing: what has not ended stays.
    conditions.push(({ endedUs }, marks) => {
      for (let i = 0; i < blockRows; i++) if (endedUs[i]! < fromUs) marks[i] = 0;
    });
  }
  return conditions;
}

/** Codes of liveness; 0 for sessions that are not active. */
export const livenessCodes = { none: 0, responsive: 1, hung: 2, suspended: 3 } as const;

/** How an active session is doing, by the rules of `sessionView`. */
export function livenessAt(
  block: SessionBlock,
  row: number,
  nowUs: number,
  suspendedAfterUs: number,
): number {
  if (block.lifecycle[row] !== activeCode) return livenessCodes.none;
  if (nowUs - block.heartbeatUs[row]! > suspendedAfterUs) return livenessCodes.suspended;
  return Number.isNaN(block.hungSinceUs[row]!) ? livenessCodes.responsive : livenessCodes.hung;
}

const activeCode = lifecycles.indexOf('active') + 1;

function livenessConditions(
  { livenesses }: SessionFilter,
  { nowUs, suspendedAfterUs }: SelectionContext,
): Condition[] {
  if (!livenesses) return [];
  const accepted = new Uint8Array(4);
  for (const liveness of livenesses) accepted[livenessCodes[liveness]] = 1;
  return [
    (block, marks) => {
      for (let i = 0; i < blockRows; i++) {
        if (marks[i] === 1) {
          marks[i] = accepted[livenessAt(block, i, nowUs, suspendedAfterUs)]!;
        }
      }
    },
  ];
}
