/** The index for search: its parts, the sets of sessions that it knows, and its answers. */
import { parseJson, type StateCondition } from '@tacho/protocol';
import type {
  EventSearch,
  ExceptionAsked,
  ExceptionDetail,
  ExceptionPage,
  ExceptionQuery,
  FoundEvents,
  MetricPage,
  MetricQuery,
  StateValue,
  StateValueQuery,
} from '../../store.ts';
import type { Database } from '../database.ts';
import { bitsOf } from './bits.ts';
import { EventIndex } from './event-index.ts';
import { EventSearcher } from './event-search.ts';
import { ExceptionAnswers } from './exception-answers.ts';
import { ExceptionIndex } from './exception-index.ts';
import type { IndexPart } from './index-part.ts';
import { MetricCatalogue } from './metric-catalogue.ts';
import { SeriesIndex } from './series-index.ts';
import { SessionFacts } from './session-facts.ts';
import type { SessionNumbers, SessionSets, StateColumn } from './session-sets.ts';
import { StateIndex } from './state-index.ts';
import { StateQuestions } from './state-questions.ts';

/**
 * Answers for everything that is committed: what the parts have not taken up in the background they
 * take up when asked. `sessions` of an answer are the ones that the question's filter lets through,
 * ascending; undefined when it lets all through. The caller holds a transaction of both databases.
 */
export class SearchIndex implements SessionSets {
  readonly parts: readonly IndexPart[];
  readonly series: SeriesIndex;
  readonly #facts: SessionFacts;
  readonly #events: EventIndex;
  readonly #exceptions: ExceptionIndex;
  readonly #states: StateIndex;
  readonly #stateQuestions: StateQuestions;
  readonly #searcher: EventSearcher;
  readonly #exceptionAnswers: ExceptionAnswers;
  readonly #catalogue: MetricCatalogue;

  constructor(main: Database, index: Database) {
    this.#facts = new SessionFacts(main);
    this.#events = new EventIndex(main, index);
    this.#exceptions = new ExceptionIndex(main, index);
    this.series = new SeriesIndex(main, index);
    this.#states = new StateIndex(main, index);
    this.parts = [this.#events, this.#exceptions, this.series, this.#states];
    this.#stateQuestions = new StateQuestions(main, index);
    this.#searcher = new EventSearcher(main, this.#events);
    this.#exceptionAnswers = new ExceptionAnswers(main, {
      exceptions: this.#exceptions,
      facts: this.#facts,
      states: this.#stateQuestions,
    });
    this.#catalogue = new MetricCatalogue(this.series, this.#facts);
  }

  withEvent(names: readonly string[]): SessionNumbers {
    this.#events.catchUp();
    return this.#events.sessionsWith({ names, levels: [] });
  }

  withText(text: string): SessionNumbers {
    this.#events.catchUp();
    return this.#events.sessionsWith({ text, names: [], levels: [] });
  }

  withException(typesOrIds: readonly string[]): SessionNumbers {
    this.#exceptions.catchUp();
    return this.#exceptions.sessionsWith(typesOrIds);
  }

  meeting(condition: StateCondition): SessionNumbers {
    this.#states.catchUp();
    return this.#stateQuestions.meeting(condition);
  }

  valuesAt(path: string): StateColumn {
    this.#states.catchUp();
    return this.#stateQuestions.valuesAt(path);
  }

  searchEvents(query: EventSearch, sessions: SessionNumbers | undefined): FoundEvents {
    this.#events.catchUp();
    this.#facts.catchUp();
    return this.#searcher.search(query, this.#bits(sessions));
  }

  exceptions(query: ExceptionQuery, sessions: SessionNumbers | undefined): ExceptionPage {
    this.#exceptions.catchUp();
    this.#facts.catchUp();
    return this.#exceptionAnswers.page(query, this.#bits(sessions));
  }

  exception(
    { id }: ExceptionAsked,
    sessions: SessionNumbers | undefined,
  ): ExceptionDetail | undefined {
    this.#exceptions.catchUp();
    this.#states.catchUp();
    this.#facts.catchUp();
    return this.#exceptionAnswers.detail(id, this.#bits(sessions), sessions === undefined);
  }

  metrics(query: MetricQuery, sessions: SessionNumbers | undefined): MetricPage {
    this.series.catchUp();
    this.#facts.catchUp();
    return this.#catalogue.page(query, this.#bits(sessions));
  }

  stateValues(query: StateValueQuery, sessions: SessionNumbers | undefined): StateValue[] {
    this.#states.catchUp();
    this.#facts.catchUp();
    const found = this.#stateQuestions.top(query, sessions && this.#bits(sessions));
    return found.map(({ path, json, sessions: count }) => ({
      path,
      value: parseJson(json),
      sessions: count,
    }));
  }

  #bits(sessions: SessionNumbers | undefined) {
    return sessions ? bitsOf(sessions, this.#facts.size) : this.#facts.alive;
  }
}
