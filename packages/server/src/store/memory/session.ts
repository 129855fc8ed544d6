/** One session of the in-memory store: what it holds, and how each entry changes it. */
import {
  advance,
  applyPatch,
  type EventRecord,
  initialStatus,
  type JsonObject,
  type SeriesKey,
  type SessionStatus,
  type Signal,
  signalOfEvent,
  stringifyJson,
} from '@tacho/protocol';
import type {
  EventRow,
  PatchRow,
  SampleDetail,
  SampleRows,
  SessionHandle,
  SessionRow,
  StoreEntry,
} from '../store.ts';
import { changeOf, type Told } from '../told.ts';

/** The entry that creates a session. */
export type StartEntry = Extract<StoreEntry, { kind: 'start' }>;

/** Every other entry: something said about a session that exists. */
export type SaidEntry = Exclude<StoreEntry, StartEntry>;

type SampleEntry = Extract<StoreEntry, { kind: 'sample' | 'samples' | 'columns' }>;

interface Sample {
  series: number;
  atUs: number;
  value: number;
  detail: SampleDetail | undefined;
  receivedUs: number;
}

/** A session with its whole history; everything in it stands in order of arrival. */
export class MemorySession {
  readonly handle: SessionHandle;
  /** Sessions are numbered in order of creation. */
  readonly no: number;
  readonly start: StartEntry;
  readonly patches: PatchRow[] = [];
  readonly events: EventRow[] = [];
  /** By event, its number in the order in which events of all sessions arrived. */
  readonly arrivals: number[] = [];
  status: SessionStatus;
  updatedUs: number;
  /** Gets what the session's own rules find out. */
  onTold: (told: Told) => void = () => {};
  readonly #samples: Sample[] = [];
  readonly #startState: JsonObject;
  readonly #nextArrival: () => number;
  #state: JsonObject;
  #clockSkewUs: number | undefined;

  constructor(start: StartEntry, receivedUs: number, no: number, nextArrival: () => number) {
    this.#nextArrival = nextArrival;
    this.handle = start.session;
    this.no = no;
    this.start = start;
    this.status = initialStatus(receivedUs);
    this.updatedUs = receivedUs;
    // Nulls delete, yet product and version stay whatever the state says.
    const { product, version } = start;
    this.#startState = { product, version, ...applyPatch({}, start.state ?? {}) };
    this.#state = this.#startState;
  }

  /** Takes what was said about the session. */
  say(entry: SaidEntry, receivedUs: number): void {
    const samples = isSampleEntry(entry) ? [...samplesOf(entry, receivedUs)] : [];
    const signal = signalOf(entry, samples[0]?.atUs, receivedUs);
    if (signal === undefined) return;
    const { emit, drop } = this.#advance(signal);
    // A session resumes before the thing that showed it; whatever else follows from a thing comes after it.
    const resumed = emit.filter((event) => event.name === 'session_resumed');
    for (const event of resumed) this.#addEvent(event, signal.atUs, receivedUs);
    if (entry.kind === 'patch') this.#addPatch(entry.patch, entry.atUs, receivedUs);
    if (entry.kind === 'event' && !drop) this.#addEvent(entry.event, entry.atUs, receivedUs);
    for (const sample of samples) this.#samples.push(sample);
    for (const event of emit) {
      if (!resumed.includes(event)) this.#addEvent(event, signal.atUs, receivedUs);
    }
    this.updatedUs = Math.max(this.updatedUs, receivedUs);
    if (isSampleEntry(entry)) for (const { atUs } of samples) this.noteClock(atUs, receivedUs);
    else if (entry.kind !== 'status') this.noteClock(entry.atUs, receivedUs);
  }

  /** Takes what was said about the session elsewhere: it is stored, and only its time counts. */
  replay(entry: SaidEntry, receivedUs: number): void {
    const samples = isSampleEntry(entry) ? [...samplesOf(entry, receivedUs)] : [];
    if (isSampleEntry(entry) && samples.length === 0) return;
    for (const sample of samples) this.#samples.push(sample);
    const lastActivityUs = Math.max(this.status.lastActivityUs, receivedUs);
    this.status = { ...this.status, lastActivityUs };
    if (entry.kind === 'patch') {
      this.#addPatch(entry.patch, entry.atUs, receivedUs);
    } else if (entry.kind === 'event') {
      this.#addEvent(entry.event, entry.atUs, receivedUs);
    } else if (entry.kind === 'status') {
      this.status = entry.status;
      this.#clockSkewUs = entry.clockSkewUs;
    }
    this.updatedUs = Math.max(this.updatedUs, receivedUs);
  }

  /** Takes what somebody else noticed about the session; that is not activity of its own. */
  witness(signal: Signal): void {
    const { emit } = this.#advance(signal);
    for (const event of emit) this.#addEvent(event, signal.atUs, signal.receivedUs);
  }

  /** The session without its history. */
  row(): SessionRow {
    const { product, version, machineId, hostname, bootId, agentId } = this.start;
    return {
      id: this.handle.id,
      createdUs: this.start.atUs,
      updatedUs: this.updatedUs,
      product,
      version,
      ...(machineId === undefined ? {} : { machineId }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(bootId === undefined ? {} : { bootId }),
      ...(agentId === undefined ? {} : { agentId }),
      status: this.status,
      state: stringifyJson(this.#state),
      startState: stringifyJson(this.#startState),
      patches: this.patches.length,
      events: this.events.length,
      samples: this.#samples.length,
      ...(this.#clockSkewUs === undefined ? {} : { clockSkewUs: this.#clockSkewUs }),
    };
  }

  /** The series that have a sample. */
  recordedSeries(): SeriesKey[] {
    const recorded = new Set(this.#samples.map(({ series }) => series));
    return this.handle.series.keys.filter((_, i) => recorded.has(i));
  }

  /** All samples by time, then by series, then in order of arrival. */
  samples(): SampleRows {
    const sorted = [...this.#samples].sort((a, b) => a.atUs - b.atUs || a.series - b.series);
    const details = new Map<number, SampleDetail>();
    sorted.forEach(({ detail }, row) => {
      if (detail !== undefined) details.set(row, detail);
    });
    return {
      keys: [...this.handle.series.keys],
      series: Uint32Array.from(sorted, (sample) => sample.series),
      timesUs: Float64Array.from(sorted, (sample) => sample.atUs),
      values: Float64Array.from(sorted, (sample) => sample.value),
      details,
    };
  }

  /** When its samples were received, in order of arrival. */
  samplesReceivedUs(): number[] {
    return this.#samples.map(({ receivedUs }) => receivedUs);
  }

  #advance(signal: Signal): ReturnType<typeof advance> {
    const outcome = advance(this.status, signal);
    const change = changeOf(this.status, outcome, signal);
    if (change !== undefined) this.onTold({ ...change, session: this.handle.id });
    this.status = outcome.status;
    return outcome;
  }

  #addPatch(patch: JsonObject, atUs: number, receivedUs: number): void {
    const revision = this.patches.length + 1;
    this.patches.push({ revision, atUs, receivedUs, patch: stringifyJson(patch) });
    this.#state = applyPatch(this.#state, patch);
  }

  #addEvent(event: EventRecord, atUs: number, receivedUs: number): void {
    this.arrivals.push(this.#nextArrival());
    this.events.push({ seq: this.events.length, atUs, receivedUs, event });
  }

  /** Notes a time by the sender's clock: delays only make it look late, so the smallest difference is nearest to the truth. */
  noteClock(atUs: number, receivedUs: number): void {
    const skewUs = atUs - receivedUs;
    if (skewUs === 0) return;
    const bestUs = this.#clockSkewUs;
    if (bestUs === undefined || Math.abs(skewUs) < Math.abs(bestUs)) this.#clockSkewUs = skewUs;
  }
}

function isSampleEntry(entry: StoreEntry): entry is SampleEntry {
  return entry.kind === 'sample' || entry.kind === 'samples' || entry.kind === 'columns';
}

/** The samples of an entry in order of arrival; columns arrive one after the other. */
function* samplesOf(entry: SampleEntry, receivedUs: number): Generator<Sample> {
  if (entry.kind === 'sample') {
    const { series, atUs, value, detail } = entry;
    yield { series, atUs, value, detail, receivedUs };
    return;
  }
  if (entry.kind === 'samples') {
    for (const [i, series] of entry.series.entries()) {
      const detail = entry.details?.get(i);
      yield { series, atUs: entry.timesUs[i]!, value: entry.values[i]!, detail, receivedUs };
    }
    return;
  }
  for (const [k, series] of entry.series.entries()) {
    for (const [i, atUs] of entry.timesUs.entries()) {
      yield { series, atUs, value: entry.values[k]![i]!, detail: undefined, receivedUs };
    }
  }
}

/** What an entry means for the status; undefined for an entry without a single sample. */
function signalOf(
  entry: SaidEntry,
  firstSampleUs: number | undefined,
  receivedUs: number,
): Signal | undefined {
  if (isSampleEntry(entry)) {
    if (firstSampleUs === undefined) return undefined;
    return { kind: 'activity', atUs: firstSampleUs, receivedUs };
  }
  // A status that is said outside of a replay says nothing.
  if (entry.kind === 'status') return undefined;
  const { atUs } = entry;
  switch (entry.kind) {
    case 'patch':
      return { kind: 'activity', atUs, receivedUs };
    case 'event':
      return { kind: signalOfEvent(entry.event.name), atUs, receivedUs };
    case 'crash':
    case 'end': {
      const { session: _session, ...said } = entry;
      return { ...said, receivedUs };
    }
    case 'heartbeat':
      return { kind: entry.witness ? 'witness' : 'heartbeat', atUs, receivedUs };
  }
}
