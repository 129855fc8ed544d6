/** `GET /health`: whether the server can do its work, and what it did so far. */
import type { JsonObject } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { version } from '../../version.ts';
import { jsonReply, send } from '../reply.ts';
import type { Service } from '../service.ts';

/** Adds the route; 503 while the store refuses writes. */
export function addHealthRoute(app: FastifyInstance, service: Service): void {
  const { store, counters } = service;
  app.route({
    method: ['GET', 'HEAD'],
    url: '/health',
    handler: async (_request, reply) => {
      const health = await store.health();
      const body: JsonObject = {
        status: health.writable ? 'healthy' : 'unhealthy',
        service: 'tacho',
        version,
        uptime_seconds: uptimeSeconds(service),
        store: { ...health },
        counters: JSON.parse(JSON.stringify(counters.view())) as JsonObject,
      };
      return send(reply, jsonReply(body, health.writable ? 200 : 503));
    },
  });
}

/** Whole seconds since the server started. */
export function uptimeSeconds({ clock, startedUs }: Service): number {
  return Math.max(0, Math.floor((clock() - startedUs) / 1e6));
}
