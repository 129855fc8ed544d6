/** Processes by a table that a command of the system prints: asked for in the background, kept for a while. */
import { gone, isPid, type Look, type Processes, type ProcessRow } from '../process.ts';

/** One process as the table has it. */
export interface TableRow extends ProcessRow {
  state: 'running' | 'stopped' | 'zombie';
  traced: boolean;
}

/** Where the rows come from. */
export interface Listing {
  /** Lists some processes, or all when `pids` is null; null = it could not. Calls back later, once. */
  list(pids: readonly number[] | null, done: (rows: TableRow[] | null) => void): void;
  /** Lists one at once, where that takes no more than milliseconds. */
  listNow?(pid: number): TableRow | null;
  /** Whether the process id is in use; this costs nothing and is asked each time. */
  isAlive(pid: number): boolean;
  nowMs(): number;
  /** How long a row of a living process is good. */
  rowAgeMs: number;
  bootId(): string | null;
}

/**
 * Processes of a system whose commands are too slow to wait for. That a process is gone is known at
 * once; that it was stopped, or that another was given its id, when its row is next renewed.
 */
export function tableProcesses(listing: Listing): Processes {
  const table = new Table(listing);
  let bootId: string | null | undefined;
  return {
    startsAtOnce: listing.listNow !== undefined,
    look: (pid) => table.look(pid),
    traced: (pid) => table.row(pid)?.traced ?? false,
    resources: (pid) => table.row(pid),
    tree: (pid) => table.tree(pid),
    bootId() {
      if (bootId === undefined) bootId = listing.bootId();
      return bootId;
    },
    oomMark: () => null,
    oomKilled: () => false,
  };
}

class Table {
  readonly #listing: Listing;
  readonly #rows = new Map<number, { row: TableRow; atMs: number }>();
  /** All processes, for trees. */
  #all: TableRow[] = [];
  #allAtMs = Number.NEGATIVE_INFINITY;
  readonly #wanted = new Set<number>();
  #isListing = false;

  constructor(listing: Listing) {
    this.#listing = listing;
  }

  look(pid: number): Look {
    if (!isPid(pid) || !this.#listing.isAlive(pid)) {
      this.#rows.delete(pid);
      return gone;
    }
    const row = this.#current(pid);
    if (row === null) return { state: 'running', startTime: null };
    return { state: row.state, startTime: row.startTime };
  }

  row(pid: number): TableRow | null {
    return this.look(pid).state === 'gone' ? null : this.#current(pid);
  }

  tree(root: number): ProcessRow[] {
    const { nowMs } = this.#listing;
    if (nowMs() - this.#allAtMs > treeAgeMs) this.#renew(null);
    const top = this.#all.find((row) => row.pid === root);
    if (!top || !this.#listing.isAlive(root)) return [];
    const rows = [top];
    for (const parent of rows) {
      for (const row of this.#all) if (isChild(row, parent)) rows.push(row);
    }
    return rows;
  }

  #current(pid: number): TableRow | null {
    const found = this.#rows.get(pid);
    if (found && this.#listing.nowMs() - found.atMs <= this.#listing.rowAgeMs) return found.row;
    const now = found ? null : (this.#listing.listNow?.(pid) ?? null);
    if (now) {
      this.#keep([now]);
      return now;
    }
    this.#wanted.add(pid);
    this.#renew([...this.#wanted]);
    return found?.row ?? null;
  }

  #renew(pids: readonly number[] | null): void {
    if (this.#isListing) return;
    this.#isListing = true;
    this.#wanted.clear();
    this.#listing.list(pids, (rows) => {
      this.#isListing = false;
      if (rows === null) return;
      this.#keep(rows);
      if (pids !== null) return;
      this.#all = rows;
      this.#allAtMs = this.#listing.nowMs();
    });
  }

  /** Renews rows that are known or asked for; others have no reader. */
  #keep(rows: readonly TableRow[]): void {
    const atMs = this.#listing.nowMs();
    for (const row of rows) this.#rows.set(row.pid, { row, atMs });
    for (const [pid, { atMs: keptMs }] of this.#rows) {
      if (atMs - keptMs > 10 * this.#listing.rowAgeMs) this.#rows.delete(pid);
    }
  }
}

/** Whoever samples a tree gets the table that the sample before asked for. */
const treeAgeMs = 500;

/** The parent's id may have been given to a later process since. */
function isChild(row: TableRow, parent: TableRow): boolean {
  return (
    row.parent === parent.pid &&
    row.pid !== parent.pid &&
    BigInt(row.startTime) >= BigInt(parent.startTime)
  );
}
