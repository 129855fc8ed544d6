/** The space that products take up, as the main thread asks for it: of two threads that know different parts. */
import { compareTexts } from '@tacho/protocol';
import type { ProductUse, StoreUse } from '../../store.ts';
import type { Engine } from '../engine.ts';
import type { ProductCounts } from './counts.ts';
import type { ChunkSizes, ProductSizes } from './sizes.ts';

/** See `StorageQuestions`. The counts are those of the catalog; sizes may be a moment older or younger. */
export async function storageOf({ catalog, query }: Engine): Promise<StoreUse> {
  const [counts, sizes] = await Promise.all([
    catalog<ProductCounts[]>('productCounts'),
    query<ProductSizes>('productSizes'),
  ]);
  return {
    engine: 'sqlite',
    products: productsOf(counts, sizes),
    isEstimated: sizes.isSample,
    reusableBytes: sizes.reusableBytes,
  };
}

/** Counts and sizes put together. */
export function productsOf(
  counts: readonly ProductCounts[],
  { patches, chunks, isSample }: Omit<ProductSizes, 'reusableBytes'>,
): ProductUse[] {
  const all: ChunkSizes = { samples: 0, bytes: 0 };
  for (const { samples, bytes } of chunks.values()) {
    all.samples += samples;
    all.bytes += bytes;
  }
  const bytesOf = ({ product, samples }: ProductCounts): number => {
    const found = chunks.get(product);
    if (!isSample) return found?.bytes ?? 0;
    const measured = found ?? all;
    return measured.samples === 0 ? 0 : (samples * measured.bytes) / measured.samples;
  };
  return counts
    .map((count) => ({
      ...count,
      patches: patches.get(count.product) ?? 0,
      sampleBytes: Math.round(bytesOf(count)),
    }))
    .sort((a, b) => b.sessions - a.sessions || compareTexts(a.product, b.product));
}
