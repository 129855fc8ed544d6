/** The dashboard as it is built and served: everything that its page names is there, and nothing else is needed. */
import { afterAll, expect, it } from 'vitest';
import { closeConnections, get } from './http.ts';
import { startServer } from './server.ts';

afterAll(closeConnections);

it('is served by the built server, whole, at every depth and under the prefix of a proxy', async () => {
  const server = await startServer({ args: ['--base-path', '/tacho'] });
  try {
    for (const path of ['/', '/sessions/550e8400', '/tacho/', '/tacho/sessions/550e8400']) {
      const page = new URL(path, server.url);
      const { status, text, headers } = await get(page.href);
      expect([path, status, headers['content-type']]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ]);
      const [base] = namesIn(text, /<base href="([^"]+)"/g);
      const root = new URL(base as string, page);
      expect(root.pathname).toBe(path.startsWith('/tacho') ? '/tacho/' : '/');
      const names = namesIn(text, /<(?:script|link)\b[^>]*(?:src|href)="([^"]+)"/g);
      expect(names.length).toBeGreaterThanOrEqual(3);
      for (const name of names) {
        const url = new URL(name, root);
        expect(url.origin).toBe(page.origin);
        expect([url.pathname, (await get(url.href)).status]).toEqual([url.pathname, 200]);
      }
      // The policy of the page forbids both.
      expect(text).not.toMatch(/<style|<script(?![^>]* src=)| style="| on\w+="/);
    }
  } finally {
    await server.kill();
  }
});

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name as string);
}
