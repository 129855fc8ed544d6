/** The store in memory: the plainest code that keeps the promises of `Store`, and the oracle of the other engines. */
import { limits, SeriesTable, TachoError } from '@tacho/protocol';
import { aggregateOf } from './memory/aggregate.ts';
import { factsOf } from './memory/filter.ts';
import { eventCountsOf, eventsOf, patchesOf, stateAt, timelineOf } from './memory/history.ts';
import { OnceLedger } from './memory/once.ts';
import { type Asked, groupsOf, pageOf, summaryRow } from './memory/questions.ts';
import {
  exceptionOf,
  exceptionsOf,
  metricsOf,
  searchEvents,
  stateValuesOf,
} from './memory/search.ts';
import { pointsOf, samplesOf, seriesOf } from './memory/series.ts';
import { MemorySession, type StartEntry } from './memory/session.ts';
import { storageOf } from './memory/storage.ts';
import { MemoryTokens } from './memory/tokens.ts';
import { MemoryWebhooks } from './memory/webhooks.ts';
import { refuseStarted } from './replay.ts';
import type {
  AggregateGroup,
  AggregateQuery,
  Appended,
  EventCount,
  EventCountQuery,
  EventQuery,
  EventRow,
  EventSearch,
  ExceptionAsked,
  ExceptionDetail,
  ExceptionPage,
  ExceptionQuery,
  ExpireRules,
  FoundEvents,
  GroupQuery,
  HistoryPage,
  MetricPage,
  MetricQuery,
  PatchChange,
  PatchQuery,
  PatchRow,
  PointsQuery,
  ReadParts,
  Resolution,
  SampleRows,
  SamplesQuery,
  SearchQuestions,
  SessionGroup,
  SessionHandle,
  SessionPage,
  SessionPart,
  SessionQuery,
  SessionQuestions,
  StateAt,
  StateQuery,
  StateValue,
  StateValueQuery,
  Store,
  StoreBatch,
  StoreClock,
  StoreEntry,
  StoreHealth,
  StoreUse,
  SweepRules,
  TimelineCounts,
  TimelineQuery,
  TokenRow,
} from './store.ts';
import { Tellings } from './told.ts';

/** Rows of one piece that `read` and `ids` yield; small, so that readers meet more than one piece. */
const pageRows = 1_000;

/** What the store in memory needs to know. */
export interface MemoryOptions extends StoreClock {
  /** The server's clock, epoch microseconds. */
  clock: () => number;
}

/** Opens an empty store in memory; it lasts as long as the object. */
export function openMemory(options: MemoryOptions): MemoryStore {
  return new MemoryStore(options);
}

/** A store without a disk. It keeps what it is given: patches and events must not be changed afterwards. */
export class MemoryStore implements Store, SessionQuestions, SearchQuestions {
  readonly told = new Tellings();
  readonly webhooks = new MemoryWebhooks();
  readonly #options: MemoryOptions;
  /** By id, in order of creation. */
  readonly #sessions = new Map<string, MemorySession>();
  readonly #handles = new Map<string, SessionHandle>();
  readonly #once = new OnceLedger();
  readonly #tokens = new MemoryTokens();
  #refusal: TachoError | undefined;
  #created = 0;
  #arrived = 0;

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  resolve(idOrPrefix: string): Resolution {
    const prefix = idOrPrefix.toLowerCase();
    const exact = this.#sessions.get(prefix);
    if (exact !== undefined) return { kind: 'found', session: exact.handle };
    if (prefix.length < limits.idPrefixMin) return { kind: 'missing' };
    const ids = [...this.#sessions.keys()].filter((id) => id.startsWith(prefix)).sort();
    if (ids.length > 1) return { kind: 'ambiguous', ids: ids.slice(0, limits.ambiguousIdsMax) };
    const only = ids[0] === undefined ? undefined : this.#sessions.get(ids[0]);
    return only === undefined ? { kind: 'missing' } : { kind: 'found', session: only.handle };
  }

  reserve(id: string): SessionHandle {
    const known = this.#handles.get(id.toLowerCase());
    if (known !== undefined) return known;
    const handle = { id: id.toLowerCase(), series: new SeriesTable() };
    this.#handles.set(handle.id, handle);
    return handle;
  }

  async append({ receivedUs, entries, once, replay }: StoreBatch): Promise<Appended> {
    const before = once === undefined ? undefined : this.#once.seen(once, receivedUs);
    if (before !== undefined) return before;
    if (this.#refusal !== undefined) throw this.#refusal;
    if (replay) refuseStarted(entries, ({ id }) => this.#sessions.has(id));
    for (const entry of entries) this.#take(entry, receivedUs, replay === true);
    if (once !== undefined) this.#once.note(once, receivedUs);
    return { kind: 'stored' };
  }

  async *read(id: string, parts: ReadParts): AsyncGenerator<SessionPart> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    // All copies are taken before the first yield, so that the pieces belong together.
    const row = session.row();
    const patches = parts.patches ? [...session.patches] : [];
    const events = parts.events ? byTime(session.events) : [];
    const samples = parts.samples ? session.samples() : undefined;
    yield { kind: 'session', row };
    for (const rows of pages<PatchRow>(patches)) yield { kind: 'patches', rows };
    for (const rows of pages<EventRow>(events)) yield { kind: 'events', rows };
    if (samples === undefined) return;
    for (let from = 0; from < samples.values.length; from += pageRows) {
      yield { kind: 'samples', rows: sliceSamples(samples, from, from + pageRows) };
    }
  }

  async *ids(): AsyncGenerator<string[]> {
    yield* pages([...this.#sessions.keys()]);
  }

  async sweep({ nowUs, lostAfterUs }: SweepRules): Promise<number> {
    const silent = [...this.#sessions.values()].filter(
      ({ status }) => status.lifecycle === 'active' && nowUs - status.lastActivityUs > lostAfterUs,
    );
    for (const session of silent) {
      session.witness({ kind: 'lost', atUs: nowUs, receivedUs: nowUs });
    }
    return silent.length;
  }

  async expire({ beforeUs, sessionsMax }: ExpireRules): Promise<number> {
    const old = [...this.#sessions.values()]
      .filter(({ status, updatedUs }) => status.lifecycle !== 'active' && updatedUs < beforeUs)
      .slice(0, sessionsMax);
    for (const { handle } of old) this.#forget(handle.id);
    return old.length;
  }

  async sessions(query: SessionQuery): Promise<SessionPage> {
    return pageOf(this.#asked(), query);
  }

  async groups(query: GroupQuery): Promise<SessionGroup[]> {
    return groupsOf(this.#asked(), query);
  }

  async summary(id: string): ReturnType<SessionQuestions['summary']> {
    const session = this.#sessions.get(id);
    const { clock, suspendedAfterUs } = this.#options;
    return session && summaryRow(factsOf(session, clock(), suspendedAfterUs));
  }

  async searchEvents(query: EventSearch): Promise<FoundEvents> {
    return searchEvents(this.#asked(), query);
  }

  async exceptions(query: ExceptionQuery): Promise<ExceptionPage> {
    return exceptionsOf(this.#asked(), query);
  }

  async exception(query: ExceptionAsked): Promise<ExceptionDetail | undefined> {
    return exceptionOf(this.#asked(), query);
  }

  async aggregate(query: AggregateQuery, signal?: AbortSignal): Promise<AggregateGroup[]> {
    signal?.throwIfAborted();
    return aggregateOf(this.#asked(), query);
  }

  async metrics(query: MetricQuery): Promise<MetricPage> {
    return metricsOf(this.#asked(), query);
  }

  async stateValues(query: StateValueQuery): Promise<StateValue[]> {
    return stateValuesOf(this.#asked(), query);
  }

  async events(query: EventQuery): Promise<HistoryPage<EventRow> | undefined> {
    const session = this.#sessions.get(query.id);
    return session && eventsOf(session, query);
  }

  async countEvents(query: EventCountQuery): Promise<EventCount[] | undefined> {
    const session = this.#sessions.get(query.id);
    return session && eventCountsOf(session, query);
  }

  async stateAt(query: StateQuery): Promise<StateAt | undefined> {
    const session = this.#sessions.get(query.id);
    return session && stateAt(session, query);
  }

  async patches(query: PatchQuery): Promise<HistoryPage<PatchChange> | undefined> {
    const session = this.#sessions.get(query.id);
    return session && patchesOf(session, query);
  }

  async timeline(query: TimelineQuery): Promise<TimelineCounts | undefined> {
    const session = this.#sessions.get(query.id);
    return session && timelineOf(session, query);
  }

  async remove(id: string): Promise<boolean> {
    return this.#forget(id);
  }

  async series(query: Parameters<Store['series']>[0]): ReturnType<Store['series']> {
    const session = this.#sessions.get(query.id);
    return session && seriesOf(session, query.filter);
  }

  async points(query: PointsQuery): ReturnType<Store['points']> {
    const session = this.#sessions.get(query.id);
    return session && pointsOf(session, query);
  }

  async samples(query: SamplesQuery): ReturnType<Store['samples']> {
    const session = this.#sessions.get(query.id);
    return session && samplesOf(session, query);
  }

  async storage(): Promise<StoreUse> {
    return storageOf(this.#sessions.values());
  }

  async health(): Promise<StoreHealth> {
    const health = { queuedEntries: 0, unsealedSamples: 0, quarantined: 0 };
    if (this.#refusal === undefined) return { writable: true, ...health };
    return { writable: false, problem: this.#refusal.details, ...health };
  }

  tokens(): Promise<TokenRow[]> {
    return this.#tokens.tokens();
  }

  addToken(token: TokenRow): Promise<void> {
    return this.#tokens.addToken(token);
  }

  removeToken(id: string): Promise<boolean> {
    return this.#tokens.removeToken(id);
  }

  noteTokenUse(uses: ReadonlyMap<string, number>): Promise<void> {
    return this.#tokens.noteTokenUse(uses);
  }

  async close(): Promise<void> {
    this.#refusal = new TachoError('store_unavailable', 'The store is closed');
  }

  /** Makes every append of something new fail with this error, as a full disk would; undefined ends it. */
  refuse(error: TachoError | undefined): void {
    this.#refusal = error;
  }

  #asked(): Asked {
    const { suspendedAfterUs } = this.#options;
    return { sessions: [...this.#sessions.values()], suspendedAfterUs };
  }

  #forget(id: string): boolean {
    this.#handles.delete(id);
    return this.#sessions.delete(id);
  }

  #take(entry: StoreEntry, receivedUs: number, replay: boolean): void {
    const session = this.#sessions.get(entry.session.id);
    if (entry.kind === 'start') {
      if (session === undefined) this.#create(entry, receivedUs, replay);
      return;
    }
    // A session that was never started, or that expired since the handle was given out, has no place for it.
    if (session?.handle !== entry.session) return;
    if (replay) session.replay(entry, receivedUs);
    else session.say(entry, receivedUs);
  }

  #create(start: StartEntry, receivedUs: number, replay: boolean): void {
    const { id } = start.session;
    if (start.machineId !== undefined && !replay) {
      this.#machineReturned(start, start.machineId, receivedUs);
    }
    const session = new MemorySession(start, receivedUs, ++this.#created, () => ++this.#arrived);
    if (!replay) session.noteClock(start.atUs, receivedUs);
    session.onTold = (told) => this.told.say([told]);
    this.#sessions.set(id, session);
    this.#handles.set(id, start.session);
  }

  /** The machine runs again, so siblings that had fallen silent before are dead. */
  #machineReturned(start: StartEntry, machineId: string, receivedUs: number): void {
    const { clock, suspendedAfterUs, returnGraceUntilUs } = this.#options;
    if (clock() < returnGraceUntilUs) return;
    for (const sibling of this.#sessions.values()) {
      const { lifecycle, lastHeartbeatUs } = sibling.status;
      if (
        sibling.start.machineId === machineId &&
        sibling.start.product === start.product &&
        lifecycle === 'active' &&
        lastHeartbeatUs !== null &&
        receivedUs - lastHeartbeatUs > suspendedAfterUs &&
        !isSameAgent(sibling.start, start)
      ) {
        sibling.witness({ kind: 'returned', machineId, atUs: receivedUs, receivedUs });
      }
    }
  }
}

/** The same agent of the same boot speaks for both: then silence is not a sign of death. */
function isSameAgent(a: StartEntry, b: StartEntry): boolean {
  const isKnown = a.bootId !== undefined && a.agentId !== undefined;
  return isKnown && a.bootId === b.bootId && a.agentId === b.agentId;
}

/** Equal instants stay in order of arrival, because sorting is stable. */
function byTime(events: EventRow[]): EventRow[] {
  return [...events].sort((a, b) => a.atUs - b.atUs);
}

function* pages<T>(rows: T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += pageRows) {
    yield rows.slice(from, from + pageRows);
  }
}

function sliceSamples(all: SampleRows, from: number, to: number): SampleRows {
  const details = [...(all.details ?? [])].filter(([row]) => row >= from && row < to);
  return {
    keys: all.keys,
    series: all.series.slice(from, to),
    timesUs: all.timesUs.slice(from, to),
    values: all.values.slice(from, to),
    ...(details.length === 0 ? {} : { details: new Map(details.map(([r, d]) => [r - from, d])) }),
  };
}
