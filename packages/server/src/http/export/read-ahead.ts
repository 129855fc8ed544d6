/** Reading ahead: the store looks up the next piece while the present one is written. */
import type { ReadParts, SessionPart, Store } from '../../store/store.ts';

/** A session whose first piece is asked for already. */
export interface OpenSession {
  id: string;
  parts: AsyncIterable<SessionPart>;
}

/** The sessions one after the other; `parts` of each are to be read before the next one is asked for. */
export async function* openSessions(
  store: Store,
  ids: AsyncIterable<string>,
  parts: ReadParts,
): AsyncGenerator<OpenSession> {
  let ahead: Ahead | undefined;
  try {
    for await (const id of ids) {
      const present = ahead;
      ahead = new Ahead(id, store.read(id, parts));
      if (present !== undefined) yield present;
    }
    if (ahead !== undefined) yield ahead;
  } finally {
    await ahead?.close();
  }
}

class Ahead implements OpenSession {
  readonly id: string;
  readonly #source: AsyncIterator<SessionPart>;
  #next: Promise<IteratorResult<SessionPart>>;

  constructor(id: string, source: AsyncIterable<SessionPart>) {
    this.id = id;
    this.#source = source[Symbol.asyncIterator]();
    this.#next = this.#ask();
  }

  get parts(): AsyncIterable<SessionPart> {
    return { [Symbol.asyncIterator]: () => this.#parts() };
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async *#parts(): AsyncGenerator<SessionPart> {
    try {
      for (let next = await this.#next; !next.done; next = await this.#next) {
        this.#next = this.#ask();
        yield next.value;
      }
    } finally {
      await this.close();
    }
  }

  /** What fails ahead fails when its turn comes; when it never comes, nobody misses it. */
  #ask(): Promise<IteratorResult<SessionPart>> {
    const next = this.#source.next();
    next.catch(() => {});
    return next;
  }
}
