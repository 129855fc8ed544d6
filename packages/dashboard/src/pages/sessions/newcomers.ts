/** News of a list: which sessions have to be asked about, in few questions, and which of them are held back. */
import type { Filter } from '../../filters/filter.ts';
import type { LiveEntry } from '../../live.ts';
import type { SessionRow } from '../../outcome.ts';

/** Ids that one question is about at most, so that its address stays short. */
const askedMax = 60;

/** New ids that may wait; when more come, the list had better be asked for anew. */
const waitingMax = 600;

/** What a question brought. */
export type News =
  /** Sessions that are in the list now and were not before. */
  | { kind: 'arrived'; rows: readonly SessionRow[] }
  /** Newer versions of rows that are in the list. */
  | { kind: 'changed'; rows: readonly SessionRow[] }
  /** More than anybody can follow. */
  | { kind: 'flood' };

/** Asks for rows by id: those that the filter lets through, or all of them. */
export type AskRows = (
  ids: readonly string[],
  isFiltered: boolean,
) => Promise<readonly SessionRow[]>;

/** Collects what the live stream tells, until the next question. */
export class Newcomers {
  readonly #ask: AskRows;
  readonly #new = new Set<string>();
  readonly #stale = new Set<string>();
  #isNewTurn = true;

  constructor(ask: AskRows) {
    this.#ask = ask;
  }

  /** Takes entries; `isLoaded` says whether a row is in the list, `filter` what the list shows. */
  take(
    entries: readonly Pick<LiveEntry, 'kind' | 'session'>[],
    filter: Filter,
    isLoaded: (id: string) => boolean,
  ): void {
    for (const { kind, session } of entries) {
      if (isLoaded(session)) this.#stale.add(session);
      else if (kind === 'start' || asksForEnds(filter)) this.#new.add(session);
    }
  }

  /** Asks about rows that are in the list. */
  look(ids: Iterable<string>): void {
    for (const id of ids) this.#stale.add(id);
  }

  /** Asks one question, about what is new and what has changed in turn; undefined when there is none. */
  async next(filter: Filter): Promise<News | undefined> {
    if (this.#new.size > waitingMax) {
      this.#new.clear();
      return { kind: 'flood' };
    }
    const isNew = this.#new.size > 0 && (this.#isNewTurn || this.#stale.size === 0);
    this.#isNewTurn = !isNew;
    const ids = takeFrom(isNew ? this.#new : this.#stale, askedMax);
    const asked = isNew ? ids.filter((id) => isAskedFor(id, filter)) : ids;
    if (asked.length === 0) return undefined;
    const rows = await this.#ask(asked, isNew);
    return { kind: isNew ? 'arrived' : 'changed', rows };
  }
}

/** Whether a session can come into the list by its end. */
function asksForEnds({ cause, outcome, lifecycle }: Filter): boolean {
  if (cause !== undefined || outcome !== undefined) return true;
  return lifecycle !== undefined && !lifecycle.includes('active');
}

/** Several ids are alternatives, so those of the filter have to be met here. */
function isAskedFor(id: string, { id: wanted }: Filter): boolean {
  return wanted === undefined || wanted.some((start) => id.startsWith(start.toLowerCase()));
}

function takeFrom(ids: Set<string>, most: number): string[] {
  const taken = [...ids].slice(0, most);
  for (const id of taken) ids.delete(id);
  return taken;
}
