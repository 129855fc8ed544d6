/** From a plan to a performance, by the program that runs. */
import { performCheckout } from './checkout/perform.ts';
import { performEmberline } from './emberline/perform.ts';
import type { Performance } from './performance.ts';
import type { Plan } from './plan.ts';
import { performRig } from './rig/perform.ts';

/** Makes up everything that a planned run says. */
export function perform(seed: number, plan: Plan): Performance {
  switch (plan.product) {
    case 'emberline':
      return performEmberline(seed, plan);
    case 'checkout-api':
      return performCheckout(seed, plan);
    case 'rig-nightly':
      return performRig(seed, plan);
  }
}
