/** The rows of a list of any length: pages that are loaded as they come into sight, and forgotten far from it. */
import type { SessionRow } from '../../outcome.ts';

/** One request for rows. */
export interface PageRequest {
  /** Where it goes on; undefined for the first rows. */
  cursor: string | undefined;
  limit: number;
  /** `first`: with the number of all rows; `skip`: only to find out where the rows after them begin. */
  kind: 'first' | 'page' | 'skip';
  /** From the end: the order is the other one. */
  isReversed: boolean;
}

/** What a request is answered with. */
export interface PageAnswer {
  rows: readonly SessionRow[];
  /** Where it goes on; null on the last page. */
  next: string | null;
  /** All rows of the list, when they were asked for. */
  total: number | undefined;
}

/** Rows of a page: enough for several screens. */
const pageRows = 200;

/** Rows that one request passes over on the way to a place far down. */
const skipRows = 1_000;

/** Rows before and after those in sight that are loaded with them. */
const aheadRows = 50;

/** Pages that are kept. */
const pagesMax = 40;

/** Steps from one end of a list: cursors by how far from this end they lead. */
type Way = Map<number, string | undefined>;

/**
 * Rows by their place. Pages can only be found one after the other, from either end of the list, so
 * on the way to one far from both the rows between are passed over in large steps, and where each
 * begins is remembered.
 */
export class RowStore {
  readonly #ask: (request: PageRequest) => Promise<PageAnswer>;
  readonly #onChange: () => void;
  readonly #pages = new Map<number, readonly SessionRow[]>();
  readonly #down: Way = new Map([[0, undefined]]);
  readonly #up: Way = new Map([[0, undefined]]);
  /** Newer versions of rows. */
  readonly #fresh = new Map<string, SessionRow>();
  /** Rows that came after the first page was asked for. */
  #head: SessionRow[] = [];
  #tailCount = 0;
  #wanted: [first: number, last: number] = [0, 0];
  #isLoading = false;
  #isClosed = false;
  /** Why rows are missing; undefined when they are on their way or there. */
  error: Error | undefined;

  constructor(ask: (request: PageRequest) => Promise<PageAnswer>, onChange: () => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  /** Rows of the list. */
  get count(): number {
    return this.#head.length + this.#tailCount;
  }

  /** The row at a place; undefined when it is not loaded. */
  row(index: number): SessionRow | undefined {
    const at = index - this.#head.length;
    const row =
      at < 0 ? this.#head[index] : this.#pages.get(Math.floor(at / pageRows))?.[at % pageRows];
    return row && (this.#fresh.get(row.id) ?? row);
  }

  /** All rows that are loaded, with their places. */
  *loaded(): Generator<[index: number, row: SessionRow]> {
    for (const [index, row] of this.#head.entries()) yield [index, this.#fresh.get(row.id) ?? row];
    for (const [page, rows] of [...this.#pages].sort(([a], [b]) => a - b)) {
      for (const [i, row] of rows.entries()) {
        yield [this.#head.length + page * pageRows + i, this.#fresh.get(row.id) ?? row];
      }
    }
  }

  /** Loads the first page; rejects when that fails. */
  async open(): Promise<void> {
    await this.#stepDown(0, 0);
  }

  /** Says which rows are in sight: those that are missing are loaded. */
  see(first: number, last: number): void {
    const end = Math.max(0, this.#tailCount - 1);
    const within = (index: number): number => Math.min(end, Math.max(0, index - this.#head.length));
    this.#wanted = [
      Math.floor(within(first - aheadRows) / pageRows),
      Math.floor(within(last + aheadRows) / pageRows),
    ];
    if (this.error === undefined) void this.#load();
  }

  /** Tries again what failed. */
  retry(): void {
    this.error = undefined;
    this.#onChange();
    void this.#load();
  }

  /** Puts new rows before all others, the newest first. */
  prepend(rows: readonly SessionRow[]): void {
    this.#head = [...rows, ...this.#head];
    this.#onChange();
  }

  /** Takes newer versions of rows, which stay where they are. */
  refresh(rows: readonly SessionRow[]): void {
    for (const row of rows) this.#fresh.set(row.id, row);
    this.#onChange();
  }

  /** Forgets what is on its way. */
  close(): void {
    this.#isClosed = true;
  }

  async #load(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      for (let page = this.#missing(); page !== undefined; page = this.#missing()) {
        const below = Math.max(0, this.#tailCount - (page + 1) * pageRows);
        const [down, up] = [lastOn(this.#down, page * pageRows), lastOn(this.#up, below)];
        if (page * pageRows - down <= below - up) await this.#stepDown(down, page * pageRows);
        else await this.#stepUp(up, below);
      }
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#isLoading = false;
      if (!this.#isClosed) this.#onChange();
    }
  }

  /** The first page in sight that is not there. */
  #missing(): number | undefined {
    if (this.#isClosed) return undefined;
    const [first, last] = this.#wanted;
    for (let page = first; page <= last; page++) {
      if (page * pageRows < this.#tailCount && !this.#pages.has(page)) return page;
    }
    return undefined;
  }

  /** One request on the way down to a page, or for the page there. */
  async #stepDown(from: number, to: number): Promise<void> {
    const isThere = from === to;
    const before = this.#tailCount;
    const { rows, next, total } = await this.#ask({
      cursor: this.#down.get(from),
      limit: isThere ? pageRows : Math.min(skipRows, to - from),
      kind: !isThere ? 'skip' : from === 0 ? 'first' : 'page',
      isReversed: false,
    });
    if (this.#isClosed) return;
    const end = from + rows.length;
    // Sessions come and go meanwhile: where the list ends is known only at its end.
    if (next === null) this.#setTail(end);
    else {
      this.#down.set(end, next);
      this.#setTail(Math.max(this.#tailCount, from === 0 ? (total ?? 0) : 0, end + 1));
    }
    if (isThere) this.#keep(from / pageRows, rows);
    // What only leads on shows nothing new.
    if (isThere || this.#tailCount !== before) this.#onChange();
  }

  /** One request on the way up to a page with so many rows below it, or for the page there. */
  async #stepUp(from: number, to: number): Promise<void> {
    const isThere = from === to;
    const before = this.#tailCount;
    const place = Math.floor((this.#tailCount - 1 - to) / pageRows);
    const { rows, next } = await this.#ask({
      cursor: this.#up.get(from),
      limit: isThere ? this.#tailCount - to - place * pageRows : Math.min(skipRows, to - from),
      kind: isThere ? 'page' : 'skip',
      isReversed: true,
    });
    if (this.#isClosed) return;
    if (next === null && from + rows.length < this.#tailCount) this.#setTail(from + rows.length);
    else this.#up.set(from + rows.length, next ?? undefined);
    if (isThere) this.#keep(place, [...rows].reverse());
    if (isThere || this.#tailCount !== before) this.#onChange();
  }

  /** Says how long the list is; where it was thought to be shorter or longer, the way up is another. */
  #setTail(count: number): void {
    if (count === this.#tailCount) return;
    this.#tailCount = count;
    this.#up.clear();
    this.#up.set(0, undefined);
  }

  #keep(page: number, rows: readonly SessionRow[]): void {
    this.#pages.set(page, rows);
    this.#forget();
  }

  /** Forgets the pages that are farthest from what is in sight; the way to them is kept. */
  #forget(): void {
    const [first] = this.#wanted;
    while (this.#pages.size > pagesMax) {
      const far = [...this.#pages.keys()].sort(
        (a, b) => Math.abs(b - first) - Math.abs(a - first),
      )[0];
      if (far === undefined) return;
      this.#pages.delete(far);
    }
  }
}

/** The farthest place on a way that is not beyond another one. */
function lastOn(way: Way, place: number): number {
  return Math.max(...[...way.keys()].filter((at) => at <= place));
}
