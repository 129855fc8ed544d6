/** Matches: the numbers of the sessions that a filter lets through, each with its group. */
import type { GroupKey, SessionMatch } from '../../store.ts';
import { GroupNumbers } from './group-numbers.ts';
import type { Selection, SelectionContext } from './selection.ts';
import { blockRows } from './session-block.ts';
import type { SessionColumns } from './session-columns.ts';

/** The sessions that a selection lets through, each with its group. */
export function matchSessions(
  columns: SessionColumns,
  selection: Selection,
  context: SelectionContext,
  by: readonly GroupKey[],
): SessionMatch {
  const numbers = new GroupNumbers(by, context);
  const sessions = new Grown(Uint32Array);
  const group = new Grown(Uint32Array);
  const createdUs = new Grown(Float64Array);
  const marks = new Uint8Array(blockRows);
  for (const block of columns.blocks.all(false, selection.blocks)) {
    selection.select(block, marks);
    const groups = numbers.of(block, marks);
    for (let i = 0; i < blockRows; i++) {
      if (marks[i] === 0) continue;
      sessions.push(block.first + i);
      group.push(groups[i]!);
      createdUs.push(block.createdUs[i]!);
    }
  }
  return {
    sessions: sessions.all(),
    group: group.all(),
    groups: Array.from({ length: numbers.count }, (_, i) => numbers.values(i)),
    createdUs: createdUs.all(),
  };
}

/** A column that grows. */
class Grown<T extends Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>> {
  readonly #make: new (
    length: number,
  ) => T;
  #column: T;
  #length = 0;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.#column = new make(blockRows);
  }

  push(value: number): void {
    if (this.#length === this.#column.length) {
      const bigger = new this.#make(this.#length * 2);
      bigger.set(this.#column);
      this.#column = bigger;
    }
    this.#column[this.#length++] = value;
  }

  /** What was pushed, in memory of its own. */
  all(): T {
    return this.#column.slice(0, this.#length) as T;
  }
}
