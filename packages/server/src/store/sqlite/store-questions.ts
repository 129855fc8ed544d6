/** Questions to a store, each passed on to the client of the thread that answers it. */
import type {
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
  SearchQuestions,
  SessionGroup,
  SessionPage,
  SessionQuery,
  SessionQuestions,
  StateAt,
  StateQuery,
  StateValue,
  StateValueQuery,
  TimelineCounts,
  TimelineQuery,
} from '../store.ts';
import type { Engine } from './engine.ts';
import { HistoryClient } from './history/client.ts';
import { SearchClient } from './index/search-client.ts';
import { QuestionsClient } from './questions.ts';
import type { Damage } from './writer.ts';

/** The part of a store that changes nothing. */
export abstract class StoreQuestions
  implements HistoryQuestions, Omit<SessionQuestions, 'remove'>, SearchQuestions
{
  readonly #history: HistoryClient;
  readonly #sessions: QuestionsClient;
  readonly #search: SearchClient;

  constructor(engine: Engine) {
    this.#history = new HistoryClient(engine.reader, (damages) => this.report(damages));
    this.#sessions = new QuestionsClient(engine.catalog);
    this.#search = new SearchClient(engine.catalog);
  }

  /** Takes damage that a question met. */
  protected abstract report(damages: readonly Damage[]): void;

  events(query: EventQuery): Promise<HistoryPage<EventRow> | undefined> {
    return this.#history.events(query);
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
    return this.#sessions.sessions(query);
  }

  groups(query: GroupQuery): Promise<SessionGroup[]> {
    return this.#sessions.groups(query);
  }

  summary(id: string): ReturnType<SessionQuestions['summary']> {
    return this.#sessions.summary(id);
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
}
