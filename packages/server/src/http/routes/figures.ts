/** `GET /metrics`: the server's own figures, for Prometheus. */
import { routes } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { Figures, figuresType } from '../../figures.ts';
import type { Service } from '../service.ts';

/** Adds the route. */
export function addFiguresRoute(app: FastifyInstance, service: Service): void {
  const { store, counters, clock, recorder, live, doors } = service;
  const figures = new Figures({
    store,
    counters,
    clock,
    commits: recorder.commits,
    doors,
    liveReaders: () => live.readers,
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: routes.figures.path,
    handler: async (_request, reply) => {
      const text = await figures.text();
      return reply.header('content-type', figuresType).send(text);
    },
  });
}
