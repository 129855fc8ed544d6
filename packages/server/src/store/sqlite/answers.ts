/** What a data directory answers: each question goes to the thread that knows. */
import type {
  AggregateGroup,
  AggregateQuery,
  AggregateQuestions,
  EventCount,
  EventCountQuery,
  EventQuery,
  EventRow,
  EventSearch,
  ExceptionAsked,
  ExceptionDetail,
  ExceptionPage,
  ExceptionQuery,
  FoundEvents,
  GroupQuery,
  HistoryPage,
  HistoryQuestions,
  MetricPage,
  MetricQuery,
  PatchChange,
  PatchQuery,
  PointsQuery,
  SamplesQuery,
  SearchQuestions,
  SeriesQuestions,
  SessionGroup,
  SessionPage,
  SessionQuery,
  SessionQuestions,
  StateAt,
  StateQuery,
  StateValue,
  StateValueQuery,
  StorageQuestions,
  Store,
  StoreUse,
  TimelineCounts,
  TimelineQuery,
} from '../store.ts';
import { AggregateClient } from './aggregate/client.ts';
import type { Engine } from './engine.ts';
import { HistoryClient } from './history/client.ts';
import { SearchClient } from './index/search-client.ts';
import { QuestionsClient } from './questions.ts';
import type { Answered } from './reader.ts';
import { storageOf } from './storage/client.ts';
import type { Damage } from './writer.ts';

/** The answering half of the store; the other half writes. */
export abstract class SqliteAnswers
  implements
    AggregateQuestions,
    HistoryQuestions,
    SearchQuestions,
    SeriesQuestions,
    StorageQuestions,
    Omit<SessionQuestions, 'remove'>
{
  readonly #engine: Engine;
  readonly #reader: Engine['reader'];
  readonly #history: HistoryClient;
  readonly #questions: QuestionsClient;
  readonly #search: SearchClient;
  readonly #aggregates: AggregateClient;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#reader = engine.reader;
    this.#history = new HistoryClient(engine.reader, (damages) => this.report(damages));
    this.#questions = new QuestionsClient(engine.catalog);
    this.#search = new SearchClient(engine.catalog);
    this.#aggregates = new AggregateClient(engine, (damages) => this.report(damages));
  }

  /** Has damage recorded that an answer has met. */
  protected abstract report(damages: readonly Damage[]): void;

  aggregate(query: AggregateQuery, signal?: AbortSignal): Promise<AggregateGroup[]> {
    return this.#aggregates.aggregate(query, signal);
  }

  events(query: EventQuery): Promise<HistoryPage<EventRow> | undefined> {
    return this.#history.events(query);
  }

  countEvents(query: EventCountQuery): Promise<EventCount[] | undefined> {
    return this.#history.countEvents(query);
  }

  stateAt(query: StateQuery): Promise<StateAt | undefined> {
    return this.#history.stateAt(query);
  }

  patches(query: PatchQuery): Promise<HistoryPage<PatchChange> | undefined> {
    return this.#history.patches(query);
  }

  timeline(query: TimelineQuery): Promise<TimelineCounts | undefined> {
    return this.#history.timeline(query);
  }

  sessions(query: SessionQuery): Promise<SessionPage> {
    return this.#questions.sessions(query);
  }

  groups(query: GroupQuery): Promise<SessionGroup[]> {
    return this.#questions.groups(query);
  }

  summary(id: string): ReturnType<SessionQuestions['summary']> {
    return this.#questions.summary(id);
  }

  series(query: Parameters<Store['series']>[0]): ReturnType<Store['series']> {
    return this.#ask('series', query);
  }

  points(query: PointsQuery): ReturnType<Store['points']> {
    return this.#ask('points', query);
  }

  samples(query: SamplesQuery): ReturnType<Store['samples']> {
    return this.#ask('samples', query);
  }

  searchEvents(query: EventSearch): Promise<FoundEvents> {
    return this.#search.searchEvents(query);
  }

  exceptions(query: ExceptionQuery): Promise<ExceptionPage> {
    return this.#search.exceptions(query);
  }

  exception(query: ExceptionAsked): Promise<ExceptionDetail | undefined> {
    return this.#search.exception(query);
  }

  metrics(query: MetricQuery): Promise<MetricPage> {
    return this.#search.metrics(query);
  }

  stateValues(query: StateValueQuery): Promise<StateValue[]> {
    return this.#search.stateValues(query);
  }

  storage(): Promise<StoreUse> {
    return storageOf(this.#engine);
  }

  /** Asks the reader. */
  async #ask<T>(method: string, query: unknown): Promise<T> {
    const { value, damages } = await this.#reader<Answered<T>>(method, query);
    this.report(damages);
    return value;
  }
}
