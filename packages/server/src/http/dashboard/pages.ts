/** The pages of the dashboard: where they are, and what they may do. */

/** Paths of the pages as Fastify writes them; all are the same document, which looks at its address. */
export const pagePaths = [
  '/',
  '/sessions',
  '/sessions/:id',
  '/explore',
  '/compare',
  '/versions',
  '/settings',
] as const;

/** Path of the files that pages load. */
export const assetPath = '/assets/:name';

/** Everything that the dashboard answers, for whom nobody needs a token: there is no data in it. */
export const dashboardPaths: readonly string[] = [...pagePaths, assetPath, '/icon.svg'];

/** A page loads its own files and talks to its own server; whatever found its way into it can do nothing else. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Whether a path, in the form without doubled slashes and slash at the end, is the dashboard's. */
export function isDashboardPath(path: string): boolean {
  return dashboardPaths.some((pattern) => {
    const [start = '', name] = pattern.split(':');
    if (name === undefined) return path === pattern;
    return path.startsWith(start) && /^[^/]+$/.test(path.slice(start.length));
  });
}
