/** `GET /api/export` and `POST /api/import`: whole sessions, taken from one store to another. */
import { filterOf, type JsonObject, readReplay, routes } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { draftIngest } from '../../record/ingest.ts';
import { parseBody } from '../body.ts';
import { exportAnswer } from '../export/answer.ts';
import { paramsOf } from '../question.ts';
import { jsonReply, type Reply, send, sendStream } from '../reply.ts';
import { bodyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';
import { requireMediaType } from '../write.ts';

/** Adds the routes. */
export function addTransferRoutes(app: FastifyInstance, service: Service): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: routes.exportSessions.path,
    handler: (request, reply) => {
      const nowUs = service.clock();
      const params = paramsOf(request, routes.exportSessions.query, nowUs);
      const { format, what } = params;
      const question = { format, what, filter: filterOf(params), nowUs };
      const { form, bytes } = exportAnswer(service, question);
      return sendStream(request, reply, bytes, service.log, form);
    },
  });
  app.post(routes.importSessions.path, async (request, reply) => {
    const body = bodyOf(request);
    requireMediaType(body, false);
    return send(reply, await replay(service, body.bytes));
  });
}

async function replay({ store, recorder, clock }: Service, bytes: Buffer | undefined) {
  const nowUs = receiptUs(clock);
  const input = readReplay(parseBody(bytes), nowUs);
  const { batch, accepted, rejected } = await draftIngest(store, input, nowUs, { replay: true });
  const appended = await recorder.append(batch, accepted);
  const reply: JsonObject = { success: true, accepted };
  if (appended.kind === 'duplicate') reply.duplicate = true;
  else recorder.countRejected(rejected);
  if (rejected.length > 0) reply.rejected = rejected.map((item) => ({ ...item }));
  return jsonReply(reply) satisfies Reply;
}
