/** Groups of sessions: scans the columns once, and counts what is in each. */
import { compareTexts, lifecycles, limits, outcomes } from '@tacho/protocol';
import type { GroupKey, SessionGroup } from '../../store.ts';
import { GroupNumbers, type Values } from './group-numbers.ts';
import { livenessAt, livenessCodes, type Selection, type SelectionContext } from './selection.ts';
import { blockRows, type SessionBlock } from './session-block.ts';
import type { SessionColumns } from './session-columns.ts';

/** Groups of the sessions that a selection lets through, the largest first. */
export function groupSessions(
  columns: SessionColumns,
  selection: Selection,
  context: SelectionContext,
  by: readonly GroupKey[],
): SessionGroup[] {
  const numbers = new GroupNumbers(by, context);
  const counts = new Counts(context);
  const marks = new Uint8Array(blockRows);
  for (const block of columns.blocks.all(false, selection.blocks)) {
    selection.select(block, marks);
    counts.add(block, marks, numbers.of(block, marks));
  }
  return counts.groups(numbers);
}

const activeCode = lifecycles.indexOf('active') + 1;

/** Fields that are counted by group; the outcomes follow in their order. */
const fields = ['sessions', 'active', 'suspended', 'hung', 'errors'] as const;
const fieldCount = fields.length + outcomes.length;

/** What is counted of each group. */
class Counts {
  readonly #context: SelectionContext;
  /** `fieldCount` numbers for each group. */
  #counts = new Float64Array(0);
  #firstUs = new Float64Array(0);
  #lastUs = new Float64Array(0);

  constructor(context: SelectionContext) {
    this.#context = context;
  }

  add(block: SessionBlock, marks: Uint8Array, groups: Uint32Array): void {
    const { nowUs, suspendedAfterUs } = this.#context;
    const { lifecycle, hangs, errors, outcome, createdUs, updatedUs } = block;
    for (let i = 0; i < blockRows; i++) {
      if (marks[i] === 0) continue;
      const group = groups[i]!;
      if (group >= this.#firstUs.length) this.#grow(group + 1);
      const counts = this.#counts;
      const at = group * fieldCount;
      counts[at]! += 1;
      if (lifecycle[i] === activeCode) {
        counts[at + 1]! += 1;
        const liveness = livenessAt(block, i, nowUs, suspendedAfterUs);
        if (liveness === livenessCodes.suspended) counts[at + 2]! += 1;
      }
      if (hangs[i]! > 0) counts[at + 3]! += 1;
      counts[at + 4]! += errors[i]!;
      counts[at + fields.length + outcome[i]! - 1]! += 1;
      const firstUs = createdUs[i]!;
      if (firstUs < this.#firstUs[group]!) this.#firstUs[group] = firstUs;
      const lastUs = updatedUs[i]!;
      if (lastUs > this.#lastUs[group]!) this.#lastUs[group] = lastUs;
    }
  }

  groups(numbers: GroupNumbers): SessionGroup[] {
    const sizes = Array.from({ length: this.#firstUs.length }, (_, group) => ({
      group,
      sessions: this.#counts[group * fieldCount]!,
    })).filter(({ sessions }) => sessions > 0);
    const values = new Map<number, Values>();
    const valuesOf = (group: number): Values => {
      const found = values.get(group) ?? numbers.values(group);
      values.set(group, found);
      return found;
    };
    sizes.sort(
      (a, b) => b.sessions - a.sessions || compareValues(valuesOf(a.group), valuesOf(b.group)),
    );
    return sizes.slice(0, limits.groupsMax).map(({ group }) => this.#group(group, valuesOf(group)));
  }

  #group(group: number, values: Values): SessionGroup {
    const at = group * fieldCount;
    const [sessions = 0, active = 0, suspended = 0, hung = 0, errors = 0] =
      this.#counts.subarray(at);
    const [healthy = 0, errored = 0, abnormal = 0, crashed = 0] = this.#counts.subarray(
      at + fields.length,
    );
    return {
      values,
      sessions,
      active,
      suspended,
      hung,
      outcomes: { healthy, errored, abnormal, crashed },
      errors,
      firstUs: this.#firstUs[group]!,
      lastUs: this.#lastUs[group]!,
    };
  }

  #grow(groups: number): void {
    const before = this.#firstUs.length;
    const size = Math.max(groups, before * 2, 64);
    const grown = (column: Float64Array, length: number): Float64Array<ArrayBuffer> => {
      const bigger = new Float64Array(length);
      bigger.set(column);
      return bigger;
    };
    this.#counts = grown(this.#counts, size * fieldCount);
    this.#firstUs = grown(this.#firstUs, size).fill(Number.POSITIVE_INFINITY, before);
    this.#lastUs = grown(this.#lastUs, size).fill(Number.NEGATIVE_INFINITY, before);
  }
}

/** Null before numbers before texts. */
function compareValues(a: Values, b: Values): number {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] ?? null;
    const right = b[i] ?? null;
    if (left === right) continue;
    if (left === null || right === null) return left === null ? -1 : 1;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
    return typeof left === 'number' ? -1 : 1;
  }
  return 0;
}
