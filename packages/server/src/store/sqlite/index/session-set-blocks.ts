/** Sets of sessions in the index, by number of set: in blocks, so that adding one rewrites half a kilobyte at most. */
import type { Database, Statement } from '../database.ts';
import { type Bits, bitsOf, countBits, countShared, membersOf, setBit } from './bits.ts';

/** Sessions of one block, as a power of two. */
const blockShift = 12;
const blockSize = 1 << blockShift;
const blockWords = blockSize / 32;

/** What is to be added to sets and taken from them, by set, block and session within it; what is said last holds. */
export class SetChanges {
  readonly #changes = new Map<number, Map<number, Map<number, boolean>>>();
  #size = 0;

  /** Blocks of sets that change. */
  get size(): number {
    return this.#size;
  }

  add(set: number, session: number): void {
    this.#of(set, session).set(session & (blockSize - 1), true);
  }

  remove(set: number, session: number): void {
    this.#of(set, session).set(session & (blockSize - 1), false);
  }

  [Symbol.iterator]() {
    return this.#changes.entries();
  }

  #of(set: number, session: number): Map<number, boolean> {
    let blocks = this.#changes.get(set);
    if (!blocks) {
      blocks = new Map();
      this.#changes.set(set, blocks);
    }
    const block = session >>> blockShift;
    let change = blocks.get(block);
    if (!change) {
      change = new Map();
      blocks.set(block, change);
      this.#size += 1;
    }
    return change;
  }
}

/** A block of a set as it is stored. */
export interface SetBlock {
  block: number;
  members: Uint8Array;
}

/** Reads and writes table state_set. */
export class SessionSetBlocks {
  readonly #sql: Record<'get' | 'of' | 'put' | 'delete', Statement>;

  constructor(index: Database) {
    const prepare = (sql: string): Statement => index.prepare(sql);
    this.#sql = {
      get: prepare('SELECT members FROM state_set WHERE value = ? AND block = ?'),
      of: prepare('SELECT block, members FROM state_set WHERE value = ?'),
      put: prepare(
        `INSERT INTO state_set(value, block, members) VALUES(?, ?, ?)
         ON CONFLICT(value, block) DO UPDATE SET members = excluded.members`,
      ),
      delete: prepare('DELETE FROM state_set WHERE value = ? AND block = ?'),
    };
  }

  /** Applies changes; `resized` gets by how much each set grew. */
  apply(changes: SetChanges, resized: (set: number, by: number) => void): void {
    for (const [set, blocks] of changes) {
      let by = 0;
      for (const [block, change] of blocks) {
        const row = this.#sql.get.get(set, block) as { members: Uint8Array } | undefined;
        const members = row ? decode(row.members) : new Uint32Array(blockWords);
        const before = countBits(members);
        for (const [i, isMember] of change) {
          if (isMember) setBit(members, i);
          else members[i >>> 5]! &= ~(1 << (i & 31));
        }
        const after = countBits(members);
        by += after - before;
        if (after === 0) {
          if (row) this.#sql.delete.run(set, block);
        } else this.#sql.put.run(set, block, encode(members, after));
      }
      if (by !== 0) resized(set, by);
    }
  }

  /** The blocks of a set. */
  of(set: number): SetBlock[] {
    return this.#sql.of.all(set) as unknown as SetBlock[];
  }

  /** Puts the members of a set into another. */
  addTo(set: number, into: Bits): void {
    for (const block of this.of(set)) addBlock(block, into);
  }

  /** How many members a set shares with another. */
  countIn(set: number, others: Bits): number {
    return this.of(set).reduce((sum, block) => sum + countBlock(block, others), 0);
  }
}

/** Puts the members of a block into a set; those beyond its size are left out. */
export function addBlock({ block, members }: SetBlock, into: Bits): void {
  const from = block * blockWords;
  if (members.length < blockWords * 4) {
    for (let i = 0; i < members.length; i += 2) {
      const member = members[i]! | (members[i + 1]! << 8);
      const word = from + (member >>> 5);
      if (word < into.length) into[word]! |= 1 << (member & 31);
    }
    return;
  }
  const words = decode(members);
  const end = Math.min(blockWords, into.length - from);
  for (let w = 0; w < end; w++) into[from + w]! |= words[w]!;
}

/** How many members of a block are in a set. */
function countBlock({ block, members }: SetBlock, others: Bits): number {
  const from = block * blockWords;
  if (members.length === blockWords * 4) {
    return countShared(decode(members), others.subarray(from, from + blockWords));
  }
  let count = 0;
  for (let i = 0; i < members.length; i += 2) {
    const member = members[i]! | (members[i + 1]! << 8);
    count += ((others[from + (member >>> 5)] ?? 0) >>> (member & 31)) & 1;
  }
  return count;
}

/** A list of 16-bit numbers, or a bit for each session where that is no longer. */
function encode(members: Bits, count: number): Uint8Array {
  if (count * 2 >= blockWords * 4) return new Uint8Array(members.buffer, 0, blockWords * 4);
  return new Uint8Array(Uint16Array.from(membersOf(members)).buffer);
}

function decode(members: Uint8Array): Bits {
  if (members.length === blockWords * 4) return new Uint32Array(members.slice().buffer);
  return bitsOf(new Uint16Array(members.slice().buffer), blockSize);
}
