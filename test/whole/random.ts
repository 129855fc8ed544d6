/** Repeatable randomness for whole-system tests: one seed, printed, gives one run. */

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** The mulberry32 generator (Tommy Ettinger, public domain): 32 bits of state, good enough to vary tests. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer in [from, to]. */
export function integer(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** One of the items, each as likely as the others. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => integer(random, 0, 15).toString(16));
  hex[12] = '4';
  hex[16] = pick(random, ['8', '9', 'a', 'b']);
  const text = hex.join('');
  return [0, 8, 12, 16, 20].map((from, i, all) => text.slice(from, all[i + 1])).join('-');
}

/** TEST_SEED, or a seed that differs from run to run; tests print it. */
export function seedOfRun(): number {
  return Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
}
