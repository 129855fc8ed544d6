/** The troupe: all runs that go on while the demo is served; when one ends, another one starts. */
import type { WireEntry } from '@tacho/protocol';
import { Dice } from '../dice.ts';
import { perform } from '../perform.ts';
import type { Product } from '../plan.ts';
import { freshRun, type WeekOptions, weekOf } from '../week.ts';
import { Actor } from './actor.ts';

/** Runs at once, so that there is something to see and nothing to wait for. */
const actorsMin = 20;

/** From one start to the next, in seconds. */
const startEverySec: readonly [number, number] = [3, 14];

const products: readonly (readonly [Product, number])[] = [
  ['emberline', 6],
  ['rig-nightly', 3],
  ['checkout-api', 1],
];

/** The runs of a week that are not over when it ends, and those that follow. */
export class Troupe {
  readonly #seed: number;
  readonly #untilUs: number;
  readonly #dice: Dice;
  #actors: Actor[];
  #nextStartUs = Number.NEGATIVE_INFINITY;

  constructor(week: WeekOptions) {
    const { seed, untilUs } = week;
    this.#seed = seed;
    this.#untilUs = untilUs;
    this.#dice = new Dice(seed, 'troupe', untilUs);
    const running = weekOf(week).filter(({ endUs }) => endUs > untilUs);
    this.#actors = running.map((plan) => new Actor(perform(seed, plan), untilUs));
  }

  /** Runs that go on. */
  get size(): number {
    return this.#actors.length;
  }

  /** What all of them say from the last time until now. */
  entries(nowUs: number): WireEntry[] {
    const entries = this.#actors.flatMap((actor) => actor.entries(nowUs));
    this.#actors = this.#actors.filter(({ isOver }) => !isOver);
    if (nowUs < this.#nextStartUs) return entries;
    this.#nextStartUs = nowUs + this.#dice.between(...startEverySec) * 1e6;
    if (this.#actors.length < actorsMin + this.#dice.whole(0, 12)) this.#start(nowUs);
    return entries;
  }

  #start(nowUs: number): void {
    const busy = new Set(this.#actors.map(({ machineId }) => machineId));
    const product = this.#dice.weighted(products);
    const plan = freshRun({ product, startUs: nowUs, untilUs: this.#untilUs, busy }, this.#dice);
    this.#actors.push(new Actor(perform(this.#seed, plan), Number.NEGATIVE_INFINITY));
  }
}
