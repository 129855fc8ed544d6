/** The store on ClickHouse: any number of servers share it, each of which takes any request. */
import { createHash } from 'node:crypto';
import { TachoError } from '@tacho/protocol';
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
import { Tellings, type Told } from '../told.ts';
import { parseAddress } from './address.ts';
import { aggregate } from './aggregate.ts';
import { Shard } from './connection.ts';
import { exceptionDetail, exceptionPage } from './exceptions.ts';
import type { Now } from './filter.ts';
import { Handles } from './handles.ts';
import { onceName } from './ledger.ts';
import { sessionGroups, sessionPage, sessionSummary } from './lists.ts';
import { migrate } from './migrations.ts';
import { Others } from './others.ts';
import { seriesPoints } from './points.ts';
import { readSession } from './read.ts';
import { Histories, headOf, type Recorded } from './recorded.ts';
import { metricPage, searchEvents, stateValues } from './search.ts';
import { samplePage, seriesInfos } from './series.ts';
import { type SampledSession, sampledSession } from './session-series.ts';
import { isId, quoted } from './sql.ts';
import { storageOf } from './storage.ts';
import { ClickHouseTokens } from './tokens.ts';
import { Turns } from './turns.ts';
import { Upkeep } from './upkeep.ts';
import { ClickHouseWebhooks } from './webhooks.ts';
import { Writer } from './writer.ts';

/** What the store on ClickHouse needs to know. */
export interface ClickHouseOptions extends StoreClock {
  /** See `parseAddress`. */
  url: string;
  /** The server's clock, epoch microseconds. */
  clock: () => number;
  log: Log;
}

/** How far back a server looks when it starts for what others left unfinished. */
const lookBackUs = 24 * 3600e6;

/** Opens the store; makes its database and tables where they are missing. */
export async function openClickhouse(options: ClickHouseOptions): Promise<Store> {
  const address = parseAddress(options.url);
  const shards = address.shards.map((urls) => new Shard(urls, address));
  try {
    await migrate(address, shards);
    const store = new ClickHouseStore(options, shards);
    await store.load();
    return store;
  } catch (error) {
    await Promise.all(shards.map((shard) => shard.close()));
    throw error;
  }
}

class ClickHouseStore implements Store {
  readonly told = new Tellings();
  readonly others: Others;
  readonly webhooks: ClickHouseWebhooks;
  readonly #options: ClickHouseOptions;
  readonly #shards: readonly Shard[];
  readonly #writers: readonly Writer[];
  readonly #turns = new Turns();
  readonly #tokens: ClickHouseTokens;
  readonly #histories = new Histories();
  readonly #handles: Handles;
  readonly #upkeep: Upkeep;
  #isClosed = false;

  constructor(options: ClickHouseOptions, shards: readonly Shard[]) {
    this.#options = options;
    this.#shards = shards;
    const tell = (told: readonly Told[]): void => {
      this.others.note(told);
      this.told.say(told);
    };
    const onGone = (id: string): void => this.#handles.forget(id);
    const parts = { turns: this.#turns, clock: options, tell, onGone };
    this.#writers = shards.map(({ quick }) => new Writer({ ...parts, shard: quick }));
    const quick = shards.map((shard) => shard.quick);
    this.#handles = new Handles(quick, (id) => this.#shardOf(id).quick);
    const places = this.#writers.map((writer, i) => ({ writer, shard: shards[i]! }));
    this.#upkeep = new Upkeep(places, options.clock, options.log);
    this.#tokens = new ClickHouseTokens(quick[0]!);
    this.webhooks = new ClickHouseWebhooks(quick[0]!);
    this.others = new Others(quick, this.#turns, options.clock, options.log);
  }

  /** Turns go on where the last ones were, and what servers left unfinished is finished. */
  async load(): Promise<void> {
    const rows = await Promise.all(
      this.#shards.map((shard) =>
        shard.rows<{ last: number }>('SELECT max(turn) AS last FROM head'),
      ),
    );
    for (const { last } of rows.flat()) this.#turns.see(last);
    await this.#upkeep.renew(lookBackUs);
  }

  resolve(idOrPrefix: string): Resolution | Promise<Resolution> {
    return this.#handles.resolve(idOrPrefix);
  }

  reserve(id: string): SessionHandle | Promise<SessionHandle> {
    return this.#handles.reserve(id);
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

  sweep(rules: SweepRules): Promise<number> {
    return this.#upkeep.sweep(rules);
  }

  expire(rules: ExpireRules): Promise<number> {
    return this.#upkeep.expire(rules);
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
    this.#handles.forget(id);
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
        this.#shards.map(({ quick }) =>
          quick.rows<{ free: number }>('SELECT sum(free_space) AS free FROM system.disks'),
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
    await this.others.close();
    await Promise.all(this.#writers.map((writer) => writer.drain()));
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  #now(nowUs: number): Now {
    return { nowUs, suspendedAfterUs: this.#options.suspendedAfterUs };
  }

  async #history(id: string): Promise<Recorded | undefined> {
    return isId(id) ? this.#histories.of(this.#shardOf(id), id) : undefined;
  }

  async #sampled(id: string): Promise<SampledSession | undefined> {
    return isId(id) ? sampledSession(this.#shardOf(id), id) : undefined;
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

/** The shard of a session; the same for every server, so it never changes. */
function shardNumber(id: string, shards: number): number {
  if (shards === 1) return 0;
  return createHash('sha256').update(id).digest().readUInt32LE() % shards;
}
