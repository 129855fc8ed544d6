/** Questions to the server: addresses and types come from the protocol, so that neither can be wrong. */

import { signal } from '@preact/signals';
import type { ReplyOf, routes } from '@tacho/protocol';
import { type Query, root } from './address.ts';

/** Where each question is asked; checked against the protocol's table of endpoints. */
const paths = {
  health: '/health',
  listSessions: '/api/sessions',
  sessionFacets: '/api/sessions/facets',
  countSessions: '/api/sessions/counts',
  getSession: '/api/sessions/{id}',
  sessionSummary: '/api/sessions/{id}/summary',
  listEvents: '/api/sessions/{id}/events',
  countEvents: '/api/sessions/{id}/events/counts',
  getState: '/api/sessions/{id}/state',
  listStateHistory: '/api/sessions/{id}/state/history',
  diffState: '/api/sessions/{id}/state/diff',
  getTimeline: '/api/sessions/{id}/timeline',
  sessionMetrics: '/api/sessions/{id}/metrics',
  sessionSeries: '/api/sessions/{id}/series',
  sessionSamples: '/api/sessions/{id}/samples',
  listMovers: '/api/sessions/{id}/movers',
  listMoments: '/api/sessions/{id}/moments',
  searchEvents: '/api/events',
  listExceptions: '/api/exceptions',
  getException: '/api/exceptions/{group}',
  listMetrics: '/api/metrics',
  listReleases: '/api/releases',
  compareReleases: '/api/releases/compare',
  aggregate: '/api/aggregate',
  storage: '/api/storage',
  listTokens: '/api/tokens',
  listWebhooks: '/api/webhooks',
  listDeliveries: '/api/webhooks/{webhook_id}/deliveries',
} as const satisfies { [N in keyof typeof routes]?: (typeof routes)[N]['path'] };

/** A question by its name in the protocol's table of endpoints. */
export type Question = keyof typeof paths;

/** What a question is answered with. */
export type Answer<N extends Question> = ReplyOf<(typeof routes)[N]>;

/** What a question is about. */
export interface Asked {
  /** Id of the session, for questions about one; or the name in braces of the path. */
  id?: string;
  query?: Query;
  signal?: AbortSignal;
}

/** An answer that is none, in words for people. */
export class ApiError extends Error {
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number;
  /** Code of the protocol's table of errors; empty when there was no answer. */
  readonly code: string;

  constructor(message: string, status: number, code = '') {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What a question was rejected with, whatever it was, as an answer that is none. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof Error ? error.message : String(error), 0);
}

/** Whether the server wants to know who asks: the page shows the way in. */
export const isLockedOut = signal(false);

/** Asks. Rejects with an ApiError, or with an AbortError when `signal` was aborted. */
export async function ask<N extends Question>(name: N, asked: Asked = {}): Promise<Answer<N>> {
  const path = paths[name].replace(/\{\w+\}/, encodeURIComponent(asked.id ?? ''));
  return (await request('GET', path, asked)) as Answer<N>;
}

/** Sends what changes something; `path` begins with `/api/`. Rejects as `ask` does. */
export function send(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
  return request(method, path, { body });
}

/** The address of an endpoint, with the prefix of a proxy: for links, downloads and streams. */
export function apiUrl(path: string, query: Query = {}): string {
  const url = new URL(path.replace(/^\//, ''), root);
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') {
        url.searchParams.append(name, String(each));
      }
    }
  }
  return url.href;
}

async function request(
  method: string,
  path: string,
  { query = {}, signal: aborted, body }: Asked & { body?: unknown },
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      ...(aborted && { signal: aborted }),
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError('The server cannot be reached', 0);
  }
  const text = await response.text();
  const answer = parse(text);
  // A server that takes no writes says so with a status of its own, and still says how it is.
  const isAnswer = response.ok || (path === '/health' && response.status === 503);
  if (isAnswer && answer !== undefined) return answer;
  const { error, details, code } = (answer ?? {}) as Record<string, string | undefined>;
  if (response.status === 401) isLockedOut.value = true;
  const message = details ?? error ?? `The server answered with status ${response.status}`;
  throw new ApiError(message, response.status, code);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
