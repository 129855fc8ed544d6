/** Lives through a random history on one store. */
import type { Store } from '../store.ts';
import type { Step } from './generate.ts';
import type { StoreBench } from './harness.ts';
import { type Plan, sessionId } from './plan.ts';

/** Does what the steps say, batches without what makes them count once; nothing expires. */
export async function live(bench: StoreBench, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'batch') {
      bench.pass(step.passUs);
      await bench.deliver(await withStarts(bench.store, step.plans));
    } else if (step.kind === 'sweep') {
      await bench.store.sweep({ nowUs: bench.time.nowUs, lostAfterUs: step.lostAfterUs });
    }
  }
}

/** Nothing that is said shall be passed over. */
async function withStarts(store: Store, plans: readonly Plan[]): Promise<Plan[]> {
  const complete: Plan[] = [];
  for (const plan of plans) {
    const found = await store.resolve(sessionId(plan.session));
    const { session } = plan;
    const isNew = found.kind === 'missing' && !complete.some((one) => one.session === session);
    if (isNew && plan.kind !== 'start') complete.push({ session, kind: 'start' });
    complete.push(plan);
  }
  return complete;
}
