/** `POST /api/v1/write`: Prometheus remote write 1.0. */
import { routes, TachoError } from '@tacho/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { countOf } from '../../doors/door.ts';
import { type RefusedSamples, readSeries } from '../../doors/remote-write/series.ts';
import { Targets } from '../../doors/remote-write/targets.ts';
import { readWriteRequest } from '../../doors/remote-write/write-request.ts';
import { bodyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';

/** Refused things that an answer shows. */
const shownMax = 5;

/** Adds the route. Senders drop what is answered with 4xx and repeat what is answered with 5xx. */
export function addRemoteWriteRoute(app: FastifyInstance, service: Service): void {
  const targets = new Targets();
  app.post(routes.remoteWrite.path, async (request, reply) => {
    await write(service, targets, request);
    return reply.code(204).send();
  });
}

/** Stores the good samples; throws when some were bad, with what became of them. */
async function write(service: Service, targets: Targets, request: FastifyRequest): Promise<void> {
  const door = service.doors.get('prometheus');
  const nowUs = receiptUs(service.clock);
  let said = 0;
  let refused: RefusedSamples[] = [];
  try {
    requireForm(request);
    const read = readSeries(readWriteRequest(bodyOf(request).bytes), targets, nowUs);
    refused = read.refused;
    said = countOf(read.said);
    if (said > 0) await door.record(read.said, nowUs);
  } catch (error) {
    door.refuse(error, Math.max(said, 1));
    throw error;
  } finally {
    for (const { reason, details, count } of refused) door.report.refuse(reason, details, count);
  }
  // Exemplars are extras of samples that were stored, and come with every request or with none.
  const bad = refused.filter(({ reason }) => reason !== 'exemplar');
  if (bad.length > 0) throw partial(bad);
}

function partial(bad: readonly RefusedSamples[]): TachoError {
  const count = bad.reduce((sum, one) => sum + one.count, 0);
  const shown = bad.slice(0, shownMax).map(({ details }) => details);
  const more = bad.length > shownMax ? ` and ${bad.length - shownMax} more` : '';
  const details = `${count} samples were dropped, all others are stored: ${shown.join(' ')}${more}`;
  return new TachoError('invalid_field', details);
}

/** The second version of the protocol has another message under the same type. */
function requireForm({ headers }: FastifyRequest): void {
  const type = headers['content-type'] ?? '';
  const isProtobuf = /^application\/x-protobuf\s*(;|$)/i.test(type);
  if (isProtobuf && !/proto=(?!"?prometheus\.WriteRequest)/i.test(type)) return;
  throw new TachoError(
    'unsupported_media_type',
    'The Content-Type names another form; accepted: application/x-protobuf of remote write 1.0, ' +
      'compressed with snappy',
  );
}
