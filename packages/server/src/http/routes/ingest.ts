/** `POST /api/ingest`: agents' batches of many sessions, each counted once. */
import { type JsonObject, readIngest } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { draftIngest } from '../../record/ingest.ts';
import { parseBody } from '../body.ts';
import { jsonReply, type Reply, send } from '../reply.ts';
import { bodyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';
import { requireMediaType } from '../write.ts';

/** Adds the route. A batch has its own identity, so an Idempotency-Key adds nothing here. */
export function addIngestRoute(app: FastifyInstance, service: Service): void {
  app.post('/api/ingest', async (request, reply) => {
    const body = bodyOf(request);
    requireMediaType(body, false);
    return send(reply, await ingest(service, body.bytes));
  });
}

/**
 * A batch of which nothing was good is stored all the same: its number must count as seen, or its
 * agent would send it for ever.
 */
async function ingest({ store, recorder, clock }: Service, bytes: Buffer | undefined) {
  const nowUs = receiptUs(clock);
  const input = readIngest(parseBody(bytes), nowUs);
  const { batch, accepted, rejected } = await draftIngest(store, input, nowUs);
  const appended = await recorder.append(batch, accepted);
  const reply: JsonObject = { success: true, accepted };
  if (appended.kind === 'duplicate') reply.duplicate = true;
  else recorder.countRejected(rejected);
  if (rejected.length > 0) reply.rejected = rejected.map((item) => ({ ...item }));
  return jsonReply(reply) satisfies Reply;
}
