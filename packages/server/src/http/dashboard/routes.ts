/** Routes of the dashboard: its pages and the files that they load. */
import { TachoError } from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { plainLocation, plainPath, rootFrom } from '../path.ts';
import { addVary, chooseEncoding } from '../reply.ts';
import type { Service } from '../service.ts';
import { builtFolder, type DashboardFile, type DashboardFiles, readDashboard } from './files.ts';
import { assetPath, pagePaths, pagePolicy } from './pages.ts';

/** The name of an asset has a hash of what is in it, so what a name stands for never changes. */
const forEver = 'public, max-age=31536000, immutable';

/** Kept, and asked about each time. */
const askEachTime = 'no-cache';

/** Kept for a day: browsers ask for the icon again whenever the address changes. */
const forADay = 'public, max-age=86400';

/** Adds the routes. */
export function addDashboardRoutes(app: FastifyInstance, service: Service): void {
  const dashboard = makeReader(service.config.dashboardDir ?? builtFolder());
  const method = ['GET', 'HEAD'];
  for (const url of pagePaths) {
    app.route({
      method,
      url,
      handler: async (request, reply) => {
        const { pages } = await dashboard();
        const location = plainLocation(request.url);
        if (location !== undefined) return reply.redirect(location, 308);
        reply.header('content-security-policy', pagePolicy);
        reply.header('referrer-policy', 'no-referrer');
        return sendFile(request, reply, pages.get(rootFrom(plainPath(request.url))), askEachTime);
      },
    });
  }
  app.route<{ Params: { name: string } }>({
    method,
    url: assetPath,
    handler: async (request, reply) => {
      const { files } = await dashboard();
      return sendFile(request, reply, files.get(`assets/${request.params.name}`), forEver);
    },
  });
  app.route({
    method,
    url: '/icon.svg',
    handler: async (request, reply) => {
      const { files } = await dashboard();
      return sendFile(request, reply, files.get('icon.svg'), forADay);
    },
  });
}

/** Reads the folder when somebody first asks; one that is empty is looked at again next time. */
function makeReader(folder: string): () => Promise<DashboardFiles> {
  let reading: Promise<DashboardFiles | undefined> | undefined;
  return async () => {
    reading ??= readDashboard(folder);
    try {
      const found = await reading;
      if (found !== undefined) return found;
    } catch (error) {
      reading = undefined;
      throw error;
    }
    reading = undefined;
    throw new TachoError(
      'not_found',
      'The dashboard is not built; run `npm run build` where the server comes from. The API works without it: see /docs',
    );
  };
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: DashboardFile | undefined,
  cacheControl: string,
): Promise<FastifyReply> {
  if (file === undefined) {
    const path = JSON.stringify(plainPath(request.url).slice(0, 200));
    throw new TachoError('not_found', `There is nothing at ${path}`);
  }
  const encoding = file.encodingFor(chooseEncoding(request.headers['accept-encoding']));
  const tag = file.tag(encoding);
  addVary(reply, 'Accept-Encoding');
  reply.header('cache-control', cacheControl).header('etag', tag);
  if (isKnown(request.headers['if-none-match'], tag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.header('content-type', file.type).send(await file.bytes(encoding));
}

/** Whether If-None-Match names a tag; a proxy that recompresses makes it a weak one. */
function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}
