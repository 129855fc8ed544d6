/** Where batches go: an agent beside the program or a server, as one way to post and what the answers mean. */
import type { Receiver } from './backlog.ts';

/** Path of the endpoint for batches, on an agent as on a server. */
export const ingestPath = '/api/ingest';

/** An answer to a batch. */
export interface Reply {
  status: number;
  /** Text of the `Retry-After` header; absent when there was none. */
  retryAfter?: string;
  /** The body. */
  text: string;
}

/** Somebody who takes batches. */
export interface Destination {
  receiver: Receiver;
  /** Posts a batch; rejects when there was no whole answer. */
  post(body: string): Promise<Reply>;
}

/** What became of a batch. */
export type Outcome =
  | { kind: 'taken'; rejected: Rejected[]; agentId: string | undefined }
  /** Try again, not before this time when it is told. */
  | { kind: 'later'; waitMs?: number; isForbidden?: boolean }
  /** It will never be taken. */
  | { kind: 'refused'; reason: string };

/** An entry of a batch that was not taken. */
interface Rejected {
  index: number;
  code: string;
  details: string;
}

/** Reads an answer. */
export function outcomeOf({ status, retryAfter, text }: Reply): Outcome {
  if (status === 200) return receiptOf(text) ?? { kind: 'later' };
  if (poisonStatuses.includes(status)) {
    return { kind: 'refused', reason: `status ${status}: ${text.slice(0, 200)}` };
  }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const waitMs = waitOf(retryAfter);
    return waitMs === undefined ? { kind: 'later' } : { kind: 'later', waitMs };
  }
  // Not about the batch: a token, a path, a detour. Whoever runs the server can set it right, and
  // what was recorded until then is wanted.
  return { kind: 'later', isForbidden: true };
}

/** Statuses that are about the batch itself. */
const poisonStatuses = [400, 413, 415, 422];

/** A receipt; undefined for a body that is none, as that of a proxy's page. */
function receiptOf(text: string): Outcome | undefined {
  try {
    const reply = JSON.parse(text) as Record<string, unknown> | null;
    if (reply?.success !== true || typeof reply.accepted !== 'number') return undefined;
    return {
      kind: 'taken',
      rejected: Array.isArray(reply.rejected) ? reply.rejected.map(rejectedOf) : [],
      agentId: typeof reply.agentId === 'string' ? reply.agentId : undefined,
    };
  } catch {
    return undefined;
  }
}

function rejectedOf(item: unknown): Rejected {
  const { index, code, details } = (item ?? {}) as Partial<Rejected>;
  return { index: Number(index), code: String(code), details: String(details).slice(0, 200) };
}

/** Seconds, or a date; undefined when it says nothing. */
function waitOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined || retryAfter.trim() === '') return undefined;
  const seconds = Number(retryAfter);
  if (seconds >= 0) return seconds * 1000;
  const untilMs = Date.parse(retryAfter) - Date.now();
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs);
}
