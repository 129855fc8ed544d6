/** What was said about a session as rows of the log, and back again. */
import { createHash } from 'node:crypto';
import {
  type JsonObject,
  parseJson,
  type SeriesKey,
  type SessionStatus,
  seriesKeyText,
  stringifyJson,
} from '@tacho/protocol';
import type { Said, StartFacts } from '../fold.ts';
import type { SampleDetail, SessionStart } from '../store.ts';
import type { LogRow } from './log-row.ts';

/** What a row says, apart from whose it is and where it stands. */
export type Content = Pick<LogRow, 'kind' | 'atUs' | 'value' | 'body'>;

/** A start as a row. */
export function startContent({ atUs, state, ...start }: StartFacts): Content {
  const { machineId, hostname, bootId, agentId } = start;
  const body = { machineId, hostname, bootId, agentId, state };
  return { kind: 'start', atUs, value: 0, body: stringifyJson(known(body)) };
}

/** The start that a row tells of. */
export function startOf({ product, version, atUs, body }: LogRow): StartFacts {
  return { product, version, atUs, ...(parseJson(body) as Partial<SessionStart>) };
}

/**
 * Something said as a row; `keys` are the series that its samples are the first of, by number, and
 * `spanUs` their first and last instant, where that is not about when they were received.
 */
export function contentOf(
  said: Said,
  receivedUs: number,
  keys: [number, string][] = [],
  spanUs?: [number, number],
): Content {
  const at = said.kind === 'status' ? receivedUs : said.atUs;
  const plain = (body: string, value = 0): Content => {
    return { kind: kindOf(said), atUs: at, value, body };
  };
  switch (said.kind) {
    case 'patch':
      return plain(stringifyJson(said.patch));
    case 'event':
      return plain(stringifyJson(said.event as unknown as JsonObject));
    case 'sampled': {
      const { skewUs } = said;
      const isPlain = keys.length === 0 && skewUs === undefined && spanUs === undefined;
      return plain(isPlain ? '' : json({ skewUs, spanUs, keys }), said.count);
    }
    case 'heartbeat':
      return plain('');
    case 'end':
      return plain(json({ cause: said.cause }));
    case 'crash':
      return plain(json({ reason: said.reason, cause: said.cause }));
    case 'status':
      return plain(
        json({ status: said.status, clockSkewUs: said.clockSkewUs, updatedUs: said.updatedUs }),
      );
  }
}

/** What a row says about a session that exists; undefined for rows that say nothing to it. */
export function saidOf({ kind, atUs, value, body }: LogRow): Said | undefined {
  const parts = (): JsonObject => parseJson(body) as JsonObject;
  switch (kind) {
    case 'patch':
      return { kind, atUs, patch: parts() };
    case 'event':
      return { kind, atUs, event: parts() as never };
    case 'sampled': {
      const skewUs = body === '' ? undefined : (parts().skewUs as number | undefined);
      return { kind, atUs, count: value, ...(skewUs !== undefined && { skewUs }) };
    }
    case 'heartbeat':
      return { kind, atUs };
    case 'witness':
      return { kind: 'heartbeat', atUs, witness: true };
    case 'end':
    case 'crash':
      return { kind, atUs, ...parts() } as Said;
    case 'status': {
      return { kind, ...(parts() as unknown as StatusParts) };
    }
    default:
      return undefined;
  }
}

interface StatusParts {
  status: SessionStatus;
  clockSkewUs?: number;
  updatedUs?: number;
}

/** Series that a row of samples is the first of, by number. */
export function keysOf({ kind, body }: LogRow): [number, string][] {
  if (kind !== 'sampled' || body === '') return [];
  return ((parseJson(body) as JsonObject).keys ?? []) as [number, string][];
}

/** The detail of a sample as text; empty for none. */
export function detailText(detail: SampleDetail | undefined): string {
  if (detail?.count === undefined && detail?.metadata === undefined) return '';
  return json({ count: detail.count, metadata: detail.metadata });
}

/** Inverse of `detailText`. */
export function detailOf(body: string): SampleDetail | undefined {
  return body === '' ? undefined : (parseJson(body) as SampleDetail);
}

/** Hash of a series: what its samples are sorted by; never 0. */
export function seriesHash(key: SeriesKey): bigint {
  return createHash('sha256').update(seriesKeyText(key)).digest().readBigUInt64LE() | 1n;
}

/** A key as text, its tags in the order first sent. */
export function keyText({ name, type, unit, tags }: SeriesKey): string {
  return JSON.stringify({ name, type, unit, tags });
}

/** Inverse of `keyText`. */
export function keyOfText(text: string): SeriesKey {
  return JSON.parse(text) as SeriesKey;
}

function kindOf(said: Said): Content['kind'] {
  return said.kind === 'heartbeat' && said.witness ? 'witness' : said.kind;
}

function json(parts: Record<string, unknown>): string {
  return stringifyJson(known(parts));
}

function known(parts: Record<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as JsonObject;
}
