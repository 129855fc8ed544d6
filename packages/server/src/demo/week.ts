/** The week of the demo: which runs there are, by day and night, and which of them end badly. */
import { Dice } from './dice.ts';
import { playMachines, rigMachines, serviceMachines } from './machines.ts';
import { crashFates, type Fate, heroPlans, type Plan, type Product } from './plan.ts';
import { type Release, releaseAt, releases } from './releases.ts';

/** What decides about a week. */
export interface WeekOptions {
  seed: number;
  /** Sessions in all, at least as many as there are heroes. */
  sessions: number;
  untilUs: number;
}

/** Length of the week. */
const weekUs = 7 * 86_400e6;

const hourUs = 3_600e6;

/** Share of all sessions. */
const shares: readonly (readonly [Product, number])[] = [
  ['emberline', 0.6],
  ['checkout-api', 0.12],
  ['rig-nightly', 0.28],
];

/** Median length in seconds, its spread, and bounds. */
const lengths: Record<Product, readonly [median: number, sigma: number, min: number, max: number]> =
  {
    emberline: [1_700, 0.85, 25, 5 * 3600],
    'checkout-api': [3.4 * 3600, 0.8, 240, 30 * 3600],
    'rig-nightly': [230, 0.75, 7, 50 * 60],
  };

const machines = {
  emberline: playMachines,
  'checkout-api': serviceMachines,
  'rig-nightly': rigMachines,
};

/** All runs of the week in order of their start. */
export function weekOf({ seed, sessions, untilUs }: WeekOptions): Plan[] {
  const heroes = heroPlans(seed, untilUs).slice(0, sessions);
  const left = sessions - heroes.length;
  const running = Math.min(left, Math.max(6, Math.round(sessions / 50) - 1));
  const plans = [...heroes];
  for (const [product, share] of shares) {
    const ofRunning = Math.round(running * runningShares[product]);
    const isLast = product === shares.at(-1)?.[0];
    const ofProduct = isLast ? sessions - plans.length : Math.round(left * share);
    const count = Math.max(0, ofProduct - ofRunning);
    plans.push(...pastRuns({ seed, product, count, untilUs }));
    plans.push(...runningRuns({ seed, product, count: ofRunning, untilUs }));
  }
  plans.sort((a, b) => a.startUs - b.startUs || (a.id < b.id ? -1 : 1));
  placeOnMachines(plans, new Dice(seed, 'machines'));
  return plans;
}

const runningShares: Record<Product, number> = {
  emberline: 0.6,
  'checkout-api': 0.32,
  'rig-nightly': 0.08,
};

/** A run that starts now, of the newest versions, and is short enough to be seen ending. */
export function freshRun({ product, startUs, untilUs, busy }: FreshRun, dice: Dice): Plan {
  const free = machines[product].filter(({ id }) => !busy.has(id));
  const run = newRun(product, Math.min(startUs, untilUs), untilUs, dice);
  const lengthSec = Math.min(1_200, Math.max(12, dice.spread(220, 0.8)));
  const atUs = Math.round(startUs / 1000) * 1000;
  return {
    ...run,
    machine: free.length > 0 ? dice.pick(free) : run.machine,
    startUs: atUs,
    endUs: atUs + Math.round(lengthSec * 1000) * 1000,
    // One in six ends badly: nobody wants to wait an hour for it.
    fate: dice.chance(1 / 6)
      ? dice.pick(badFates(release(run), 12))
      : dice.weighted(goodFates(release(run))),
  };
}

/** What a fresh run is made from; machines that are busy have others on them. */
interface FreshRun {
  product: Product;
  startUs: number;
  untilUs: number;
  busy: ReadonlySet<string>;
}

/** Runs of one product. */
interface RunsOptions {
  seed: number;
  product: Product;
  count: number;
  untilUs: number;
}

function pastRuns({ seed, product, count, untilUs }: RunsOptions): Plan[] {
  const dice = new Dice(seed, product, 'past');
  const fromUs = untilUs - weekUs;
  const starts = startTimes(product, count, { fromUs, untilUs, dice });
  const runs = starts.map((wantedUs): Plan => {
    // What is over has had time to be over, and to be told.
    const lastUs = untilUs - 45e6;
    const lengthUs = Math.min(lengthOf(product, dice) * 1e6, (lastUs - fromUs) / 2);
    const startUs = Math.min(wantedUs, lastUs - Math.max(lengthUs * 0.4, 20e6));
    const endUs = Math.min(startUs + lengthUs, lastUs - dice.between(0, 30e6));
    return { ...newRun(product, startUs, untilUs, dice), endUs: Math.round(endUs) };
  });
  decideFates(runs, dice, untilUs);
  for (const run of runs) putToSleep(run, dice);
  return runs;
}

/** Runs that still go on; some of them hang or sleep. */
function runningRuns({ seed, product, count, untilUs }: RunsOptions): Plan[] {
  const dice = new Dice(seed, product, 'running');
  return Array.from({ length: count }, (_, i): Plan => {
    const ageUs = Math.min(lengthOf(product, dice) * 1e6, 20 * hourUs) * dice.between(0.1, 0.9);
    const run = newRun(product, untilUs - 90e6 - ageUs, untilUs, dice);
    const endUs = Math.round(untilUs + dice.between(30e6, lengthOf(product, dice) * 1e6));
    const nowSec = (untilUs - run.startUs) / 1e6;
    const plan: Plan = { ...run, endUs, fate: dice.weighted(release(run).fates) };
    if (product !== 'emberline') return plan;
    const portable = playMachines.filter((machine) => machine.isPortable);
    if (i % 6 === 1) {
      const from = nowSec - Math.min(nowSec / 2, dice.between(100, 600));
      plan.asleep = [from, nowSec + dice.between(60, 900)];
      plan.machine = dice.pick(portable);
      plan.endUs = Math.max(endUs, untilUs + 1200e6);
    } else if (i % 8 === 3) {
      plan.hangsAtSec = nowSec - dice.between(8, 70);
      plan.fate = 'killed_while_hung';
      plan.endUs = Math.round(untilUs + dice.between(20e6, 200e6));
    }
    return plan;
  });
}

function newRun(product: Product, startUs: number, untilUs: number, dice: Dice): Plan {
  const id = dice.uuid();
  const day = 7 - (untilUs - startUs) / 86_400e6;
  const version = releaseAt(product, day, dice).version;
  const machine = dice.pick(machines[product]);
  const whole = Math.round(startUs / 1000) * 1000;
  return { id, product, version, machine, startUs: whole, endUs: whole, fate: 'exited' };
}

function lengthOf(product: Product, dice: Dice): number {
  const [median, sigma, min, max] = lengths[product];
  return Math.min(max, Math.max(min, dice.spread(median, sigma)));
}

/**
 * Starts spread over the week as people and schedules have it: quarters of an hour get their weight,
 * and runs are spaced evenly along the sum of these weights, each moved a little.
 */
function startTimes(
  product: Product,
  count: number,
  { fromUs, untilUs, dice }: { fromUs: number; untilUs: number; dice: Dice },
): number[] {
  const slotUs = hourUs / 4;
  const sums: number[] = [];
  let sum = 0;
  for (let us = fromUs; us < untilUs; us += slotUs) {
    sum += rush(product, us);
    sums.push(sum);
  }
  return Array.from({ length: count }, (_, i) => {
    const wanted = ((i + dice.next()) / count) * sum;
    const slot = sums.findIndex((end) => end >= wanted);
    return Math.min(untilUs - 60e6, fromUs + (Math.max(0, slot) + dice.next()) * slotUs);
  });
}

/** How much of a product starts at an instant, in parts of its busiest hour; days are those of UTC. */
function rush(product: Product, us: number): number {
  const date = new Date(us / 1000);
  const hour = date.getUTCHours() + date.getUTCMinutes() / 60;
  const isWeekend = [0, 6].includes(date.getUTCDay());
  switch (product) {
    case 'emberline': {
      const work = bell(hour, 11, 2.2) + bell(hour, 15.5, 2.4);
      const evening = 0.75 * bell(hour, 20.5, 1.8);
      return 0.06 + (isWeekend ? 0.25 * work + 0.8 * evening : work + evening);
    }
    case 'checkout-api':
      return isWeekend ? 0.4 : 0.5 + 0.6 * bell(hour, 10.5, 3);
    case 'rig-nightly':
      return 0.03 + bell(hour, 2, 0.7) + 0.5 * bell(hour, 4.5, 0.5) + (isWeekend ? 0 : 0.08);
  }
}

function bell(hour: number, peak: number, width: number): number {
  return Math.exp(-(((hour - peak) / width) ** 2));
}

/**
 * Which runs end badly is a matter of shares, not of luck: of each version as many as its release
 * says, spread over its runs. So every seed proves the same about the versions.
 */
function decideFates(runs: readonly Plan[], dice: Dice, untilUs: number): void {
  for (const one of releases) {
    const own = runs.filter(
      ({ product, version }) => product === one.product && version === one.version,
    );
    const crashed = Math.round(own.length * one.crashedShare);
    const bad = new Set(
      Array.from({ length: crashed }, (_, i) =>
        Math.floor(((i + dice.between(0.1, 0.9)) / crashed) * own.length),
      ),
    );
    const good = goodFates(one);
    const fates = badFates(one, crashed);
    for (const [i, run] of own.entries()) {
      run.fate = bad.has(i) ? (fates.pop() ?? 'segfault') : dice.weighted(good);
      giveTime(run, dice, untilUs);
    }
  }
}

function goodFates({ fates }: Release): Release['fates'] {
  return fates.filter(([fate]) => !crashFates.has(fate));
}

/** The bad fates of a release by their weights, so many of them, the likeliest last. */
function badFates({ fates }: Release, count: number): Fate[] {
  const bad = fates.filter(([fate]) => crashFates.has(fate));
  const total = bad.reduce((sum, [, weight]) => sum + weight, 0);
  const list = bad.flatMap(([fate, weight]) =>
    Array.from({ length: Math.round((weight / total) * count) }, () => fate),
  );
  while (list.length < count && bad[0]) list.push(bad[0][0]);
  return list.reverse();
}

/** A crash in the middle of the game takes some minutes of play to get there. */
function giveTime(run: Plan, dice: Dice, untilUs: number): void {
  if (!crashFates.has(run.fate)) return;
  const atLeastUs = run.product === 'emberline' ? dice.between(500e6, 1500e6) : 0;
  const lengthUs = Math.max(run.endUs - run.startUs, atLeastUs);
  // The newest crash is the one that is shown in full detail.
  run.endUs = Math.min(Math.round(run.startUs + lengthUs), untilUs - 25 * 60e6);
  run.startUs = Math.min(run.startUs, run.endUs - Math.round(lengthUs / 1000) * 1000);
}

/** Some people close the lid while they play. */
function putToSleep(run: Plan, dice: Dice): void {
  const lengthSec = (run.endUs - run.startUs) / 1e6;
  if (!run.machine.isPortable || lengthSec < 2_400 || !dice.chance(0.15)) return;
  const from = lengthSec * dice.between(0.2, 0.5);
  run.asleep = [from, from + lengthSec * dice.between(0.1, 0.3)];
}

/** A machine plays one game at a time, and runs one test at a time. */
function placeOnMachines(plans: readonly Plan[], dice: Dice): void {
  const busyUntil = new Map<string, number>();
  for (const plan of plans) {
    const { product, startUs, endUs, machine } = plan;
    const isFixed = plan.hero !== undefined || plan.asleep !== undefined;
    if (!isFixed && product !== 'checkout-api' && (busyUntil.get(machine.id) ?? 0) > startUs) {
      const free = machines[product].filter(({ id }) => (busyUntil.get(id) ?? 0) <= startUs);
      if (free.length > 0) plan.machine = dice.pick(free);
    }
    busyUntil.set(plan.machine.id, Math.max(busyUntil.get(plan.machine.id) ?? 0, endUs));
  }
}

function release({ product, version }: Plan): Release {
  return releases.find((one) => one.product === product && one.version === version) as Release;
}
