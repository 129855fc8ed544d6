/** The releases of the demo: when they came out, who got them, and how well they did. */
import type { Dice } from './dice.ts';
import type { Fate, Product } from './plan.ts';

/** A version of a product. */
export interface Release {
  product: Product;
  version: string;
  /** Weight among the versions of its product at a day of the week, 0 … 7. */
  weightAt: (day: number) => number;
  /** Share of its sessions that crash. */
  crashedShare: number;
  /** Weights within those that crash, and within those that do not. */
  fates: readonly (readonly [Fate, number])[];
}

const gameEnds = [
  ['exited', 62],
  ['ended', 26],
  ['stopped', 9],
  ['lost', 2],
] as const;

const gameCrashes = [
  ['segfault', 4],
  ['uncaught', 3],
  ['machine_lost', 2],
  ['killed_while_hung', 1],
] as const;

/** What 2.4.0 brought: loading citadel_02 hangs and crashes, and leaks. */
const citadelCrashes = [
  ['segfault_while_hung', 9],
  ['out_of_memory', 4],
  ['segfault', 3],
  ['uncaught', 2],
  ['killed_while_hung', 2],
] as const;

const serviceEnds = [
  ['stopped', 74],
  ['exited', 18],
  ['lost', 2],
  ['out_of_memory', 2],
  ['uncaught', 3],
] as const;

const testEnds = [
  ['exited', 90],
  ['ended', 6],
  ['failed', 9],
  ['uncaught', 2],
  ['abort', 1],
  ['out_of_memory', 1],
] as const;

const steady = [...gameEnds, ...gameCrashes];

/** Day on which 2.4.0 came out, and 1.12.3. */
const emberDay = 3.4;
const shopDay = 3.1;

/** Commits that the rigs test, one for each night. */
const commits = ['9d41c7b', 'e02ba51', '3f9c2e1', '7718fd0', 'c45a9be', '1b6e03d', 'a97d2f4'];

/** All of them. */
export const releases: readonly Release[] = [
  ember('2.3.7', 0.006, (day) => 0.05 + fallAfter(day, 0.9)),
  ember('2.3.8', 0.006, (day) => 0.08 + riseAfter(day, 0.6) * fallAfter(day, 2.2) * 2),
  ember('2.3.9', 0.006, (day) => riseAfter(day, 1.5) * (0.18 + 2 * fallAfter(day, emberDay))),
  {
    ...ember('2.4.0', 0.04, (day) => riseAfter(day, emberDay) * 2.2 * fallAfter(day, 6.4)),
    fates: [...gameEnds, ...citadelCrashes],
  },
  ember('2.4.1', 0.01, (day) => riseAfter(day, 6) * 0.55),
  shop('1.12.1', (day) => fallAfter(day, 0.5)),
  shop('1.12.2', (day) => riseAfter(day, 0.3) * fallAfter(day, shopDay) * 3),
  shop('1.12.3', (day) => riseAfter(day, shopDay) * 3),
  shop('1.12.4', (day) => riseAfter(day, 6.5) * 0.5),
  ...commits.map((commit, i): Release => {
    const weightAt = (day: number): number => (Math.min(6, Math.floor(day)) === i ? 1 : 0);
    const version = `main@${commit}`;
    return { product: 'rig-nightly', version, weightAt, crashedShare: 0.11, fates: testEnds };
  }),
];

/** The release that a run of this day has. */
export function releaseAt(product: Product, day: number, dice: Dice): Release {
  const own = releases.filter((release) => release.product === product);
  return dice.weighted(own.map((release) => [release, release.weightAt(Math.max(0, day))]));
}

function ember(version: string, crashedShare: number, weightAt: Release['weightAt']): Release {
  return { product: 'emberline', version, weightAt, crashedShare, fates: steady };
}

function shop(version: string, weightAt: Release['weightAt']): Release {
  return { product: 'checkout-api', version, weightAt, crashedShare: 0.045, fates: serviceEnds };
}

/** 0 before a day, and soon 1 after it, as a roll-out has it. */
function riseAfter(day: number, from: number): number {
  return day < from ? 0 : 1 - Math.exp(-(day - from) / 0.35);
}

/** 1 before a day, and soon 0 after it. */
function fallAfter(day: number, from: number): number {
  return day < from ? 1 : Math.exp(-(day - from) / 0.3);
}
