/** Answers of the catalog to `SearchQuestions`: the filter by the session columns, the rest by the search index. */
import type { SessionFilter } from '@tacho/protocol';
import type { Handlers } from '../thread.ts';
import type { Catalog, OpenIndex } from './catalog.ts';
import type { SearchCall } from './search-client.ts';
import type { SessionAnswers } from './session-questions.ts';
import type { SessionNumbers } from './session-sets.ts';

/** Answers searches. */
export class SearchAnswers {
  readonly #catalog: Catalog;
  readonly #sessions: SessionAnswers;

  constructor(catalog: Catalog, sessions: SessionAnswers) {
    this.#catalog = catalog;
    this.#sessions = sessions;
  }

  /** The handlers of a thread that answers these questions. */
  handlers(): Handlers {
    return { search: (call: SearchCall) => this.answer(call) };
  }

  /** Answers one question. */
  answer({ method, query }: SearchCall): unknown {
    return this.#catalog.ask((open) =>
      open.search[method](query as never, this.#select(open, query.filter, query.nowUs)),
    );
  }

  /** Undefined when the filter lets all sessions through, which is cheaper to know than to list. */
  #select(open: OpenIndex, filter: SessionFilter, nowUs: number): SessionNumbers | undefined {
    if (Object.keys(filter).length === 0) return undefined;
    return this.#sessions.matchIn(open, { filter, by: [], nowUs }).sessions;
  }
}
