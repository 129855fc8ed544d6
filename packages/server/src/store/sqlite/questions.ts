/** Questions about many sessions as the main thread asks them: cursors are read and written here. */

import { cursorOf, positionOf } from '../session-cursor.ts';
import type {
  GroupQuery,
  SessionGroup,
  SessionMatch,
  SessionPage,
  SessionQuery,
} from '../store.ts';
import type { Engine } from './engine.ts';
import type { ListPage, ListQuestion, MatchQuestion } from './index/session-questions.ts';
import type { ListRow } from './index/session-summaries.ts';

/** Asks the catalog's thread. */
export class QuestionsClient {
  readonly #catalog: Engine['catalog'];

  constructor(catalog: Engine['catalog']) {
    this.#catalog = catalog;
  }

  async sessions({ cursor, ...query }: SessionQuery): Promise<SessionPage> {
    const after = cursor === undefined ? undefined : positionOf(query, cursor);
    const question: ListQuestion = { ...query, ...(after && { after }) };
    const { rows, next, totals } = await this.#catalog<ListPage>('sessions', question);
    return {
      rows,
      ...(next && { next: cursorOf(query, next) }),
      ...(totals && { totals }),
    };
  }

  groups(query: GroupQuery): Promise<SessionGroup[]> {
    return this.#catalog('groups', query);
  }

  summary(id: string): Promise<ListRow | undefined> {
    return this.#catalog('summary', id);
  }

  /** Numbers of the sessions that a filter lets through, with their groups. */
  match(question: MatchQuestion): Promise<SessionMatch> {
    return this.#catalog('match', question);
  }
}
