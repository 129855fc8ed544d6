/** A session as the fold over what was said about it: each thing moves its status, its state and its counts. */
import {
  advance,
  applyPatch,
  type EventRecord,
  type ExceptionFact,
  initialStatus,
  type JsonObject,
  type SessionStatus,
  type Signal,
  signalOfEvent,
  stringifyJson,
} from '@tacho/protocol';
import type { EventRow, PatchRow, StoreEntry } from './store.ts';
import { changeOf, type Told } from './told.ts';

/** The entry that creates a session. */
export type StartEntry = Extract<StoreEntry, { kind: 'start' }>;

/** An entry of samples. */
export type SampleEntry = Extract<StoreEntry, { kind: 'sample' | 'samples' | 'columns' }>;

/** Samples that were said in one go, as far as they move a session: at least one. */
export interface Sampled {
  kind: 'sampled';
  count: number;
  /** Instant of the first of them. */
  atUs: number;
  /** The smallest difference of clocks among them, see `nearerSkew`. */
  skewUs?: number;
}

/** Something said about a session that exists, its session aside. */
export type Said =
  | Omitted<Exclude<StoreEntry, StartEntry | SampleEntry>>
  /** Samples are summed up. */
  | Sampled;

/** What a start says of the session itself. */
export type StartFacts = Omit<StartEntry, 'session' | 'kind'>;

type Omitted<T> = T extends unknown ? Omit<T, 'session'> : never;

/** What is known of a session without its history. */
export interface Standing {
  status: SessionStatus;
  updatedUs: number;
  patches: number;
  events: number;
  samples: number;
  /** Events of level error or critical. */
  errors: number;
  exception?: ExceptionFact;
  clockSkewUs?: number;
  state: JsonObject;
}

/** Gets what comes of the things that are said, in their order. */
export interface FoldSink {
  patch?(row: PatchRow): void;
  event?(row: EventRow): void;
  told?(told: Omit<Told, 'session'>): void;
}

/** How a session that starts so stands at first. */
export function standingOf(start: StartFacts, receivedUs: number): Standing {
  return {
    status: initialStatus(receivedUs),
    updatedUs: receivedUs,
    ...{ patches: 0, events: 0, samples: 0, errors: 0 },
    state: startState(start),
  };
}

/** The state at the start: nulls delete, yet product and version stay whatever the state says. */
export function startState({ product, version, state }: StartFacts): JsonObject {
  return { product, version, ...applyPatch({}, state ?? {}) };
}

/** Takes what is said about a session, one thing after the other. */
export class SessionFold {
  /** How it stands; replaced or changed with each thing. */
  readonly standing: Standing;
  readonly #sink: FoldSink;

  constructor(standing: Standing, sink: FoldSink) {
    this.standing = standing;
    this.#sink = sink;
  }

  /** Takes what was said about the session. */
  say(said: Said, receivedUs: number): void {
    const signal = signalOf(said, receivedUs);
    if (signal === undefined) return;
    const { standing } = this;
    const { emit, drop } = this.#advance(signal);
    // A session resumes before the thing that showed it; whatever else follows from a thing comes after it.
    const resumed = emit.filter((event) => event.name === 'session_resumed');
    for (const event of resumed) this.#addEvent(event, signal.atUs, receivedUs);
    if (said.kind === 'patch') this.#addPatch(said.patch, said.atUs, receivedUs);
    if (said.kind === 'event' && !drop) this.#addEvent(said.event, said.atUs, receivedUs);
    if (said.kind === 'sampled') standing.samples += said.count;
    for (const event of emit) {
      if (!resumed.includes(event)) this.#addEvent(event, signal.atUs, receivedUs);
    }
    standing.updatedUs = Math.max(standing.updatedUs, receivedUs);
    if (said.kind === 'sampled') this.#noteSkew(said.skewUs);
    else if (said.kind !== 'status') this.noteClock(said.atUs, receivedUs);
  }

  /** Takes what was said about the session elsewhere: it is stored, and only its time counts. */
  replay(said: Said, arrivedUs: number): void {
    const { standing } = this;
    const receivedUs = ('receivedUs' in said ? said.receivedUs : undefined) ?? arrivedUs;
    const lastActivityUs = Math.max(standing.status.lastActivityUs, receivedUs);
    standing.status = { ...standing.status, lastActivityUs };
    if (said.kind === 'patch') this.#addPatch(said.patch, said.atUs, receivedUs);
    else if (said.kind === 'event') this.#addEvent(said.event, said.atUs, receivedUs);
    else if (said.kind === 'sampled') standing.samples += said.count;
    else if (said.kind === 'status') {
      standing.status = said.status;
      delete standing.clockSkewUs;
      this.#noteSkew(said.clockSkewUs);
    }
    const updatedUs = said.kind === 'status' ? said.updatedUs : undefined;
    standing.updatedUs = updatedUs ?? Math.max(standing.updatedUs, receivedUs);
  }

  /** Takes what somebody else noticed about the session; that is not activity of its own. */
  witness(signal: Signal): void {
    const { emit } = this.#advance(signal);
    for (const event of emit) this.#addEvent(event, signal.atUs, signal.receivedUs);
  }

  /** Notes a time by the sender's clock. */
  noteClock(atUs: number, receivedUs: number): void {
    this.#noteSkew(nearerSkew(undefined, atUs, receivedUs));
  }

  #noteSkew(skewUs: number | undefined): void {
    const bestUs = this.standing.clockSkewUs;
    if (skewUs === undefined) return;
    if (bestUs === undefined || Math.abs(skewUs) < Math.abs(bestUs)) {
      this.standing.clockSkewUs = skewUs;
    }
  }

  #advance(signal: Signal): ReturnType<typeof advance> {
    const { standing } = this;
    const outcome = advance(standing.status, signal);
    const change = changeOf(standing.status, outcome, signal);
    if (change !== undefined) this.#sink.told?.(change);
    standing.status = outcome.status;
    return outcome;
  }

  #addPatch(patch: JsonObject, atUs: number, receivedUs: number): void {
    const { standing } = this;
    standing.patches += 1;
    standing.state = applyPatch(standing.state, patch);
    const revision = standing.patches;
    this.#sink.patch?.({ revision, atUs, receivedUs, patch: stringifyJson(patch) });
  }

  #addEvent(event: EventRecord, atUs: number, receivedUs: number): void {
    const { standing } = this;
    const seq = standing.events;
    standing.events += 1;
    if (event.level === 'error' || event.level === 'critical') {
      standing.errors += 1;
      const { exception_type: type = '', exception_msg: message = '' } = event;
      const isLast = standing.exception === undefined || atUs >= standing.exception.atUs;
      if ((type !== '' || message !== '') && isLast) standing.exception = { type, message, atUs };
    }
    this.#sink.event?.({ seq, atUs, receivedUs, event });
  }
}

/**
 * Of a difference of clocks known so far and that of one more time by the sender's clock, the one
 * that is smaller: delays only make it look late, so the smallest is nearest to the truth.
 */
export function nearerSkew(
  bestUs: number | undefined,
  atUs: number,
  receivedUs: number,
): number | undefined {
  const skewUs = atUs - receivedUs;
  if (skewUs === 0) return bestUs;
  return bestUs === undefined || Math.abs(skewUs) < Math.abs(bestUs) ? skewUs : bestUs;
}

/** What a thing means for the status. */
function signalOf(said: Said, receivedUs: number): Signal | undefined {
  // A status that is said outside of a replay says nothing.
  if (said.kind === 'status') return undefined;
  const { atUs } = said;
  switch (said.kind) {
    case 'patch':
    case 'sampled':
      return { kind: 'activity', atUs, receivedUs };
    case 'event':
      return { kind: signalOfEvent(said.event.name), atUs, receivedUs };
    case 'crash':
      return { ...said, receivedUs };
    case 'end':
      return { ...said, receivedUs };
    case 'heartbeat':
      return { kind: said.witness ? 'witness' : 'heartbeat', atUs, receivedUs };
  }
}
