/** What is recorded of each product, counted from the session columns. */
import type { ProductUse } from '../../store.ts';
import type { Catalog } from '../index/catalog.ts';
import { blockRows } from '../index/session-block.ts';
import type { SessionColumns } from '../index/session-columns.ts';
import type { Handlers } from '../thread.ts';

/** A product without what only the tables know. */
export type ProductCounts = Omit<ProductUse, 'patches' | 'sampleBytes'>;

/** The handlers of a thread that has a catalog. */
export function countHandlers(catalog: Catalog): Handlers {
  return { productCounts: () => catalog.ask(({ columns }) => productCounts(columns)) };
}

function productCounts({ blocks, dictionaries }: SessionColumns): ProductCounts[] {
  const { texts } = dictionaries.product;
  const counts = new Map<number, ProductCounts>();
  for (const block of blocks.all(false)) {
    for (let row = 0; row < blockRows; row++) {
      if (block.lifecycle[row] === 0) continue;
      const code = block.product[row]!;
      const createdUs = block.createdUs[row]!;
      let count = counts.get(code);
      if (!count) {
        const times = { oldestUs: createdUs, newestUs: createdUs };
        count = { product: texts[code]!, sessions: 0, events: 0, samples: 0, ...times };
        counts.set(code, count);
      }
      count.sessions += 1;
      count.events += block.events[row]!;
      count.samples += block.samples[row]!;
      count.oldestUs = Math.min(count.oldestUs, createdUs);
      count.newestUs = Math.max(count.newestUs, createdUs);
    }
  }
  return [...counts.values()];
}
