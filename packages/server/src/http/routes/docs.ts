/** Routes of the description of the API: what this server can be asked, for programs and for people. */
import {
  type OpenapiDocument,
  openapiDocument,
  type Params,
  type Route,
  routes,
} from '@tacho/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { version } from '../../version.ts';
import { asset } from '../docs/assets.ts';
import { docsPage } from '../docs/page.ts';
import { plainLocation } from '../path.ts';
import { addQuestion, paramsOf } from '../question.ts';
import type { Service } from '../service.ts';

/**
 * The page loads its own style and script and talks to its own server; whatever found its way into it
 * could do nothing else.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds the routes. */
export function addDocsRoutes(app: FastifyInstance, service: Service): void {
  let made: OpenapiDocument | undefined;
  const document = (): OpenapiDocument => {
    made ??= openapiDocument(version);
    return made;
  };
  addQuestion(app, service, routes.openapi, () => JSON.parse(JSON.stringify(document())));
  addFile(app, service, routes.docs, ({ theme }, reply) => {
    reply.header('content-security-policy', contentSecurityPolicy);
    reply.header('referrer-policy', 'no-referrer');
    return docsPage(document(), theme);
  });
  addFile(app, service, routes.docsStyle, () => asset('docs.css'));
  addFile(app, service, routes.docsScript, () => asset('docs.js'));
}

/** Adds an endpoint that answers with a text of its own media type. */
function addFile<P extends Params>(
  app: FastifyInstance,
  service: Service,
  route: Route & { readonly query?: P },
  content: (params: ReturnType<typeof paramsOf<P>>, reply: FastifyReply) => string | Buffer,
): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: route.path,
    handler: (request, reply) => {
      const location = plainLocation(request.url);
      if (location !== undefined) return reply.redirect(location, 308);
      const params = paramsOf(request, route.query, service.clock());
      const body = content(params, reply);
      return reply.header('content-type', `${route.reply.type}; charset=utf-8`).send(body);
    },
  });
}
