/** Numbers of groups: each combination of values gets one, in the order in which they are met. */
import type { GroupKey, SessionGroup } from '../../store.ts';
import { type GroupCodes, groupCodes } from './group-codes.ts';
import type { SelectionContext } from './selection.ts';
import { blockRows, type SessionBlock } from './session-block.ts';

/** A value for each key of a group. */
export type Values = SessionGroup['values'];

/** Combinations up to here are looked up in a table; more of them in a map. */
const tableMax = 1 << 20;

/** A pair as one number: a group below 2^27 and a code below 2^26. */
const keyBase = 2 ** 26;

/** Numbers the groups that are met; a group is a combination of codes, one for each key. */
export class GroupNumbers {
  readonly #keys: readonly GroupCodes[];
  readonly #codes = new Uint32Array(blockRows);
  readonly #groups = new Uint32Array(blockRows);
  /** By key: pairs of the group so far and the code of this key, numbered as they are met. */
  readonly #pairs: Pairs[];

  constructor(by: readonly GroupKey[], context: SelectionContext) {
    this.#keys = by.map((key) => groupCodes(key, context));
    this.#pairs = by.map(() => new Pairs());
  }

  /** How many groups were met. */
  get count(): number {
    const last = this.#pairs.at(-1);
    return last ? last.count : 1;
  }

  /** The group of each marked row; good until the next call. */
  of(block: SessionBlock, marks: Uint8Array): Uint32Array {
    this.#groups.fill(0);
    this.#keys.forEach((key, k) => {
      key.read(block, marks, this.#codes);
      const before = k === 0 ? 1 : this.#pairs[k - 1]!.count;
      this.#pairs[k]!.number(this.#groups, this.#codes, marks, before, key.size());
    });
    return this.#groups;
  }

  /** The values of a group. */
  values(group: number): Values {
    const values: Values = [];
    let at = group;
    for (let k = this.#keys.length - 1; k >= 0; k--) {
      const pair = this.#pairs[k]!.pair(at);
      values.unshift(this.#keys[k]!.value(pair.code));
      at = pair.group;
    }
    return values;
  }
}

/** Numbers pairs of a group and a code in the order in which they are met. */
class Pairs {
  readonly #groups: number[] = [];
  readonly #codes: number[] = [];
  readonly #known = new Map<number, number>();
  #table: Int32Array | undefined;
  #width = 0;
  #height = 0;

  get count(): number {
    return this.#groups.length;
  }

  pair(number: number): { group: number; code: number } {
    return { group: this.#groups[number]!, code: this.#codes[number]! };
  }

  /** Replaces the group of each marked row by the number of the pair. */
  number(
    groups: Uint32Array,
    codes: Uint32Array,
    marks: Uint8Array,
    height: number,
    width: number,
  ): void {
    this.#fit(height, width);
    const table = this.#table;
    for (let i = 0; i < blockRows; i++) {
      if (marks[i] === 0) continue;
      const group = groups[i]!;
      const code = codes[i]!;
      if (table) {
        const cell = group * this.#width + code;
        if (table[cell] === 0) table[cell] = this.#add(group, code) + 1;
        groups[i] = table[cell]! - 1;
      } else {
        const key = group * keyBase + code;
        let number = this.#known.get(key);
        if (number === undefined) {
          number = this.#add(group, code);
          this.#known.set(key, number);
        }
        groups[i] = number;
      }
    }
  }

  #add(group: number, code: number): number {
    this.#codes.push(code);
    return this.#groups.push(group) - 1;
  }

  /** Makes room for groups below `height` and codes below `width`, both of which may have grown. */
  #fit(height: number, width: number): void {
    if (height <= this.#height && width <= this.#width) return;
    const wasTable = this.#table !== undefined || this.count === 0;
    this.#height = Math.max(height, this.#height * 2);
    this.#width = Math.max(width, this.#width * 2);
    if (!wasTable) return;
    if (this.#height * this.#width > tableMax) {
      this.#table = undefined;
      for (const [i, group] of this.#groups.entries()) {
        this.#known.set(group * keyBase + this.#codes[i]!, i);
      }
      return;
    }
    const table = new Int32Array(this.#height * this.#width);
    this.#groups.forEach((group, i) => {
      table[group * this.#width + this.#codes[i]!] = i + 1;
    });
    this.#table = table;
  }
}
