/** Meters of process trees: what a process and its descendants use together, the ended ones included. */
import type { Processes, ProcessRow, Resources } from '../process.ts';

/** What a tree uses at one moment; times and bytes since the meter was made, never shrinking. */
export interface TreeSample extends Resources {
  /** Living processes. */
  processes: number;
  /** Memory that processes share counts once for each of them. */
  rssBytes: number;
}

/** What only grows. */
type Totals = Record<'userUs' | 'systemUs' | 'readBytes' | 'writtenBytes', number>;

/**
 * Sums up a tree, sample by sample. The growth between two samples is what living processes used,
 * and what those used that ended in between, as far as a parent in the tree waited for them: the
 * system adds their use to the parent's, from which is taken what was seen of them before.
 */
export class TreeMeter {
  readonly #processes: Processes;
  readonly #root: number;
  readonly #total: Totals = { userUs: 0, systemUs: 0, readBytes: 0, writtenBytes: 0 };
  #members = new Map<string, ProcessRow>();

  /** `root` is the process id at the top. What it used so far counts. */
  constructor(processes: Processes, root: number) {
    this.#processes = processes;
    this.#root = root;
  }

  /** Null when nothing of the tree is left, not even a zombie. */
  sample(): TreeSample | null {
    const rows = this.#rows();
    if (rows.length === 0) return null;
    const before = this.#members;
    this.#members = new Map(rows.map((row) => [keyOf(row), row]));
    const ended = this.#ended(before);
    for (const row of rows) this.#count(row, before.get(keyOf(row)), ended.get(row.pid) ?? []);
    return { ...this.#total, ...levelsOf(rows) };
  }

  /** The tree as the system has it, and members whose parent is gone with what they started. */
  #rows(): ProcessRow[] {
    const rows = this.#processes.tree(this.#root);
    const seen = new Set(rows.map((row) => row.pid));
    for (const { pid, startTime } of this.#members.values()) {
      if (seen.has(pid) || this.#processes.look(pid).startTime !== startTime) continue;
      for (const row of this.#processes.tree(pid)) {
        if (!seen.has(row.pid)) rows.push(row);
        seen.add(row.pid);
      }
    }
    return rows;
  }

  /** Members that are no more, by the process id of their parent. */
  #ended(before: ReadonlyMap<string, ProcessRow>): Map<number, ProcessRow[]> {
    const ended = new Map<number, ProcessRow[]>();
    for (const [key, row] of before) {
      if (this.#members.has(key)) continue;
      const siblings = ended.get(row.parent);
      if (siblings) siblings.push(row);
      else ended.set(row.parent, [row]);
    }
    return ended;
  }

  #count(row: ProcessRow, before: ProcessRow | undefined, ended: readonly ProcessRow[]): void {
    const grown = (value: (row: ProcessRow) => number) => value(row) - (before ? value(before) : 0);
    const known = (value: (row: ProcessRow) => number) =>
      ended.reduce((sum, child) => sum + value(child), 0);
    const inherited = (own: 'userUs' | 'systemUs', child: 'childUserUs' | 'childSystemUs') =>
      Math.max(0, grown((one) => one[child]) - known((one) => one[own] + one[child]));
    this.#total.userUs +=
      Math.max(
        0,
        grown((one) => one.userUs),
      ) + inherited('userUs', 'childUserUs');
    this.#total.systemUs +=
      Math.max(
        0,
        grown((one) => one.systemUs),
      ) + inherited('systemUs', 'childSystemUs');
    for (const name of ['readBytes', 'writtenBytes'] as const) {
      const bytes = (one: ProcessRow) => one[name] ?? 0;
      this.#total[name] += Math.max(0, grown(bytes) - known(bytes));
    }
  }
}

function keyOf({ pid, startTime }: ProcessRow): string {
  return `${pid} ${startTime}`;
}

/** What goes up and down; a number that one member does not tell is not told of the tree either. */
function levelsOf(rows: readonly ProcessRow[]) {
  const sum = (value: (row: ProcessRow) => number | null) =>
    rows.reduce<number | null>((total, row) => {
      const one = value(row);
      return total === null || one === null ? null : total + one;
    }, 0);
  const unknown = (name: 'readBytes' | 'writtenBytes') => rows.every((row) => row[name] === null);
  return {
    // A zombie has no thread left.
    processes: rows.filter((row) => row.threads !== 0).length,
    rssBytes: sum((row) => row.rssBytes) ?? 0,
    threads: sum((row) => row.threads),
    openFiles: sum((row) => row.openFiles),
    ...(unknown('readBytes') ? { readBytes: null, writtenBytes: null } : {}),
  };
}
