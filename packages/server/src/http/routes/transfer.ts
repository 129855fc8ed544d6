/** `GET /api/export` and `POST /api/import`: whole sessions, taken from one store to another. */
import { randomUUID } from 'node:crypto';
import { formatTime, type JsonObject, readReplay, routes } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { draftIngest } from '../../record/ingest.ts';
import { version } from '../../version.ts';
import { parseBody } from '../body.ts';
import { headerLine, sessionLines } from '../export-lines.ts';
import { paramsOf } from '../question.ts';
import { jsonReply, linesForm, type Reply, send, sendStream } from '../reply.ts';
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
      paramsOf(request, undefined, nowUs);
      return sendStream(request, reply, exportLines(service, nowUs), service.log, linesForm);
    },
  });
  app.post(routes.importSessions.path, async (request, reply) => {
    const body = bodyOf(request);
    requireMediaType(body, false);
    return send(reply, await replay(service, body.bytes));
  });
}

const everything = { patches: true, events: true, samples: true };

async function* exportLines(service: Service, nowUs: number): AsyncGenerator<string> {
  const { store, log } = service;
  yield headerLine({
    format: 'tacho-export',
    version: 1,
    export: randomUUID(),
    exported_at: formatTime(nowUs),
    tacho: version,
  });
  for await (const page of store.ids()) {
    for (const id of page) {
      try {
        yield* sessionLines(store.read(id, everything));
      } catch (error) {
        log.error({ err: error, session: id }, 'a session cannot be read; the export ends here');
        throw error;
      }
    }
  }
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
