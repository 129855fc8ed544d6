/** `GET /api/storage`: what is kept of each product, the space that it takes up, and for how long. */
import { formatTime, type JsonObject, limits, routes } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import type { ProductUse, StoreHealth, StoreUse } from '../../store/store.ts';
import { version } from '../../version.ts';
import { addQuestion } from '../question.ts';
import type { Service } from '../service.ts';
import { uptimeSeconds } from './health.ts';

/** Adds the route. */
export function addStorageRoute(app: FastifyInstance, service: Service): void {
  const { store, config, counters } = service;
  addQuestion(app, service, routes.storage, async () => {
    const use = await store.storage();
    // The question may be what makes the index, whose file is one of those that are told.
    const health = await store.health();
    const { engine, products, isEstimated } = use;
    return {
      version,
      uptime_seconds: uptimeSeconds(service),
      engine,
      disk: diskJson(use, health),
      products: products.slice(0, limits.pageRowsMax).map(productJson),
      products_left_out: Math.max(0, products.length - limits.pageRowsMax),
      estimated: isEstimated,
      retention: {
        days: config.retentionDays,
        expire_interval_ms: config.expireIntervalMs,
        suspended_after_ms: config.heartbeatTimeoutMs,
        lost_after_ms: config.lostAfterMs,
      },
      counters: JSON.parse(JSON.stringify(counters.view())) as JsonObject,
    };
  });
}

function diskJson(use: StoreUse, { fileBytes, diskFreeBytes }: StoreHealth): JsonObject {
  const { products, reusableBytes } = use;
  return {
    ...(fileBytes && {
      used_bytes: Object.values(fileBytes).reduce((sum, bytes) => sum + bytes, 0),
      files: { ...fileBytes },
    }),
    ...(diskFreeBytes !== undefined && { free_bytes: diskFreeBytes }),
    ...(reusableBytes !== undefined && {
      reusable_bytes: reusableBytes,
      sample_bytes: products.reduce((sum, { sampleBytes = 0 }) => sum + sampleBytes, 0),
    }),
  };
}

function productJson(use: ProductUse): JsonObject {
  const { product, sessions, events, patches, samples, sampleBytes } = use;
  return {
    product,
    sessions,
    events,
    patches,
    samples,
    ...(sampleBytes !== undefined && { sample_bytes: sampleBytes }),
    oldest: formatTime(use.oldestUs),
    newest: formatTime(use.newestUs),
  };
}
