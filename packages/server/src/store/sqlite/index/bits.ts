/** Sets of small whole numbers as bits. */

/** Bit `i` of word `i >>> 5` says whether `i` is in the set. */
export type Bits = Uint32Array;

/** An empty set of numbers below `size`. */
export function newBits(size: number): Bits {
  return new Uint32Array((size + 31) >>> 5);
}

/** Whether a number is in a set; numbers beyond its size are not. */
export function hasBit(bits: Bits, i: number): boolean {
  return (((bits[i >>> 5] ?? 0) >>> (i & 31)) & 1) === 1;
}

/** Puts a number below the size into a set. */
export function setBit(bits: Bits, i: number): void {
  bits[i >>> 5]! |= 1 << (i & 31);
}

/** Leaves in `bits` what is in `others` as well. */
export function intersect(bits: Bits, others: Bits): void {
  for (let w = 0; w < bits.length; w++) bits[w]! &= others[w] ?? 0;
}

/** How many numbers are in a set. */
export function countBits(bits: Bits): number {
  let count = 0;
  for (let w = 0; w < bits.length; w++) if (bits[w] !== 0) count += ones(bits[w]!);
  return count;
}

/** How many numbers two sets share. */
export function countShared(a: Bits, b: Bits): number {
  const words = Math.min(a.length, b.length);
  let count = 0;
  for (let w = 0; w < words; w++) {
    const shared = a[w]! & b[w]!;
    if (shared !== 0) count += ones(shared);
  }
  return count;
}

/** The numbers of a set, ascending. */
export function membersOf(bits: Bits): Uint32Array {
  const members = new Uint32Array(countBits(bits));
  let at = 0;
  for (let w = 0; w < bits.length; w++) {
    let word = bits[w]!;
    while (word !== 0) {
      const low = word & -word;
      members[at++] = (w << 5) + 31 - Math.clz32(low);
      word ^= low;
    }
  }
  return members;
}

/** The set of some numbers below `size`; larger ones are left out. */
export function bitsOf(members: Iterable<number>, size: number): Bits {
  const bits = newBits(size);
  for (const member of members) if (member < size) setBit(bits, member);
  return bits;
}

/** Ones of a word; Warren, Hacker's Delight, figure 5-2. */
function ones(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
