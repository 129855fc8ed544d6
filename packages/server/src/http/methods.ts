/** Which methods a path has, so that a wrong method is told apart from a wrong path. */
import { TachoError } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';

/** Learns the routes of an app as they are added. */
export class AllowedMethods {
  readonly #routes: { path: RegExp; methods: Set<string> }[] = [];

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const pattern = url
        .split('/')
        .map((part) => (part.startsWith(':') ? '[^/]+' : literal(part)));
      const path = new RegExp(`^${pattern.join('/')}$`);
      this.#routes.push({ path, methods: new Set([method].flat()) });
    });
  }

  /** The error for a request that no route takes: 405 with the methods of the path, or 404. */
  refusal(method: string, url: string): TachoError {
    const path = plainPath(url);
    const methods = this.of(path);
    if (methods.length === 0) {
      const shown = JSON.stringify(path.slice(0, 200));
      return new TachoError('not_found', `There is nothing at ${shown}`);
    }
    return new TachoError(
      'method_not_allowed',
      `${path} does not take ${method}; accepted: ${methods.join(', ')}`,
      { extra: { allow: methods } },
    );
  }

  /** The methods of a path, none when there is no such path. */
  of(path: string): string[] {
    const methods = this.#routes
      .filter((route) => route.path.test(path))
      .flatMap((route) => [...route.methods]);
    return [...new Set(methods)].sort();
  }
}

/** The path without query, doubled slashes and slash at the end, as the router sees it. */
export function plainPath(url: string): string {
  const path = url.split(/[?#;]/, 1)[0] as string;
  const plain = path.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  return plain === '' ? '/' : plain;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
