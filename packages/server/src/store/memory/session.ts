/** One session of the in-memory store: what it holds, and how each entry changes it. */
import { type JsonObject, type SeriesKey, type Signal, stringifyJson } from '@tacho/protocol';
import {
  nearerSkew,
  type SampleEntry,
  SessionFold,
  type Standing,
  type StartEntry,
  standingOf,
} from '../fold.ts';
import type {
  EventRow,
  PatchRow,
  SampleDetail,
  SampleRows,
  SessionHandle,
  SessionRow,
  StoreEntry,
} from '../store.ts';
import type { Told } from '../told.ts';

export type { StartEntry } from '../fold.ts';

/** Every other entry: something said about a session that exists. */
export type SaidEntry = Exclude<StoreEntry, StartEntry>;

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
  /** Gets what the session's own rules find out. */
  onTold: (told: Told) => void = () => {};
  readonly #fold: SessionFold;
  readonly #samples: Sample[] = [];
  readonly #startState: JsonObject;

  constructor(start: StartEntry, receivedUs: number, no: number, nextArrival: () => number) {
    this.handle = start.session;
    this.no = no;
    this.start = start;
    const standing = standingOf(start, receivedUs);
    this.#startState = standing.state;
    this.#fold = new SessionFold(standing, {
      patch: (row) => void this.patches.push(row),
      event: (row) => {
        this.arrivals.push(nextArrival());
        this.events.push(row);
      },
      told: (told) => this.onTold({ ...told, session: this.handle.id }),
    });
  }

  get status(): Standing['status'] {
    return this.#fold.standing.status;
  }

  get updatedUs(): number {
    return this.#fold.standing.updatedUs;
  }

  /** Takes what was said about the session. */
  say(entry: SaidEntry, receivedUs: number): void {
    const said = isSampleEntry(entry) ? this.#take(entry, receivedUs) : entry;
    if (said !== undefined) this.#fold.say(said, receivedUs);
  }

  /** Takes what was said about the session elsewhere: it is stored, and only its time counts. */
  replay(entry: SaidEntry, receivedUs: number): void {
    const said = isSampleEntry(entry) ? this.#take(entry, receivedUs) : entry;
    if (said !== undefined) this.#fold.replay(said, receivedUs);
  }

  /** Takes what somebody else noticed about the session; that is not activity of its own. */
  witness(signal: Signal): void {
    this.#fold.witness(signal);
  }

  /** Notes a time by the sender's clock. */
  noteClock(atUs: number, receivedUs: number): void {
    this.#fold.noteClock(atUs, receivedUs);
  }

  /** The session without its history. */
  row(): SessionRow {
    const { product, version, machineId, hostname, bootId, agentId } = this.start;
    const { state, errors: _, exception: _exception, ...standing } = this.#fold.standing;
    return {
      id: this.handle.id,
      createdUs: this.start.atUs,
      product,
      version,
      ...(machineId === undefined ? {} : { machineId }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(bootId === undefined ? {} : { bootId }),
      ...(agentId === undefined ? {} : { agentId }),
      ...standing,
      state: stringifyJson(state),
      startState: stringifyJson(this.#startState),
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

  /** Keeps samples; what they mean for the session, nothing when there are none. */
  #take(entry: SampleEntry, receivedUs: number) {
    const samples = [...samplesOf(entry, receivedUs)];
    const [first] = samples;
    if (first === undefined) return undefined;
    let skewUs: number | undefined;
    for (const sample of samples) {
      this.#samples.push(sample);
      skewUs = nearerSkew(skewUs, sample.atUs, receivedUs);
    }
    const { atUs } = first;
    const skew = skewUs === undefined ? {} : { skewUs };
    return { kind: 'sampled' as const, count: samples.length, atUs, ...skew };
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
