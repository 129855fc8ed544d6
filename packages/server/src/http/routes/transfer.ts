/** `GET /api/export` and `POST /api/import`: whole sessions, taken from one store to another. */
import { randomUUID } from 'node:crypto';
import {
  filterOf,
  formatTime,
  type JsonObject,
  readReplay,
  routes,
  type SessionFilter,
} from '@tacho/protocol';
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
      const filter = filterOf(paramsOf(request, routes.exportSessions.query, nowUs));
      return sendStream(
        request,
        reply,
        exportLines(service, filter, nowUs),
        service.log,
        linesForm,
      );
    },
  });
  app.post(routes.importSessions.path, async (request, reply) => {
    const body = bodyOf(request);
    requireMediaType(body, false);
    return send(reply, await replay(service, body.bytes));
  });
}

const everything = { patches: true, events: true, samples: true };

async function* exportLines(
  service: Service,
  filter: SessionFilter,
  nowUs: number,
): AsyncGenerator<string> {
  const { store, log } = service;
  const chosen = idsOf(service, filter, nowUs);
  // What is wrong with the filter shows before the first line is sent.
  let page = await chosen.next();
  yield headerLine({
    format: 'tacho-export',
    version: 1,
    export: randomUUID(),
    exported_at: formatTime(nowUs),
    tacho: version,
  });
  for (; !page.done; page = await chosen.next()) {
    for (const id of page.value) {
      try {
        yield* sessionLines(store.read(id, everything));
      } catch (error) {
        log.error({ err: error, session: id }, 'a session cannot be read; the export ends here');
        throw error;
      }
    }
  }
}

/** Sessions in order of creation; without a filter also those that an index would not show. */
async function* idsOf(
  { store }: Service,
  filter: SessionFilter,
  nowUs: number,
): AsyncGenerator<string[], undefined> {
  if (Object.keys(filter).length === 0) {
    yield* store.ids();
    return;
  }
  let cursor: string | undefined;
  do {
    const page = await store.sessions({
      filter,
      sort: 'created',
      descending: false,
      limit: idPage,
      totals: false,
      nowUs,
      ...(cursor !== undefined && { cursor }),
    });
    yield page.rows.map(({ summary }) => summary.id);
    cursor = page.next;
  } while (cursor !== undefined);
}

const idPage = 500;

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
