/** Search, asked of the thread that keeps the index. */
import { readCursor } from '../../page-cursor.ts';
import type {
  EventSearch,
  ExceptionAsked,
  ExceptionDetail,
  ExceptionPage,
  ExceptionQuery,
  FoundEvents,
  MetricPage,
  MetricQuery,
  SearchQuestions,
  StateValue,
  StateValueQuery,
} from '../../store.ts';
import type { Engine } from '../engine.ts';

/** A question of search as it crosses threads. */
export interface SearchCall {
  method: keyof SearchQuestions;
  query: Parameters<SearchQuestions[keyof SearchQuestions]>[0];
}

/** Looks at cursors before it asks: errors that cross threads lose their code. */
export class SearchClient implements SearchQuestions {
  readonly #call: Engine['catalog'];

  constructor(call: Engine['catalog']) {
    this.#call = call;
  }

  async searchEvents(query: EventSearch): Promise<FoundEvents> {
    if (query.cursor !== undefined) readCursor('events', query.cursor, ['number']);
    return this.#ask({ method: 'searchEvents', query });
  }

  async exceptions(query: ExceptionQuery): Promise<ExceptionPage> {
    const { sort, descending, cursor } = query;
    const list = `exceptions ${sort} ${descending}`;
    if (cursor !== undefined) readCursor(list, cursor, ['number', 'string']);
    return this.#ask({ method: 'exceptions', query });
  }

  async exception(query: ExceptionAsked): Promise<ExceptionDetail | undefined> {
    return this.#ask({ method: 'exception', query });
  }

  async metrics(query: MetricQuery): Promise<MetricPage> {
    const { cursor } = query;
    if (cursor !== undefined) readCursor('metrics', cursor, ['string', 'string', 'string']);
    return this.#ask({ method: 'metrics', query });
  }

  async stateValues(query: StateValueQuery): Promise<StateValue[]> {
    return this.#ask({ method: 'stateValues', query });
  }

  #ask<T>(call: SearchCall): Promise<T> {
    return this.#call('search', call);
  }
}
