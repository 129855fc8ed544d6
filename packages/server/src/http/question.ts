/** Questions: endpoints that read parameters, look something up and answer with JSON. */
import {
  type JsonValue,
  type Params,
  type ParamsOf,
  type Route,
  readParams,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { foundSession } from '../record/session.ts';
import { send, sendStream } from './reply.ts';
import type { Service } from './service.ts';

/** What a question is about. */
export interface Question<P extends Params> {
  params: ParamsOf<P>;
  /** The whole id of the session that the path names; '' when it names none. */
  id: string;
  /** Other names in the path by name, decoded. */
  path: Readonly<Record<string, string>>;
  /** The server's clock at the question. */
  nowUs: number;
  request: FastifyRequest;
}

type Answer = JsonValue | JsonText;

/** JSON that is written already, because writing it piece by piece pays. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Answers smaller than this are not worth compressing. */
const compressFromBytes = 1_024;

/**
 * Adds an endpoint of the table. Parameters are checked before the session is looked for, so that a
 * bad one is a 400 whether or not the session exists. `answer` gives the body; NaN and the
 * infinities in it must be texts already (see `wireNumber`).
 */
export function addQuestion<P extends Params>(
  app: FastifyInstance,
  service: Service,
  route: Route & { readonly query?: P },
  answer: (question: Question<P>) => Answer | Promise<Answer>,
): void {
  app.route<{ Params: Record<string, string> }>({
    method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const startedMs = performance.now();
      const nowUs = service.clock();
      const params = paramsOf(request, route.query, nowUs);
      const path = request.params;
      const id = path.id === undefined ? '' : await wholeId(service, path.id);
      const value = await answer({ params, id, path, nowUs, request });
      const text = value instanceof JsonText ? value.text : stringifyJson(value);
      const tookMs = performance.now() - startedMs;
      // Shown by the network tools of browsers, and read by our benchmarks.
      reply.header('server-timing', `answer;dur=${tookMs.toFixed(3)}`);
      return sendText(service, request, reply, text, route.reply.status);
    },
  });
}

/** The parameters of a request by a declaration; throws `invalid_field`. */
export function paramsOf<P extends Params>(
  request: FastifyRequest,
  declared: P | undefined,
  nowUs: number,
): ParamsOf<P> {
  const at = request.url.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
  return readParams(declared ?? ({} as P), query, nowUs);
}

/** The whole id for an id or a prefix of one; throws what `foundSession` finds wrong. */
export async function wholeId(service: Service, asked: string): Promise<string> {
  const found = foundSession(await service.store.resolve(asked), asked);
  if (found instanceof TachoError) throw found;
  return found.id;
}

/** A number as JSON has it: NaN and the infinities as texts. */
export function wireNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Sends JSON text, compressed where that pays and the client accepts it. */
export function sendText(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  status: number,
): FastifyReply | Promise<FastifyReply> {
  if (text.length < compressFromBytes) {
    return send(reply, { status, body: Buffer.from(`${text}\n`) });
  }
  reply.code(status);
  return sendStream(request, reply, once(text), service.log);
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
