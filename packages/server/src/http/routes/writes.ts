/** The writes about one session, by the last part of their path. */
import type { FastifyInstance } from 'fastify';
import { send } from '../reply.ts';
import { bodyOf, keyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';
import { type ReadDraft, write } from '../write.ts';
import { readEvents } from './events.ts';
import { readCrashReport, readEndReport, readHeartbeat } from './lifecycle.ts';
import { readMetrics } from './metrics.ts';
import { readStatePatch } from './state.ts';

/** How each body is read. */
export const writes: ReadonlyMap<string, ReadDraft> = new Map([
  ['state', readStatePatch],
  ['events', readEvents],
  ['metrics', readMetrics],
  ['heartbeat', readHeartbeat],
  ['end', readEndReport],
  ['crash', readCrashReport],
]);

/** Adds their routes. */
export function addWriteRoutes(app: FastifyInstance, service: Service): void {
  for (const [name, readDraft] of writes) {
    app.post<{ Params: { id: string } }>(`/api/sessions/:id/${name}`, async (request, reply) => {
      const body = bodyOf(request);
      const draft = readDraft(body, receiptUs(service.clock));
      const key = keyOf(request, body);
      return send(reply, await write(service, request.params.id, draft, key));
    });
  }
}
