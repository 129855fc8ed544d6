/** Contract: what a store finds out by itself about sessions is told, once it is durable. */
import { expect, it } from 'vitest';
import type { Told } from '../store.ts';
import {
  type OpenStore,
  type StoreBench,
  secondUs,
  suspendedAfterUs,
  withStore,
} from './harness.ts';
import { gauge, sessionId } from './plan.ts';

/** Cases about what is told. */
export function toldCases(open: OpenStore): void {
  it(
    'changes of lifecycle and liveness are told with the events that the store made',
    withStore(open, async (bench) => {
      const told = watch(bench);
      await bench.say({ session: 1, kind: 'start' });
      await bench.say({ session: 1, kind: 'sample', series: gauge('a'), value: 1 });
      await bench.say({ session: 1, kind: 'heartbeat' });
      expect(await told()).toEqual([]);
      await bench.say({ session: 1, kind: 'event', event: { name: 'application_appears_hung' } });
      bench.pass(secondUs);
      await bench.say({ session: 1, kind: 'heartbeat' });
      await bench.say({ session: 1, kind: 'end' });
      await bench.say({ session: 1, kind: 'end' });
      expect(await told(3)).toEqual([
        [1, 'active', true, []],
        [1, 'active', false, ['application_recovered']],
        [1, 'ended', false, []],
      ]);
    }),
  );

  it(
    'sessions that are declared lost are told',
    withStore(open, async (bench) => {
      const told = watch(bench);
      await bench.say({ session: 1, kind: 'start' }, { session: 2, kind: 'start' });
      bench.pass(10 * suspendedAfterUs);
      await bench.say({ session: 2, kind: 'heartbeat' });
      await bench.store.sweep({ nowUs: bench.time.nowUs, lostAfterUs: 5 * suspendedAfterUs });
      expect((await told(1)).map((one) => one.slice(0, 2))).toEqual([[1, 'lost']]);
    }),
  );
}

/** What was told since the last look: number of the session, lifecycle, whether it hangs, events. */
function watch({ store }: StoreBench) {
  const all: Told[] = [];
  store.told.watch((told) => all.push(...told));
  // What is not there yet may be on its way between threads, for as long as a busy machine likes.
  return async (count = 0) => {
    for (let waits = 0; waits < 1_000 && all.length < count; waits++) await pause(10);
    await pause(1);
    return all.splice(0).map(({ session, lifecycle, isHung, events }) => {
      const no = [1, 2].find((one) => sessionId(one) === session);
      return [no, lifecycle, isHung, events.map(({ name }) => name)];
    });
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
