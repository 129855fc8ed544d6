/** What is kept in memory of each product. */
import { compareTexts } from '@tacho/protocol';
import type { ProductUse, StoreUse } from '../store.ts';
import type { MemorySession } from './session.ts';

/** Answers `StorageQuestions.storage`. */
export function storageOf(sessions: Iterable<MemorySession>): StoreUse {
  const products = new Map<string, ProductUse>();
  for (const session of sessions) {
    const { product, createdUs, events, patches, samples } = session.row();
    const times = { oldestUs: createdUs, newestUs: createdUs };
    const none = { product, sessions: 0, events: 0, patches: 0, samples: 0, ...times };
    const sum = products.get(product) ?? none;
    products.set(product, {
      product,
      sessions: sum.sessions + 1,
      events: sum.events + events,
      patches: sum.patches + patches,
      samples: sum.samples + samples,
      oldestUs: Math.min(sum.oldestUs, createdUs),
      newestUs: Math.max(sum.newestUs, createdUs),
    });
  }
  const sorted = [...products.values()].sort(
    (a, b) => b.sessions - a.sessions || compareTexts(a.product, b.product),
  );
  return { engine: 'memory', products: sorted, isEstimated: false };
}
