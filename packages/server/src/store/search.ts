/** Search: questions about what many sessions recorded — events, exceptions, metrics, states. */
import type { Frame, JsonValue, Level, MetricType, SessionFilter } from '@tacho/protocol';
import type { EventRow } from './store.ts';

/** A question for events of many sessions, the newest arrival first. */
export interface EventSearch {
  /** Which sessions; `events` and `text` in it are about these, not about the events that are found. */
  filter: SessionFilter;
  /** Events that `matchesText` it; any when absent. */
  text?: string;
  /** Any of these names; all when empty. */
  names: readonly string[];
  /** Any of these levels; all when empty. */
  levels: readonly Level[];
  /** 1 … `limits.pageRowsMax`. */
  limit: number;
  /** `next` of the page before; TachoError `invalid_field` when it is none of ours. */
  cursor?: string;
  nowUs: number;
}

/** An event with the session that recorded it. */
export interface FoundEvent extends EventRow {
  /** Id of the session. */
  session: string;
  product: string;
  version: string;
}

/** A page of events. */
export interface FoundEvents {
  rows: FoundEvent[];
  /** Continues with what arrived before the last row; absent when there is no more. */
  next?: string;
}

/** What groups of exceptions can be sorted by. */
export const exceptionSorts = ['count', 'sessions', 'last_seen', 'first_seen'] as const;

/** One way to sort groups of exceptions. */
export type ExceptionSort = (typeof exceptionSorts)[number];

/** A question for groups of exceptions (see `exceptionKind`). */
export interface ExceptionQuery {
  /** Only exceptions of these sessions count. */
  filter: SessionFilter;
  sort: ExceptionSort;
  /** Ties are broken by id, in the same direction. */
  descending: boolean;
  /** 1 … `limits.pageRowsMax`. */
  limit: number;
  /** `next` of the page before; TachoError `invalid_field` when it is none of ours. */
  cursor?: string;
  nowUs: number;
}

/** A question for one group of exceptions. */
export interface ExceptionAsked {
  id: string;
  /** Only exceptions of these sessions count. */
  filter: SessionFilter;
  nowUs: number;
}

/** A group of exceptions. */
export interface ExceptionGroup {
  id: string;
  type: string;
  /** Innermost first. */
  frames: Frame[];
  /** Of the latest one. */
  message: string;
  /** How many were recorded, and in how many sessions. */
  count: number;
  sessions: number;
  /** Sessions by version, most first; at most `limits.exceptionVersionsMax`. */
  versions: { product: string; version: string; sessions: number }[];
  /** The earliest and the latest instant at which one happened, by the sender's clock. */
  firstUs: number;
  lastUs: number;
  /** The one that arrived last. */
  latest: { session: string; seq: number; atUs: number };
}

/** A page of groups. */
export interface ExceptionPage {
  rows: ExceptionGroup[];
  /** Continues after the last row; absent on the last page. */
  next?: string;
}

/** A value of the state that sessions of a group have more often than others. */
export interface StateCommon {
  path: string;
  value: JsonValue;
  /** Sessions of the group that have it, and their share of the group. */
  sessions: number;
  share: number;
  /** The same for the other sessions of the filter. */
  others: number;
  othersShare: number;
  /** How many times as frequent it is in the group; see `commonsOf`. */
  lift: number;
}

/** A group of exceptions and what its sessions have in common. */
export interface ExceptionDetail {
  group: ExceptionGroup;
  /** Most telling first; at most `limits.commonsMax`. */
  commons: StateCommon[];
}

/** A question for the catalogue of metrics. */
export interface MetricQuery {
  /** Only series of these sessions count. */
  filter: SessionFilter;
  /** Names that hold this text, in any case; all when absent. */
  name?: string;
  /** 1 … `limits.pageRowsMax`. */
  limit: number;
  /** `next` of the page before; TachoError `invalid_field` when it is none of ours. */
  cursor?: string;
  nowUs: number;
}

/** A metric: all series of one name, type and unit. */
export interface MetricEntry {
  name: string;
  type: MetricType;
  /** As sent; '' = none. */
  unit: string;
  series: number;
  sessions: number;
  /** Keys of tags (what stands before the first colon) by name, each with its number of values. */
  tags: { key: string; values: number }[];
  /** By name. */
  products: string[];
  /** When the first and the last session that has it were created. */
  firstUs: number;
  lastUs: number;
}

/** A page of the catalogue, by name, type and unit. */
export interface MetricPage {
  rows: MetricEntry[];
  /** Continues after the last row; absent on the last page. */
  next?: string;
}

/** A question for the most frequent values in the states of sessions, as they stand. */
export interface StateValueQuery {
  filter: SessionFilter;
  /** Only values of this path; of all paths when absent. */
  path?: string;
  /** Only values whose text begins so, in any case. */
  prefix?: string;
  /** 1 … `limits.pageRowsMax`. */
  limit: number;
  nowUs: number;
}

/** A value at a path, and how many sessions have it there. */
export interface StateValue {
  path: string;
  value: JsonValue;
  sessions: number;
}

/** What a store answers about what many sessions recorded. All of it is complete for everything acknowledged. */
export interface SearchQuestions {
  searchEvents(query: EventSearch): Promise<FoundEvents>;
  exceptions(query: ExceptionQuery): Promise<ExceptionPage>;
  /** A group by its id; undefined when no session of the filter recorded one. */
  exception(query: ExceptionAsked): Promise<ExceptionDetail | undefined>;
  metrics(query: MetricQuery): Promise<MetricPage>;
  /**
   * The most frequent first, equal ones by path and value. Values whose JSON is longer than
   * `limits.stateValueLengthMax` and places of a state beyond `limits.statePlacesMax` do not count.
   */
  stateValues(query: StateValueQuery): Promise<StateValue[]>;
}
