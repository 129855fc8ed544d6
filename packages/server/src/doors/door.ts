/** A door: takes what a foreign dialect said, finds its sessions, and records it. */
import {
  type CauseReport,
  type EventRecord,
  type JsonObject,
  limits,
  type MetricInput,
  TachoError,
} from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { samplesEntry } from '../record/draft.ts';
import type { Recorder } from '../record.ts';
import type { Once, SessionHandle, Store, StoreEntry } from '../store/store.ts';
import { type DoorName, DoorReport } from './report.ts';
import { type DoorSession, DoorSessions } from './sessions.ts';
import type { Source } from './source.ts';

/** What a door works with. */
export interface DoorParts {
  store: Store;
  recorder: Recorder;
  clock: Clock;
  log: Log;
  /** Silence after which a session that a door started has ended. */
  doorSilenceMs: number;
}

/** A metric as a door read it. */
export interface DoorMetric {
  metric: MetricInput;
  /**
   * For what is said as an increase: the running total after it, from the one before (undefined at
   * first). `total` names it within its session.
   */
  grow?: { total: string; by: (before: unknown) => { total: unknown; metric: MetricInput } };
}

/** Anything else that a door reads; instants are epoch microseconds by the sender's clock. */
export type DoorFact =
  | { kind: 'event'; atUs: number; event: EventRecord }
  | {
      kind: 'patch';
      atUs: number;
      patch: JsonObject;
      /** What is said here again and again under this name is stored when it changes. */
      repeats?: string;
    }
  | { kind: 'end'; atUs: number; cause?: CauseReport }
  | { kind: 'crash'; atUs: number; reason: string; cause?: CauseReport };

/** What was said of one run. */
export interface Said {
  source: Source;
  /** What the state of the session has from its start, when this starts it. */
  state?: JsonObject;
  metrics: readonly DoorMetric[];
  facts: readonly DoorFact[];
}

/** Records what one dialect says. */
export class Door {
  readonly name: DoorName;
  readonly report: DoorReport;
  readonly #recorder: Recorder;
  readonly #sessions: DoorSessions;
  /** Batches with increases go one after the other: each starts from the totals of the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: DoorName, parts: DoorParts) {
    this.name = name;
    this.report = new DoorReport(parts.clock);
    this.#recorder = parts.recorder;
    this.#sessions = new DoorSessions(name, {
      ...parts,
      silenceMs: parts.doorSilenceMs,
      end: (session, atUs) => this.#append([{ kind: 'end', session, atUs }], parts.clock(), 1),
    });
  }

  /** Sessions that speak through it now. */
  get openSessions(): number {
    return this.#sessions.size;
  }

  /**
   * Makes all of it durable, or nothing: rejects with what the store refuses with, and with
   * `too_many_sessions`. Samples and events are counted as stored; what was refused is counted by
   * whoever tells the sender. Resolves to false when `once` says that it was stored before.
   */
  record(said: readonly Said[], receivedUs: number, once?: Once): Promise<boolean> {
    const grows = said.some(({ metrics }) => metrics.some(({ grow }) => grow !== undefined));
    if (!grows) return this.#record(said, receivedUs, once);
    const turn = this.#last.then(() => this.#record(said, receivedUs, once));
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Counts things that an error kept from being stored. */
  refuse(error: unknown, count: number): void {
    const details = error instanceof Error ? error.message : String(error);
    this.report.refuse(refusalReason(error), details, count);
  }

  /** Ends what fell silent. */
  sweep(): Promise<void> {
    return this.#sessions.sweep();
  }

  /** Lets go of timers; the store stays open. */
  close(): Promise<void> {
    return this.#sessions.close();
  }

  async #record(said: readonly Said[], receivedUs: number, once?: Once): Promise<boolean> {
    const gathered = new Map<DoorSession, Gathered>();
    for (const { source, state, metrics, facts } of said) {
      if (metrics.length === 0 && facts.length === 0) continue;
      const session = await this.#sessions.find(source, state);
      const of = gathered.get(session) ?? gather();
      gathered.set(session, of);
      for (const { metric, grow } of metrics) {
        if (grow === undefined) of.metrics.push(metric);
        else {
          const before = of.totals.get(grow.total) ?? session.totals.get(grow.total);
          const { total, metric: grown } = grow.by(before);
          // Beyond the limit of series nothing is told apart any more, so there is nothing to remember.
          const isKnown = before !== undefined || session.totals.size < limits.seriesPerSessionMax;
          if (isKnown) of.totals.set(grow.total, total);
          of.metrics.push(grown);
        }
      }
      for (const fact of facts)
        if (this.#isNews(fact, session, of, receivedUs)) of.facts.push(fact);
      of.count += metrics.length + facts.length;
    }
    const entries: StoreEntry[] = [];
    let count = 0;
    let overflowed = 0;
    for (const [session, { metrics, facts, ...of }] of gathered) {
      const { handle, start } = session;
      if (start !== undefined) {
        entries.push({ ...start, atUs: beginUs([...metrics, ...facts], receivedUs) });
      }
      const before = handle.series.overflowed;
      if (metrics.length > 0) entries.push(samplesEntry(handle, metrics, receivedUs));
      overflowed += handle.series.overflowed - before;
      // What ends a session comes after everything else that was said with it.
      for (const fact of facts) if (!isEnd(fact)) entries.push(entryOf(fact, handle));
      for (const fact of facts) if (isEnd(fact)) entries.push(entryOf(fact, handle));
      count += of.count;
    }
    const isNew = entries.length === 0 || (await this.#append(entries, receivedUs, count, once));
    for (const [session, { facts, totals, patches }] of gathered) {
      // What was stored before may have started another session of the source.
      if (isNew) session.start = undefined;
      if (isNew) for (const [name, total] of totals) session.totals.set(name, total);
      for (const [name, patch] of patches) session.patches.set(name, patch);
      if (facts.some(isEnd)) this.#sessions.forget(session);
    }
    if (!isNew) return false;
    this.report.stored += count;
    this.report.overflowed += overflowed;
    return true;
  }

  /** Whether a fact is to be stored: not what stands in the state already, or has no place in it. */
  #isNews(fact: DoorFact, session: DoorSession, of: Gathered, receivedUs: number): boolean {
    if (fact.kind !== 'patch' || fact.repeats === undefined) return true;
    const { repeats, patch } = fact;
    const before = of.patches.get(repeats) ?? session.patches.get(repeats);
    if (before === undefined && session.patches.size + of.patches.size >= limits.doorTextsMax) {
      const details = `${repeats}: the state has ${limits.doorTextsMax} texts of this door already`;
      this.report.refuse('too_many_texts', details);
      of.count--;
      return false;
    }
    const text = JSON.stringify(patch);
    const isRepeat = before?.text === text && receivedUs - before.saidUs < sayAgainUs;
    if (!isRepeat) of.patches.set(repeats, { text, saidUs: receivedUs });
    return !isRepeat;
  }

  /** Whether the batch was stored now; false when it had been before. */
  async #append(
    entries: StoreEntry[],
    receivedUs: number,
    count: number,
    once?: Once,
  ): Promise<boolean> {
    const batch = { receivedUs, entries, ...(once !== undefined && { once }) };
    const { kind } = await this.#recorder.append(batch, count);
    return kind === 'stored';
  }
}

/** How long before their receipt the first words of a session are taken for its begin. */
const toldLateUsMax = 24 * 3600e6;

/** What says the same for this long is stored again, as a sign of life. */
const sayAgainUs = 60e6;

/** What one batch says of one session. */
interface Gathered {
  metrics: MetricInput[];
  facts: DoorFact[];
  totals: Map<string, unknown>;
  patches: DoorSession['patches'];
  /** Things said that were stored, or stood there already. */
  count: number;
}

function gather(): Gathered {
  return { metrics: [], facts: [], totals: new Map(), patches: new Map(), count: 0 };
}

function isEnd({ kind }: DoorFact): boolean {
  return kind === 'end' || kind === 'crash';
}

function entryOf(fact: DoorFact, session: SessionHandle): StoreEntry {
  if (fact.kind !== 'patch') return { ...fact, session };
  const { kind, atUs, patch } = fact;
  return { kind, atUs, patch, session };
}

/** A session begins with the first thing said of it, unless that is told of long ago. */
function beginUs(said: readonly { atUs?: number }[], receivedUs: number): number {
  const firstUs = said.reduce((least, { atUs }) => Math.min(least, atUs ?? least), receivedUs);
  return Math.max(firstUs, receivedUs - toldLateUsMax);
}

/** How many things were said: samples, events and the like. */
export function countOf(said: readonly Said[]): number {
  return said.reduce((sum, { metrics, facts }) => sum + metrics.length + facts.length, 0);
}

/** The reason under which an error is counted: its code, or `internal`. */
export function refusalReason(error: unknown): string {
  return error instanceof TachoError ? error.code : 'internal';
}
