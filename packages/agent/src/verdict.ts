/** What the answer of a server means for the batch that was sent. */
import { isJsonObject, type JsonObject, parseJson } from '@tacho/protocol';
import type { Incoming } from './send.ts';

/** An entry that the server did not take. */
export interface RefusedEntry {
  /** Position in the batch. */
  index: number;
  code: string;
  details: string;
}

/** What is to become of a batch. */
export type Verdict =
  /** The server has it. */
  | { kind: 'arrived'; refused: RefusedEntry[] }
  /** Later it may be taken; `slow`: only after somebody changed something. */
  | { kind: 'later'; reason: string; afterMs?: number; slow: boolean }
  /** It will never be taken. */
  | { kind: 'never'; reason: string };

/** Judges an answer. Nothing but a receipt proves that a batch has arrived. */
export function verdictOf({ status, text, retryAfterMs }: Incoming): Verdict {
  const reply = readReply(text);
  if (status === 200) {
    if (isReceipt(reply)) return { kind: 'arrived', refused: refusedOf(reply) };
    return { kind: 'later', reason: 'the answer is no receipt of a Tacho server', slow: false };
  }
  const reason = `status ${status}${sayingOf(reply)}`;
  if (isTemporary(status)) {
    const later = { kind: 'later' as const, reason, slow: false };
    return retryAfterMs === undefined ? later : { ...later, afterMs: retryAfterMs };
  }
  if (status >= 400 && status < 500 && isAboutBatch(status, reply)) {
    return { kind: 'never', reason };
  }
  return { kind: 'later', reason, slow: true };
}

function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/**
 * Whether the batch is at fault. A proxy or a wrong URL answers 404 or 405 to everything, a token that
 * is missing can be supplied: then everything is kept.
 */
function isAboutBatch(status: number, reply: JsonObject | undefined): boolean {
  if (status === 401 || status === 403) return false;
  const known = typeof reply?.code === 'string';
  return known || status === 400 || status === 413 || status === 415 || status === 422;
}

function isReceipt(reply: JsonObject | undefined): reply is JsonObject {
  return reply?.success === true && Number.isSafeInteger(reply.accepted);
}

function refusedOf({ rejected }: JsonObject): RefusedEntry[] {
  if (!Array.isArray(rejected)) return [];
  return rejected.flatMap((item) => {
    if (!isJsonObject(item) || typeof item.index !== 'number') return [];
    return { index: item.index, code: String(item.code), details: String(item.details) };
  });
}

function sayingOf(reply: JsonObject | undefined): string {
  const said = reply?.details ?? reply?.error;
  return typeof said === 'string' ? `: ${said}` : '';
}

function readReply(text: string): JsonObject | undefined {
  try {
    const reply = parseJson(text);
    return isJsonObject(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}
