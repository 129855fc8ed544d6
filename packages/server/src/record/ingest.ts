/** Agents' batches: entries of many sessions that become durable together, exactly once. */
import {
  type IngestInput,
  type MetricInput,
  type Rejection,
  type ReplayEntry,
  rejectionOf,
  type SeriesKey,
  TachoError,
} from '@tacho/protocol';
import type { SessionHandle, Store, StoreBatch, StoreEntry } from '../store/store.ts';
import { samplesEntry } from './draft.ts';
import { foundSession } from './session.ts';

/** A batch ready to be appended. */
export interface IngestDraft {
  batch: StoreBatch;
  /** Number of wire entries in the batch. */
  accepted: number;
  /** Entries that were bad, or of sessions that nobody started, in the order of the request. */
  rejected: Rejection[];
}

/**
 * Finds the sessions of a batch and turns its entries into those of the store. In a replay, sessions
 * that the batch starts although they exist keep nothing but their start, for the store to refuse.
 */
export async function draftIngest(
  store: Store,
  input: IngestInput<ReplayEntry>,
  nowUs: number,
  { replay = false } = {},
): Promise<IngestDraft> {
  await askAtOnce(store, input.entries);
  const sessions = new Sessions(store, replay);
  const rejected = [...input.rejected];
  const indexes = goodIndexes(input);
  const gathered = new Map<SessionHandle, Gathered>();
  const slots: (StoreEntry | Gathered)[] = [];
  for (const wire of input.entries) {
    const index = indexes.next().value as number;
    const found = sessions.find(wire);
    const session = found instanceof Promise ? await found : found;
    if (session instanceof TachoError) rejected.push(rejectionOf(session, index));
    else if (wire.kind !== 'start' && sessions.isStartedAgain(session)) continue;
    else if (wire.kind === 'metric') gather(wire.metric, session, gathered, slots);
    else if (wire.kind === 'series') addSeries(wire.series, session);
    else {
      // Metrics after columns of the same instant stay after them.
      if (wire.kind === 'columns') gathered.delete(session);
      slots.push(storeEntry(wire, session, nowUs));
    }
  }
  const accepted = input.entries.length - (rejected.length - input.rejected.length);
  rejected.sort((a, b) => a.index - b.index);
  const entries = slots.map((slot) =>
    'metrics' in slot ? samplesEntry(slot.session, slot.metrics, nowUs) : slot,
  );
  const once = { kind: 'spool', spoolId: input.spoolId, seq: input.seq } as const;
  const batch: StoreBatch = { receivedUs: nowUs, entries, once };
  if (replay) batch.replay = true;
  return { batch, accepted, rejected };
}

/** Looks all sessions up at once, so that a store which has to ask for them is asked once. */
async function askAtOnce(store: Store, entries: readonly ReplayEntry[]): Promise<void> {
  const asked = new Set<string>();
  const waited: Promise<unknown>[] = [];
  for (const { session, kind } of entries) {
    if (asked.has(session)) continue;
    asked.add(session);
    const answer = kind === 'start' ? store.reserve(session) : store.resolve(session);
    if (answer instanceof Promise) waited.push(answer);
  }
  if (waited.length > 0) await Promise.all(waited);
}

/** Single metrics of one session. */
interface Gathered {
  session: SessionHandle;
  metrics: MetricInput[];
}

/** Numbers the series of a session as they were numbered elsewhere; samples follow. */
function addSeries(keys: readonly SeriesKey[], { series }: SessionHandle): void {
  for (const { name, type, unit, tags } of keys) series.index(name, type, unit, tags);
}

/**
 * The metrics of a session up to its next columns become one entry, at the place of the first:
 * nothing else in a batch depends on where they stand, and typed arrays are cheaper than entries.
 */
function gather(
  metric: MetricInput,
  session: SessionHandle,
  gathered: Map<SessionHandle, Gathered>,
  slots: (StoreEntry | Gathered)[],
): void {
  const known = gathered.get(session);
  if (known !== undefined) {
    known.metrics.push(metric);
    return;
  }
  const first = { session, metrics: [metric] };
  gathered.set(session, first);
  slots.push(first);
}

/** Positions in the request of the entries that were good. */
function* goodIndexes({ rejected }: Pick<IngestInput, 'rejected'>): Generator<number, never> {
  const bad = new Set(rejected.map(({ index }) => index));
  for (let index = 0; ; index++) if (!bad.has(index)) yield index;
}

type Found = SessionHandle | TachoError;

/** The sessions of one batch, each looked up once; a start in the batch makes a session known. */
class Sessions {
  readonly #store: Store;
  readonly #known = new Map<string, Found>();
  readonly #replay: boolean;
  readonly #startedAgain = new Set<SessionHandle>();

  constructor(store: Store, replay: boolean) {
    this.#store = store;
    this.#replay = replay;
  }

  /** Whether a replay starts a session that was there before. */
  isStartedAgain(session: SessionHandle): boolean {
    return this.#startedAgain.has(session);
  }

  find(wire: ReplayEntry): Found | Promise<Found> {
    const known = this.#known.get(wire.session);
    const isStart = wire.kind === 'start';
    if (known !== undefined && !(isStart && known instanceof TachoError)) return known;
    const asked = isStart ? this.#start(wire.session) : this.#resolve(wire.session);
    return asked instanceof Promise
      ? asked.then((found) => this.#note(wire.session, found))
      : this.#note(wire.session, asked);
  }

  #start(id: string): SessionHandle | Promise<SessionHandle> {
    if (!this.#replay) return this.#store.reserve(id);
    return Promise.resolve(this.#store.resolve(id)).then((resolution) => {
      if (resolution.kind !== 'found') return this.#store.reserve(id);
      this.#startedAgain.add(resolution.session);
      return resolution.session;
    });
  }

  #resolve(id: string): Found | Promise<Found> {
    const resolution = this.#store.resolve(id);
    return resolution instanceof Promise
      ? resolution.then((later) => foundSession(later, id))
      : foundSession(resolution, id);
  }

  #note(id: string, found: Found): Found {
    this.#known.set(id, found);
    return found;
  }
}

function storeEntry(
  wire: Exclude<ReplayEntry, { kind: 'metric' | 'series' }>,
  session: SessionHandle,
  nowUs: number,
): StoreEntry {
  if (wire.kind === 'columns') {
    const { timesUs } = wire;
    const series = wire.series.map((s) => session.series.index(s.name, s.type, s.unit, s.tags));
    const values = wire.series.map((s) => s.values);
    return { kind: 'columns', session, timesUs, series, values };
  }
  if (wire.kind === 'status') {
    const { kind, status, clockSkewUs } = wire;
    return { kind, session, status, ...(clockSkewUs !== undefined && { clockSkewUs }) };
  }
  const { atUs = nowUs } = wire;
  switch (wire.kind) {
    case 'start':
      return { ...wire.start, kind: 'start', session, atUs };
    case 'patch':
      return { kind: 'patch', session, atUs, patch: wire.patch };
    case 'event':
      return { kind: 'event', session, atUs, event: wire.event };
    case 'crash':
      return { ...wire, session, atUs };
    case 'heartbeat':
      return { ...wire, session, atUs };
    case 'end':
      return { ...wire, session, atUs };
  }
}
