/** `GET /api/live` and `…/sessions/:id/live`: what becomes durable, as server-sent events. */
import { routes } from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LiveFilter } from '../../live/reader.ts';
import { paramsOf, wholeId } from '../question.ts';
import type { Service } from '../service.ts';

/** Adds the routes. */
export function addLiveRoutes(app: FastifyInstance, service: Service): void {
  const { live, clock } = service;
  app.addHook('preClose', (done) => {
    live.close();
    done();
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: routes.live.path,
    handler: async (request, reply) => {
      const { lastEventId, ...filter } = paramsOf(request, routes.live.query, clock());
      const session = filter.session.map((id) => id.toLowerCase());
      return stream(service, request, reply, { ...filter, session }, lastEventId);
    },
  });
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'HEAD'],
    url: routes.sessionLive.path.replace('{id}', ':id'),
    handler: async (request, reply) => {
      const { lastEventId, ...params } = paramsOf(request, routes.sessionLive.query, clock());
      const session = [await wholeId(service, request.params.id)];
      const filter = { ...params, session, product: [], version: [] };
      return stream(service, request, reply, filter, lastEventId);
    },
  });
}

/** The head of the answer is sent by ourselves: Fastify would wait for an end. */
function stream(
  { live, access, counters }: Service,
  request: FastifyRequest,
  reply: FastifyReply,
  filter: LiveFilter,
  lastEventId: string | undefined,
): FastifyReply {
  live.checkRoom();
  const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream' };
  reply.hijack();
  counters.requestsSucceeded++;
  const { raw } = reply;
  // Proxies that buffer would hold back what is meant for now.
  raw.writeHead(200, { ...headers, 'x-accel-buffering': 'no' } as Record<string, string>);
  if (request.method === 'HEAD') {
    raw.end();
    return reply;
  }
  raw.write('retry: 2000\n\n');
  const given = request.headers['last-event-id'];
  const mark = given === undefined ? lastEventId : String(given);
  live.join(raw, filter, mark, () => access.refusal(request.raw, 'read') === undefined);
  return reply;
}
