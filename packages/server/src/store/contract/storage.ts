/** Contract: what a store keeps of each product is counted right, whatever was deleted and sealed. */
import { expect, it } from 'vitest';
import type { ProductUse, Store } from '../store.ts';
import { type OpenStore, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

/** Cases about the space that products take up; random histories are counted among the questions. */
export function storageCases(open: OpenStore): void {
  it(
    'products are counted with all that their sessions have, the largest first',
    withStore(open, async (bench) => {
      expect((await bench.store.storage()).products).toEqual([]);
      await bench.say(...run(1, 'shop'));
      bench.pass(secondUs);
      await bench.say(...run(2, 'kiosk'), ...run(3, 'kiosk'), ...run(4, 'abacus'));
      bench.pass(secondUs);
      await bench.say(...run(5, 'kiosk'), { session: 1, kind: 'patch', patch: { b: 1 } });
      const each = { events: 1, patches: 1, samples: 2 };
      const later = startUs + secondUs;
      await bench.holds(async () => {
        expect(await countsOf(bench.store)).toEqual([
          {
            ...{ product: 'kiosk', sessions: 3, events: 3, patches: 3, samples: 6 },
            ...{ oldestUs: later, newestUs: later + secondUs },
          },
          { product: 'abacus', sessions: 1, ...each, oldestUs: later, newestUs: later },
          {
            product: 'shop',
            sessions: 1,
            ...each,
            patches: 2,
            oldestUs: startUs,
            newestUs: startUs,
          },
        ]);
      });
      await bench.store.remove(sessionId(4));
      expect((await countsOf(bench.store)).map(({ product }) => product)).toEqual([
        'kiosk',
        'shop',
      ]);
    }),
  );
}

function run(session: number, product: string): Plan[] {
  const series = gauge('cpu');
  return [
    { session, kind: 'start', product },
    { session, kind: 'patch', patch: { a: 1 } },
    { session, kind: 'event', event: { name: 'e' } },
    { session, kind: 'sample', series, value: 1 },
    { session, kind: 'sample', series, value: 2 },
  ];
}

/** What every engine counts alike: how large samples are is its own business. */
export async function countsOf(store: Store): Promise<Omit<ProductUse, 'sampleBytes'>[]> {
  const { products } = await store.storage();
  return products.map(({ sampleBytes: _sampleBytes, ...counts }) => counts);
}
