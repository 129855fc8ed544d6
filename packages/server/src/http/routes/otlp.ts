/** `POST /v1/metrics` and `/v1/logs`: OTLP over HTTP, answered in the encoding of the request. */
import { routes, TachoError } from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Door } from '../../doors/door.ts';
import { decodeJson } from '../../doors/otlp/json.ts';
import { type Decoded, requests, type Signal } from '../../doors/otlp/messages.ts';
import { type Outcome, recordOtlp } from '../../doors/otlp/otlp.ts';
import { decodeProtobuf, encodeProtobuf, wrapProtobuf } from '../../doors/otlp/protobuf.ts';
import { parseBody } from '../body.ts';
import { reportError } from '../errors.ts';
import { mediaTypeOf } from '../media-type.ts';
import { errorReply, jsonReply, type Reply, send } from '../reply.ts';
import { bodyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';
import type { Body } from '../write.ts';

/** Adds the routes. */
export function addOtlpRoutes(app: FastifyInstance, service: Service): void {
  const errorHandler = makeErrorHandler(service);
  for (const [signal, { path }] of Object.entries(paths)) {
    app.route({
      method: 'POST',
      url: path,
      errorHandler,
      handler: async (request, reply) => {
        const outcome = await record(service, signal as Signal, bodyOf(request));
        return sendAs(request, reply, outcomeReply(signal as Signal, outcome));
      },
    });
  }
}

const paths = {
  metrics: routes.otlpMetrics,
  logs: routes.otlpLogs,
} as const satisfies Record<Signal, unknown>;

/** An answer in both encodings. */
interface BothReply extends Reply {
  protobuf: Uint8Array;
}

async function record({ doors, clock }: Service, signal: Signal, body: Body): Promise<Outcome> {
  const door = doors.get('otlp');
  const message = decoded(door, signal, body);
  const bytes = body.bytes ?? Buffer.alloc(0);
  return await recordOtlp(door, { signal, message, bytes }, receiptUs(clock));
}

/** What cannot be read holds nobody knows how many points; it is counted as one thing. */
function decoded({ report }: Door, signal: Signal, body: Body): Decoded {
  try {
    return decode(signal, body);
  } catch (error) {
    if (error instanceof TachoError) report.refuse(error.code, error.details);
    throw error;
  }
}

function decode(signal: Signal, { bytes, mediaType }: Body): Decoded {
  if (mediaType === 'protobuf') return decodeProtobuf(requests[signal], bytes ?? Buffer.alloc(0));
  if (mediaType === 'json') return decodeJson(requests[signal], parseBody(bytes));
  const found = mediaType === 'none' ? 'is missing' : 'names another form';
  throw new TachoError(
    'unsupported_media_type',
    `The Content-Type ${found}; accepted: application/x-protobuf, or application/json in UTF-8`,
  );
}

/** Without anything to tell, the message is empty. */
function outcomeReply(signal: Signal, { rejected, errorMessage }: Outcome): BothReply {
  if (rejected === 0) return { ...jsonReply({}), protobuf: new Uint8Array() };
  const field = signal === 'metrics' ? 'rejectedDataPoints' : 'rejectedLogRecords';
  return {
    ...jsonReply({ partialSuccess: { [field]: String(rejected), errorMessage } }),
    protobuf: wrapProtobuf(1, encodeProtobuf({ 1: rejected, 2: errorMessage })),
  };
}

/** Errors as a `google.rpc.Status`, whoever found them. */
function makeErrorHandler(service: Service) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = reportError(service, error, request);
    const { headers = {} } = errorReply(known);
    // Exporters send again after 429 and 503, and never after 507.
    const status = known.status === 507 ? 503 : known.status;
    const code = statusCodes[status] ?? (status < 500 ? invalidArgument : internal);
    return sendAs(request, reply, {
      ...jsonReply({ code, message: known.details }, status),
      headers,
      protobuf: encodeProtobuf({ 1: code, 2: known.details }),
    });
  };
}

const invalidArgument = 3;
const internal = 13;

/** Codes of gRPC (google.rpc.Code) by HTTP status. */
const statusCodes: Readonly<Record<number, number>> = {
  401: 16,
  403: 7,
  408: 4,
  429: 8,
  503: 14,
};

function sendAs(request: FastifyRequest, reply: FastifyReply, both: BothReply): FastifyReply {
  if (mediaTypeOf(request.headers['content-type']) !== 'protobuf') return send(reply, both);
  const { status, headers, protobuf } = both;
  if (headers !== undefined) reply.headers(headers);
  return reply
    .code(status)
    .header('content-type', 'application/x-protobuf')
    .send(Buffer.from(protobuf));
}
