/** Compares two stores: every session and token of the source must be in the target, and the same. */
import { isDeepStrictEqual } from 'node:util';
import type { Store, TokenRow } from '../../store/store.ts';
import { type CheckedPart, checkedParts, checksumsOf } from './checksum.ts';
import { inOrder } from './in-order.ts';

/** A session that is not the same. */
export interface Difference {
  session: string;
  /** `missing` when the target does not have it, else the parts that differ. */
  parts: ('missing' | CheckedPart)[];
  /** How many things each differing part holds in both. */
  counts: { part: CheckedPart; source: number; target: number }[];
}

/** What a comparison found. */
export interface Verified {
  sessions: number;
  tokens: number;
  differences: Difference[];
  /** Ids of tokens that are missing or not the same. */
  tokenDifferences: string[];
}

/** Sessions that are read at the same time. */
const compareWidth = 4;

/** Reads both stores from end to end. Sessions of the target that the source does not have are passed over. */
export async function verifyStore(
  source: Store,
  target: Store,
  onProgress?: (sessions: number) => void,
): Promise<Verified> {
  const verified: Verified = { sessions: 0, tokens: 0, differences: [], tokenDifferences: [] };
  const compared = inOrder(source.ids(), compareWidth, (id) => compare(source, target, id));
  for await (const difference of compared) {
    if (difference !== undefined) verified.differences.push(difference);
    verified.sessions += 1;
    onProgress?.(verified.sessions);
  }
  const there = new Map((await target.tokens()).map((token) => [token.id, plainToken(token)]));
  for (const token of await source.tokens()) {
    const isSame = isDeepStrictEqual(there.get(token.id), plainToken(token));
    if (!isSame) verified.tokenDifferences.push(token.id);
    verified.tokens += 1;
  }
  return verified;
}

async function compare(
  source: Store,
  target: Store,
  session: string,
): Promise<Difference | undefined> {
  const [own, other] = await Promise.all([
    checksumsOf(source, session),
    checksumsOf(target, session),
  ]);
  if (own === undefined) return undefined;
  if (other === undefined) return { session, parts: ['missing'], counts: [] };
  const parts = checkedParts.filter((part) => !isDeepStrictEqual(own[part], other[part]));
  if (parts.length === 0) return undefined;
  const counts = parts.map((part) => {
    return { part, source: own[part].count, target: other[part].count };
  });
  return { session, parts, counts };
}

/** A token without its last use, which moves on. */
function plainToken({ usedUs: _used, ...token }: TokenRow): Omit<TokenRow, 'usedUs'> {
  return token;
}
