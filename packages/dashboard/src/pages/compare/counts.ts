/** Events of several runs counted by name. */
import type { Level } from '@tacho/protocol';

/** Events of one kind, as the server counts them. */
export interface Counted {
  name: string;
  level: Level;
  exception_type?: string | undefined;
  count: number;
}

/** How often each run recorded something. */
export interface CountRow {
  /** Name of the event; of an exception, its type. */
  name: string;
  /** Whether the name is the type of an exception. */
  isException: boolean;
  /** The worst level that it was recorded with. */
  level: Level;
  counts: number[];
}

const levels: readonly Level[] = ['debug', 'info', 'warning', 'error', 'critical'];

/** Rows by how far the runs are apart, the widest difference first. */
export function countRows(runs: readonly (readonly Counted[])[]): CountRow[] {
  const rows = new Map<string, CountRow>();
  runs.forEach((events, at) => {
    for (const event of events) {
      const name = event.exception_type ?? event.name;
      const isException = event.exception_type !== undefined;
      const row = rows.get(name) ?? {
        ...{ name, isException, level: event.level },
        counts: runs.map(() => 0),
      };
      row.counts[at] = (row.counts[at] ?? 0) + event.count;
      if (levels.indexOf(event.level) > levels.indexOf(row.level)) row.level = event.level;
      rows.set(name, row);
    }
  });
  return [...rows.values()].sort(
    (a, b) => spread(b) - spread(a) || total(b) - total(a) || (a.name < b.name ? -1 : 1),
  );
}

function spread({ counts }: CountRow): number {
  return Math.max(...counts) - Math.min(...counts);
}

function total({ counts }: CountRow): number {
  return counts.reduce((sum, each) => sum + each, 0);
}
