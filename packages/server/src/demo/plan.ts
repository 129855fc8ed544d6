/** Plans: what runs when, where, and how it will end, before anything is told of it. */
import { Dice } from './dice.ts';
import { type Machine, machineNamed } from './machines.ts';

/** Programs of the demo. */
export type Product = 'emberline' | 'checkout-api' | 'rig-nightly';

/** How a run comes to its end. */
export type Fate =
  /** Status 0. */
  | 'exited'
  /** It says so itself. */
  | 'ended'
  /** SIGINT or SIGTERM. */
  | 'stopped'
  | 'failed'
  | 'segfault'
  /** SIGSEGV after a hang. */
  | 'segfault_while_hung'
  /** Killed by its user, who saw it hang. */
  | 'killed_while_hung'
  | 'abort'
  | 'out_of_memory'
  | 'uncaught'
  | 'machine_lost'
  | 'lost';

/** Fates after which a session counts as crashed. */
export const crashFates: ReadonlySet<Fate> = new Set<Fate>([
  ...(['failed', 'segfault', 'segfault_while_hung', 'killed_while_hung', 'abort'] as const),
  ...(['out_of_memory', 'uncaught', 'machine_lost'] as const),
]);

/** One run. */
export interface Plan {
  id: string;
  product: Product;
  version: string;
  machine: Machine;
  startUs: number;
  /** May lie beyond the end of the week: then it still runs. */
  endUs: number;
  fate: Fate;
  /** Session with more to tell than others. */
  hero?: Hero;
  /** When its machine sleeps, in seconds since the start. */
  asleep?: readonly [from: number, to: number];
  /** It hangs from this second on, and until it is said otherwise. */
  hangsAtSec?: number;
}

/** Sessions in full detail, for tests and pictures. */
export const heroes = ['crash', 'workers', 'longService', 'asleep'] as const;

/** One of them. */
export type Hero = (typeof heroes)[number];

/** The ids of the sessions in full detail for a seed. */
export function heroIds(seed: number): Record<Hero, string> {
  const ids = heroes.map((hero) => [hero, new Dice(seed, 'hero', hero).uuid()]);
  return Object.fromEntries(ids) as Record<Hero, string>;
}

const minuteUs = 60e6;

/** The heroes of a week that ends at an instant. */
export function heroPlans(seed: number, untilUs: number): Plan[] {
  const ids = heroIds(seed);
  const plan = (hero: Hero, startMin: number, endMin: number): Pick<Plan, HeroFields> => ({
    id: ids[hero],
    hero,
    startUs: untilUs - startMin * minuteUs,
    endUs: untilUs - endMin * minuteUs,
  });
  const shop = { product: 'checkout-api', version: '1.12.3' } as const;
  return [
    {
      ...plan('crash', 54.3, 13.1),
      ...{ product: 'emberline', version: '2.4.0', machine: machineNamed('qa-tower-07') },
      fate: 'segfault_while_hung',
    },
    {
      ...plan('workers', 131, 38),
      ...{ ...shop, machine: machineNamed('node-eu-west-1b-02'), fate: 'stopped' },
    },
    {
      ...plan('longService', 48 * 60 + 7, -26 * 60),
      ...{ ...shop, machine: machineNamed('node-eu-west-1a-03'), fate: 'stopped' },
    },
    {
      ...plan('asleep', 5 * 60 + 12, 3 * 60 - 4),
      ...{ product: 'emberline', version: '2.3.9', machine: machineNamed('laptop-23') },
      ...{ fate: 'exited', asleep: [43 * 60, 90 * 60] },
    },
  ];
}

type HeroFields = 'id' | 'hero' | 'startUs' | 'endUs';
