/** The path prefix of a proxy that passes it on: taken away before anybody looks at the path. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Makes a function that takes the prefix away from a request that has it. It returns true when it
 * answered: the prefix itself is no page, since what a page there names relative to itself would be
 * looked for beside the prefix instead of below it.
 */
export function makeBasePath(basePath: string) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { url = '' } = request;
    if (basePath === '' || !url.startsWith(basePath)) return false;
    const rest = url.slice(basePath.length);
    if (rest.startsWith('/')) {
      request.url = rest;
      return false;
    }
    if (rest !== '' && !rest.startsWith('?')) return false;
    response.writeHead(308, { location: `${basePath}/${rest}`, 'cache-control': 'no-store' });
    response.end();
    request.resume();
    return true;
  };
}
