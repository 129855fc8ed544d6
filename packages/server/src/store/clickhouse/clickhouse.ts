/** The store on ClickHouse: any number of servers share it, each of which takes any request. */
import { createHash } from 'node:crypto';
import { limits, SeriesTable, TachoError } from '@tacho/protocol';
import type { Log } from '../../log.ts';
import { eventCountsOf, eventsOf, patchesOf, stateAt, timelineOf } from '../memory/history.ts';
import { refuseStarted } from '../replay.ts';
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
  PointsQuery,
  ReadParts,
  Resolution,
  SamplesQuery,
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
} from '../store.ts';
import { Tellings } from '../told.ts';
import { type ClickHouseAddress, parseAddress } from './address.ts';
import { aggregate } from './aggregate.ts';
import { Shard } from './connection.ts';
import { exceptionDetail, exceptionPage } from './exceptions.ts';
import type { Now } from './filter.ts';
import { onceName } from './ledger.ts';
import { sessionGroups, sessionPage, sessionSummary } from './lists.ts';
import type { ClickHouseHandle } from './live.ts';
import { migrate } from './migrations.ts';
import { readSession } from './read.ts';
import { Histories, headOf, type Recorded } from './recorded.ts';
import { metricPage, searchEvents, seriesOfSession, stateValues } from './search.ts';
import { samplePage, seriesInfos, seriesPoints } from './series.ts';
import { quoted } from './sql.ts';
import { storageOf } from './storage.ts';
import { ClickHouseTokens } from './tokens.ts';
import { Turns } from './turns.ts';
import { Writer } from './writer.ts';

/** What the store on ClickHouse needs to know. */
export interface ClickHouseOptions extends StoreClock {
  /** See `parseAddress`. */
  url: string;
  /** The server's clock, epoch microseconds. */
  clock: () => number;
  log: Log;
}

/** Handles that are kept, so that most requests find their session without asking. */
const handlesMax = 50_000;

/** Opens the store; makes its database and tables where they are missing. */
export async function openClickhouse(options: ClickHouseOptions): Promise<Store> {
  const address = parseAddress(options.url);
  const shards = address.shards.map((urls) => new Shard(urls, address));
  try {
    await migrate(address, shards);
    const store = new ClickHouseStore(options, address, shards);
    await store.load();
    return store;
  } catch (error) {
    await Promise.all(shards.map((shard) => shard.close()));
    throw error;
  }
}

class ClickHouseStore implements Store {
  readonly told = new Tellings();
  readonly #options: ClickHouseOptions;
  readonly #shards: readonly Shard[];
  readonly #writers: readonly Writer[];
  readonly #turns = new Turns();
  readonly #tokens: ClickHouseTokens;
  readonly #histories = new Histories();
  readonly #handles = new Map<string, ClickHouseHandle>();
  #isClosed = false;

  constructor(options: ClickHouseOptions, _address: ClickHouseAddress, shards: readonly Shard[]) {
    this.#options = options;
    this.#shards = shards;
    const tell = this.told.say.bind(this.told);
    const parts = { turns: this.#turns, clock: options, tell };
    this.#writers = shards.map((shard) => new Writer({ ...parts, shard }));
    this.#tokens = new ClickHouseTokens(shards[0]!);
  }

  /** Turns go on where the last ones were. */
  async load(): Promise<void> {
    const rows = await Promise.all(
      this.#shards.map((shard) =>
        shard.rows<{ last: number }>('SELECT max(turn) AS last FROM head'),
      ),
    );
    for (const { last } of rows.flat()) this.#turns.see(last);
  }

  async resolve(idOrPrefix: string): Promise<Resolution> {
    const prefix = idOrPrefix.toLowerCase();
    const isWhole = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(prefix);
    if (isWhole) {
      const known = this.#handles.get(prefix);
      if (known?.gen !== undefined) return { kind: 'found', session: known };
      const head = await headOf(this.#shardOf(prefix), prefix);
      if (head === undefined) return { kind: 'missing' };
      return { kind: 'found', session: await this.#handleOf(prefix, head.gen) };
    }
    if (prefix.length < limits.idPrefixMin || !/^[\da-f-]+$/.test(prefix)) {
      return { kind: 'missing' };
    }
    const found = await Promise.all(
      this.#shards.map((shard) =>
        shard.rows<{ id: string; gen: number }>(
          `SELECT toString(session) AS id, gen FROM head FINAL
           WHERE NOT gone AND startsWith(toString(session), ${quoted(prefix)})
           ORDER BY id LIMIT ${limits.ambiguousIdsMax + 1}`,
        ),
      ),
    );
    const rows = found.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    const [first] = rows;
    if (first === undefined) return { kind: 'missing' };
    if (rows.length > 1) {
      return { kind: 'ambiguous', ids: rows.slice(0, limits.ambiguousIdsMax).map(({ id }) => id) };
    }
    return { kind: 'found', session: await this.#handleOf(first.id, first.gen) };
  }

  reserve(id: string): SessionHandle {
    const known = this.#handles.get(id.toLowerCase());
    if (known !== undefined) return known;
    return this.#keep({ id: id.toLowerCase(), series: new SeriesTable(), gen: undefined });
  }

  async append(batch: StoreBatch): Promise<Appended> {
    if (this.#isClosed) throw new TachoError('store_unavailable', 'The store is closed');
    const parts = this.#split(batch);
    if (batch.replay && parts.length > 1) await this.#refuseStarted(batch.entries);
    const answers = await Promise.all(
      parts.map(({ writer, entries }) => writer.append({ ...batch, entries, notices: [] })),
    );
    return answers.find(({ kind }) => kind === 'stored') ?? answers[0]!;
  }

  async *read(id: string, parts: ReadParts): AsyncGenerator<SessionPart> {
    if (!isId(id)) return;
    yield* readSession(this.#shardOf(id), this.#histories, id, parts);
  }

  async *ids(): AsyncGenerator<string[]> {
    const pageRows = 10_000;
    let after: [no: number, id: string] = [-Infinity, ''];
    for (;;) {
      const here = after[0] === -Infinity ? '1' : `(no, id) > (${after[0]}, ${quoted(after[1])})`;
      const found = await Promise.all(
        this.#shards.map((shard) =>
          shard.rows<{ id: string; no: number }>(
            `SELECT toString(session) AS id, no FROM head FINAL WHERE NOT gone AND ${here}
             ORDER BY no, id LIMIT ${pageRows}`,
          ),
        ),
      );
      const rows = found
        .flat()
        .sort((a, b) => a.no - b.no || (a.id < b.id ? -1 : 1))
        .slice(0, pageRows);
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map(({ id }) => id);
      after = [last.no, last.id];
    }
  }

  async sweep({ nowUs, lostAfterUs }: SweepRules): Promise<number> {
    const beforeUs = nowUs - lostAfterUs;
    const counts = await Promise.all(
      this.#shards.map(async (shard, i) => {
        const silent = await shard.rows<{ id: string }>(
          `SELECT toString(session) AS id FROM head FINAL
           WHERE NOT gone AND lifecycle = 'active' AND activity_us < ${beforeUs} ORDER BY no`,
        );
        if (silent.length === 0) return 0;
        const notices = silent.map(({ id }) => {
          return { kind: 'lost' as const, id, lostBeforeUs: beforeUs };
        });
        await this.#writers[i]!.append({ receivedUs: nowUs, entries: [], notices });
        return silent.length;
      }),
    );
    return counts.reduce((sum, one) => sum + one, 0);
  }

  async expire({ beforeUs, sessionsMax }: ExpireRules): Promise<number> {
    let deleted = 0;
    for (const [i, shard] of this.#shards.entries()) {
      const old = await shard.rows<{ id: string }>(
        `SELECT toString(session) AS id FROM head FINAL
         WHERE NOT gone AND lifecycle != 'active' AND updated_us < ${beforeUs}
         ORDER BY no LIMIT ${sessionsMax - deleted}`,
      );
      if (old.length === 0) continue;
      const unless = ({ fold: { standing } }: { fold: { standing: { updatedUs: number } } }) =>
        standing.updatedUs >= beforeUs;
      const notices = old.map(({ id }) => ({ kind: 'gone' as const, id, unless }));
      await this.#writers[i]!.append({ receivedUs: this.#options.clock(), entries: [], notices });
      for (const { id } of old) this.#handles.delete(id);
      deleted += old.length;
    }
    return deleted;
  }

  sessions(query: SessionQuery): Promise<SessionPage> {
    return sessionPage(this.#shards, query, this.#now(query.nowUs));
  }

  groups(query: GroupQuery): Promise<SessionGroup[]> {
    return sessionGroups(this.#shards, query, this.#now(query.nowUs));
  }

  async summary(id: string): ReturnType<SessionQuestions['summary']> {
    return isId(id) ? sessionSummary(this.#shardOf(id), id) : undefined;
  }

  searchEvents(query: EventSearch): Promise<FoundEvents> {
    return searchEvents(this.#shards, query, this.#now(query.nowUs));
  }

  exceptions(query: ExceptionQuery): Promise<ExceptionPage> {
    return exceptionPage(this.#shards, query, this.#now(query.nowUs));
  }

  exception(query: ExceptionAsked): Promise<ExceptionDetail | undefined> {
    return exceptionDetail(this.#shards, query, this.#now(query.nowUs));
  }

  aggregate(query: AggregateQuery, signal?: AbortSignal): Promise<AggregateGroup[]> {
    return aggregate(this.#shards, query, this.#now(query.nowUs), signal);
  }

  metrics(query: MetricQuery): Promise<MetricPage> {
    return metricPage(this.#shards, query, this.#now(query.nowUs));
  }

  stateValues(query: StateValueQuery): Promise<StateValue[]> {
    return stateValues(this.#shards, query, this.#now(query.nowUs));
  }

  async events(query: EventQuery): Promise<HistoryPage<EventRow> | undefined> {
    const session = await this.#history(query.id);
    return session && eventsOf(session, query);
  }

  async countEvents(query: EventCountQuery): Promise<EventCount[] | undefined> {
    const session = await this.#history(query.id);
    return session && eventCountsOf(session, query);
  }

  async stateAt(query: StateQuery): Promise<StateAt | undefined> {
    const session = await this.#history(query.id);
    return session && stateAt(session, query);
  }

  async patches(query: PatchQuery): Promise<HistoryPage<PatchChange> | undefined> {
    const session = await this.#history(query.id);
    return session && patchesOf(session, query);
  }

  async timeline(query: TimelineQuery): Promise<TimelineCounts | undefined> {
    const session = await this.#history(query.id);
    return session && timelineOf(session, query);
  }

  async remove(id: string): Promise<boolean> {
    if (!isId(id) || (await headOf(this.#shardOf(id), id)) === undefined) return false;
    const notices = [{ kind: 'gone' as const, id }];
    const receivedUs = this.#options.clock();
    await this.#writerOf(id).append({ receivedUs, entries: [], notices });
    this.#handles.delete(id);
    return true;
  }

  async series({ id, filter }: Parameters<Store['series']>[0]): ReturnType<Store['series']> {
    const session = await this.#sampled(id);
    return session && seriesInfos(this.#shardOf(id), session, filter);
  }

  async points(query: PointsQuery): ReturnType<Store['points']> {
    const session = await this.#sampled(query.id);
    return session && seriesPoints(this.#shardOf(query.id), session, query);
  }

  async samples(query: SamplesQuery): ReturnType<Store['samples']> {
    const session = await this.#sampled(query.id);
    return session && samplePage(this.#shardOf(query.id), session, query);
  }

  storage(): Promise<StoreUse> {
    return storageOf(this.#shards);
  }

  async health(): Promise<StoreHealth> {
    const queuedEntries = this.#writers.reduce((sum, writer) => sum + writer.queuedEntries, 0);
    const health = { queuedEntries, unsealedSamples: 0, quarantined: 0 };
    if (this.#isClosed) return { writable: false, problem: 'The store is closed', ...health };
    try {
      const rows = await Promise.all(
        this.#shards.map((shard) =>
          shard.rows<{ free: number }>('SELECT sum(free_space) AS free FROM system.disks'),
        ),
      );
      const free = Math.min(...rows.flat().map((row) => row.free));
      return { writable: true, ...health, diskFreeBytes: free };
    } catch (error) {
      return { writable: false, problem: (error as Error).message, ...health };
    }
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
    this.#isClosed = true;
    await Promise.all(this.#writers.map((writer) => writer.drain()));
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  #now(nowUs: number): Now {
    return { nowUs, suspendedAfterUs: this.#options.suspendedAfterUs };
  }

  async #history(id: string): Promise<Recorded | undefined> {
    return isId(id) ? this.#histories.of(this.#shardOf(id), id) : undefined;
  }

  async #sampled(id: string): Promise<{ id: string; gen: number } | undefined> {
    const head = isId(id) ? await headOf(this.#shardOf(id), id) : undefined;
    return head && { id, gen: head.gen };
  }

  async #handleOf(id: string, gen: number): Promise<ClickHouseHandle> {
    const known = this.#handles.get(id);
    if (known !== undefined && (known.gen ?? gen) === gen) {
      known.gen = gen;
      return known;
    }
    const series = await seriesOfSession(this.#shardOf(id), id, gen);
    return this.#keep({ id, series: new SeriesTable(series.map(({ key }) => key)), gen });
  }

  #keep(handle: ClickHouseHandle): ClickHouseHandle {
    this.#handles.set(handle.id, handle);
    for (const id of this.#handles.keys()) {
      if (this.#handles.size <= handlesMax) break;
      this.#handles.delete(id);
    }
    return handle;
  }

  /** The entries of a batch by the shard that they belong to; a batch of none goes to one shard. */
  #split({ entries, once }: StoreBatch): { writer: Writer; entries: StoreEntry[] }[] {
    if (this.#shards.length === 1) return [{ writer: this.#writers[0]!, entries }];
    const parts = new Map<Writer, StoreEntry[]>();
    for (const entry of entries) {
      const writer = this.#writerOf(entry.session.id);
      const part = parts.get(writer);
      if (part === undefined) parts.set(writer, [entry]);
      else part.push(entry);
    }
    if (parts.size === 0) {
      const name = once === undefined ? '' : onceName(once);
      parts.set(this.#writers[shardNumber(name, this.#shards.length)]!, []);
    }
    return [...parts].map(([writer, part]) => ({ writer, entries: part }));
  }

  /** Asks before anything is stored on any shard. */
  async #refuseStarted(entries: readonly StoreEntry[]): Promise<void> {
    const ids = entries.flatMap(({ kind, session }) => (kind === 'start' ? [session.id] : []));
    const there = new Set<string>();
    for (const id of ids) {
      if ((await headOf(this.#shardOf(id), id)) !== undefined) there.add(id);
    }
    refuseStarted(entries, ({ id }) => there.has(id));
  }

  #shardOf(id: string): Shard {
    return this.#shards[shardNumber(id, this.#shards.length)]!;
  }

  #writerOf(id: string): Writer {
    return this.#writers[shardNumber(id, this.#shards.length)]!;
  }
}

function isId(id: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id);
}

/** The shard of a session; the same for every server, so it never changes. */
function shardNumber(id: string, shards: number): number {
  if (shards === 1) return 0;
  return createHash('sha256').update(id).digest().readUInt32LE() % shards;
}
