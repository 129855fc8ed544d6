/** From a performance to what a store keeps of it, as if it had been listened to until some instant. */
import {
  advance,
  initialStatus,
  type SessionStatus,
  type Signal,
  signalOfEvent,
} from '@tacho/protocol';
import type { SampleDetail, SessionHandle, StoreBatch, StoreEntry } from '../store/store.ts';
import { type Meter, type Performance, readTimes, type Said } from './performance.ts';

/** Clients collect for a second before they send. */
const flushUs = 1_000_000;

/** From sending to receipt. */
const latencyUs = 41_000;

/** The batches of a run, ready to be stored as a replay; what lies beyond `untilUs` is not told yet. */
export function replayBatches(
  performance: Performance,
  session: SessionHandle,
  untilUs: number,
): StoreBatch[] {
  const { startUs: atUs, start } = performance;
  const telling = new Telling(session, atUs, untilUs);
  telling.say({ kind: 'start', session, atUs, ...start }, atUs);
  for (const said of performance.said) {
    if (said.atUs > untilUs) break;
    telling.hear(said, performance);
  }
  telling.listen(performance);
  const entries = performance.meters.flatMap((meter) => samplesOf(meter, performance, telling));
  return telling.finish(entries);
}

/** Moments of a meter that were heard: before the cut, and not while the machine slept. */
function samplesOf(
  meter: Meter,
  { startUs, asleep }: Performance,
  { session, untilUs }: Telling,
): StoreEntry[] {
  const times = readTimes(meter, asleep, (untilUs - startUs) / 1e6);
  if (times.length === 0) return [];
  const series = meter.series.map(({ name, type, unit = '', tags = [] }) =>
    session.series.index(name, type, unit, tags),
  );
  const timesUs = Float64Array.from(times, (sec) => startUs + Math.round(sec * 1000) * 1000);
  const columns = series.map(() => new Float64Array(times.length));
  const details = new Map<number, SampleDetail>();
  const row = new Float64Array(series.length);
  for (let i = 0; i < times.length; i++) {
    meter.read(times[i] as number, row);
    for (let k = 0; k < columns.length; k++) {
      (columns[k] as Float64Array)[i] = row[k] as number;
      if (meter.detail) details.set(i * series.length + k, meter.detail(k));
    }
  }
  if (!meter.detail) return [{ kind: 'columns', session, timesUs, series, values: columns }];
  return [rowsOf(session, series, timesUs, columns, details)];
}

/** Samples with details, which columns cannot carry. */
function rowsOf(
  session: SessionHandle,
  series: readonly number[],
  timesUs: Float64Array,
  columns: readonly Float64Array[],
  details: Map<number, SampleDetail>,
): StoreEntry {
  const width = series.length;
  const rows = timesUs.length * width;
  const entry = {
    series: new Uint32Array(rows),
    timesUs: new Float64Array(rows),
    values: new Float64Array(rows),
  };
  for (let row = 0; row < rows; row++) {
    const i = Math.floor(row / width);
    entry.series[row] = series[row % width] as number;
    entry.timesUs[row] = timesUs[i] as number;
    entry.values[row] = (columns[row % width] as Float64Array)[i] as number;
  }
  return { kind: 'samples', session, ...entry, details };
}

/** What a server hears of a session: batches as they come in, and how the session stands. */
class Telling {
  readonly session: SessionHandle;
  readonly untilUs: number;
  readonly #batches: StoreBatch[] = [];
  #status: SessionStatus;

  constructor(session: SessionHandle, startUs: number, untilUs: number) {
    this.session = session;
    this.untilUs = untilUs;
    this.#status = initialStatus(this.#receiptOf(startUs));
  }

  /** Takes up an entry that was said at this instant, into the batch that it would have come in. */
  say(entry: StoreEntry, atUs: number, receivedUs = this.#receiptOf(atUs)): void {
    const last = this.#batches.at(-1);
    if (last && last.receivedUs >= receivedUs) last.entries.push(entry);
    else this.#batches.push({ receivedUs, entries: [entry], replay: true });
  }

  /** Something was said: it is kept, and what a server concludes from it as well. */
  hear(said: Said, performance: Performance): void {
    const { session } = this;
    const { atUs } = said;
    const when = this.#when(atUs, 'noticedUs' in said ? said.noticedUs : undefined);
    if (said.kind === 'patch') {
      this.say({ kind: 'patch', session, atUs, patch: said.patch }, atUs);
      this.#signal({ kind: 'activity', ...when });
      return;
    }
    if (said.kind === 'event') {
      const kind = signalOfEvent(said.event.name);
      if (kind === 'hang') this.#beatBefore(atUs, performance);
      this.say({ kind: 'event', session, atUs, event: said.event }, atUs);
      this.#signal({ kind, ...when });
      return;
    }
    this.#beatBefore(atUs, performance);
    if (said.kind === 'silence') this.#signal({ kind: 'lost', ...when });
    else this.#signal({ ...said, ...when });
  }

  /** Whoever still runs at the cut gave a sign of life shortly before it, unless it was asleep. */
  listen(performance: Performance): void {
    if (this.#status.lifecycle === 'active') this.#beatBefore(this.untilUs, performance);
  }

  /** All batches, with samples and the status in the last one. */
  finish(samples: StoreEntry[]): StoreBatch[] {
    const receivedUs = Math.max(this.#status.lastActivityUs, this.#batches.at(-1)?.receivedUs ?? 0);
    const status: StoreEntry = { kind: 'status', session: this.session, status: this.#status };
    this.#batches.push({ receivedUs, entries: [...samples, status], replay: true });
    return this.#batches;
  }

  /** A hung program is only seen to live; its own heartbeat would end the hang. */
  #beatBefore(atUs: number, { startUs, asleep }: Performance): void {
    const sec = (atUs - startUs) / 1e6;
    const sleep = asleep.find(([from, to]) => sec > from && sec < to);
    const beatUs = Math.max(startUs, sleep ? startUs + sleep[0] * 1e6 : atUs - flushUs);
    const isHung = this.#status.hungSinceUs !== null;
    // The last sign of life of one that died hung is the one before its hang.
    if (isHung && atUs < this.untilUs) return;
    this.#signal({ kind: isHung ? 'witness' : 'heartbeat', ...this.#when(beatUs) });
  }

  #signal(signal: Signal): void {
    const { status, emit } = advance(this.#status, signal);
    this.#status = status;
    const { session } = this;
    const { atUs, receivedUs } = signal;
    for (const event of emit) {
      this.say({ kind: 'event', session, atUs, event }, atUs, receivedUs);
    }
  }

  #when(atUs: number, noticedUs?: number): { atUs: number; receivedUs: number } {
    const receivedUs = noticedUs ?? this.#receiptOf(atUs);
    return { atUs, receivedUs: Math.min(receivedUs, this.untilUs) };
  }

  #receiptOf(atUs: number): number {
    const sentUs = Math.ceil(atUs / flushUs) * flushUs;
    return Math.min(sentUs + latencyUs, this.untilUs);
  }
}
