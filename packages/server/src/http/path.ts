/** Paths of requests: the form that the router sees, and the way from a page to the root. */

/** The path without query, doubled slashes and slash at the end, as the router sees it. */
export function plainPath(url: string): string {
  const path = url.split(/[?#]/, 1)[0] as string;
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

/**
 * From a page to the root, as a relative reference. A proxy may put any prefix before the path and
 * take it away again, so nobody here knows what the absolute one would be.
 */
export function rootFrom(path: string): string {
  // `GET *` is a request, too: its path has no slash at all.
  return '../'.repeat(Math.max(0, path.split('/').length - 2)) || './';
}

/**
 * Where a page is when it was asked for by another form of its path; undefined when it is there.
 * Relative references start at the last slash, so a page must have one address.
 */
export function plainLocation(url: string): string | undefined {
  const at = url.search(/[?#]|$/);
  const path = url.slice(0, at);
  const plain = plainPath(path);
  return path === plain ? undefined : `${rootFrom(path)}${plain.slice(1)}${url.slice(at)}`;
}
