/** `POST /write`, `POST /api/v2/write` and `GET /ping`: what senders of InfluxDB's line protocol ask. */
import { isUtf8 } from 'node:buffer';
import { type JsonObject, routes, TachoError } from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { countOf } from '../../doors/door.ts';
import { precisions, type RefusedLine, readLines } from '../../doors/influx/points.ts';
import { version } from '../../version.ts';
import { reportError } from '../errors.ts';
import { errorReply, jsonReply, send } from '../reply.ts';
import { bodyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';

/** Product of points that name none, where the request names none either. */
const productDefault = 'influx';

/** Lines that an answer shows. */
const shownMax = 5;

/** Adds the routes. */
export function addInfluxRoutes(app: FastifyInstance, service: Service): void {
  addWrite(app, service, routes.influxWrite.path, 'db', (details) => ({ error: details }));
  addWrite(app, service, routes.influxWrite2.path, 'bucket', (message, status) => ({
    ...{ code: codes.get(status) ?? (status < 500 ? 'invalid' : 'internal error'), message },
  }));
  app.route({
    method: ['GET', 'HEAD'],
    url: routes.influxPing.path,
    handler: (_request, reply) =>
      reply
        .code(204)
        .header('x-influxdb-build', 'Tacho')
        .header('x-influxdb-version', version)
        .send(),
  });
}

/** What InfluxDB 2 calls its errors, by their status. */
const codes: ReadonlyMap<number, string> = new Map([
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [413, 'request too large'],
  [429, 'too many requests'],
  [503, 'unavailable'],
]);

type ErrorForm = (details: string, status: number) => JsonObject;

/** One of the two ways to write; they differ in one parameter, and in the form of errors. */
function addWrite(
  app: FastifyInstance,
  service: Service,
  url: string,
  productParam: string,
  form: ErrorForm,
): void {
  app.route({
    method: 'POST',
    url,
    handler: async (request, reply) => {
      await write(service, request, productParam);
      return reply.code(204).send();
    },
    errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      const known = reportError(service, error, request);
      const { headers = {} } = errorReply(known);
      send(reply, { ...jsonReply(form(known.details, known.status), known.status), headers });
    },
  });
}

/** Stores the good lines; throws when some were bad, with what became of them. */
async function write(service: Service, request: FastifyRequest, productParam: string) {
  const door = service.doors.get('influx');
  const nowUs = receiptUs(service.clock);
  let said = 0;
  try {
    const query = new URLSearchParams(request.url.split('?', 2)[1]);
    const product = query.get(productParam) || productDefault;
    const precisionUs = precisionOf(query.get('precision'));
    const { bytes } = bodyOf(request);
    const read = readLines(textOf(bytes), { product, precisionUs, nowUs });
    for (const { reason, details, text } of read.refused) {
      door.report.refuse(reason, `${details}: ${text}`);
    }
    said = countOf(read.said);
    if (said > 0) await door.record(read.said, nowUs);
    if (read.refused.length > 0) throw partial(read.refused, said > 0);
  } catch (error) {
    if (!(error instanceof PartialWrite)) {
      door.refuse(error, Math.max(said, 1));
    }
    throw error;
  }
}

/** Some lines were refused, and are counted. */
class PartialWrite extends TachoError {}

/** Senders know by these words that the same lines need not be sent again. */
function partial(refused: readonly RefusedLine[], isSomeStored: boolean): PartialWrite {
  const shown = refused.slice(0, shownMax).map(({ text, details }) => {
    return `unable to parse '${text}': ${details}`;
  });
  const more = refused.length > shownMax ? `\nand ${refused.length - shownMax} more` : '';
  const start = isSomeStored ? 'partial write: ' : '';
  const details = `${start}${shown.join('\n')}${more} dropped=${refused.length}`;
  return new PartialWrite('invalid_body', details);
}

function precisionOf(name: string | null): number {
  const found = precisions.get(name || 'ns');
  if (found !== undefined) return found;
  const accepted = [...precisions.keys()].join(', ');
  const details = `invalid precision "${name?.slice(0, 40)}"; accepted: ${accepted}`;
  throw new TachoError('invalid_field', details);
}

function textOf(bytes: Buffer | undefined): string {
  if (bytes === undefined) return '';
  const text = bytes.toString('utf8');
  if (text.includes('\uFFFD') && !isUtf8(bytes)) {
    throw new TachoError('invalid_body', 'unable to parse the body: it is not UTF-8');
  }
  return text;
}
