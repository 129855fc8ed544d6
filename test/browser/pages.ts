/** The pages of the dashboard, as a visitor who looks at all of them goes through them. */

/** A page. */
export interface PageOf {
  name: string;
  /** Path from the root, with the slash. */
  path: string;
  /** What `data-ready` of the body says once its data is drawn. */
  ready: string;
}

/** All pages; those that show sessions show these. */
export function allPages(sessionIds: readonly [string, ...string[]]): PageOf[] {
  const ids = sessionIds.map((id) => `id=${id}`).join('&');
  return [
    { name: 'overview', path: '/', ready: 'overview' },
    { name: 'sessions', path: '/sessions', ready: 'sessions' },
    { name: 'session', path: `/sessions/${sessionIds[0]}`, ready: 'session' },
    { name: 'explore', path: '/explore', ready: 'explore' },
    { name: 'compare', path: `/compare?${ids}`, ready: 'compare' },
    { name: 'versions', path: '/versions', ready: 'versions' },
    { name: 'settings', path: '/settings', ready: 'settings' },
  ];
}
