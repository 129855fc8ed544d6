/** What the columns of sessions do not hold: sets of sessions by events, texts, exceptions and state. */
import type { StateCondition } from '@tacho/protocol';

/** Numbers of sessions, in no order, each at least once; deleted sessions may be among them. */
export type SessionNumbers = Uint32Array;

/** Finds sessions. Every answer is complete for everything committed before the question. */
export interface SessionSets {
  /** Sessions that recorded an event with one of these names. */
  withEvent(names: readonly string[]): SessionNumbers;
  /** Sessions that recorded an event which `matchesText` the text. */
  withText(text: string): SessionNumbers;
  /** Sessions that recorded an exception of one of these types, or of a group with one of these ids. */
  withException(typesOrIds: readonly string[]): SessionNumbers;
  /** Sessions whose state as it stands `meetsCondition`. */
  meeting(condition: StateCondition): SessionNumbers;
  /** What a path of the state as it stands leads to, by session. */
  valuesAt(path: string): StateColumn;
}

/** The values of one path by session; sessions where the path leads to no value are not among them. */
export interface StateColumn {
  sessions: SessionNumbers;
  /** By session, index into `values`. Of several places with the same path, the first one counts. */
  codes: Uint32Array;
  /** As `stateText`. */
  values: string[];
}
