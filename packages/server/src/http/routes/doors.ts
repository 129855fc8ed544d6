/** `GET /api/doors`: what came in foreign dialects, and what was refused of it and why. */
import { formatTime, type ReplyOf, routes } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { jsonReply, send } from '../reply.ts';
import type { Service } from '../service.ts';

/** Adds the route. */
export function addDoorsRoute(app: FastifyInstance, { doors }: Service): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: routes.doors.path,
    handler: async (_request, reply) => {
      const list = doors.all().map(({ name, openSessions, report }) => ({
        name,
        sessions: openSessions,
        stored: report.stored,
        overflowed: report.overflowed,
        refused: report.refused.map(({ reason, count, lastDetails, lastUs }) => ({
          ...{ reason, count, last_details: lastDetails, last_at: formatTime(lastUs) },
        })),
      }));
      return send(reply, jsonReply({ doors: list } satisfies ReplyOf<typeof routes.doors>));
    },
  });
}
