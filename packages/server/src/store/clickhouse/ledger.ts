/** Which batches were stored already: rows of the log that were inserted together with what they tell of. */
import { createHash } from 'node:crypto';
import { limits, parseJson, TachoError } from '@tacho/protocol';
import type { Appended, Once } from '../store.ts';
import type { Shard } from './connection.ts';
import { uuidList, whole } from './sql.ts';

/** A batch by what makes it count once. */
interface Entry {
  once: Once;
  receivedUs: number;
}

/** A batch of another server that is the same as one of ours. */
export interface Rival {
  once: Once;
  server: bigint;
  batch: number;
  /** Its content is another one; only of keys. */
  isOther: boolean;
  answer: Appended;
}

/** The id under which a spool or a key stands in the log. */
export function ledgerId(once: Once): string {
  const name = once.kind === 'spool' ? `spool ${once.spoolId}` : `key ${once.key}`;
  const hex = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Where a batch stands in its spool; of keys, when it was received. */
export function ledgerPlace({ once, receivedUs }: Entry): number {
  return once.kind === 'spool' ? once.seq : receivedUs;
}

/** What a row of the ledger says beside its place. */
export function ledgerBody(once: Once): string {
  if (once.kind === 'spool') return '';
  return JSON.stringify({ fingerprint: once.fingerprint, reply: once.reply });
}

/** The name of a batch: the same for the same batch. */
export function onceName(once: Once): string {
  return once.kind === 'spool' ? `spool ${once.spoolId} ${once.seq}` : `key ${once.key}`;
}

/**
 * The answers to batches that were stored before, by name; for a key that was used for another
 * request, the error. Batches further behind than the window of their spool count as stored.
 */
export async function storedBefore(
  shard: Shard,
  batches: readonly Entry[],
): Promise<Map<string, Appended | TachoError>> {
  const found = new Map<string, Appended | TachoError>();
  const spools = batches.filter(({ once }) => once.kind === 'spool');
  const keys = batches.filter(({ once }) => once.kind === 'key');
  const [spoolRows, keyRows] = await Promise.all([spoolsOf(shard, spools), keysOf(shard, keys)]);
  for (const entry of spools) {
    const row = spoolRows.get(ledgerId(entry.once));
    if (row === undefined) continue;
    const seq = ledgerPlace(entry);
    const isStored = row.seen.includes(seq) || seq < row.last - limits.spoolWindow;
    if (isStored) found.set(onceName(entry.once), { kind: 'duplicate' });
  }
  for (const { once, receivedUs } of keys) {
    const row = keyRows.get(ledgerId(once));
    if (row === undefined || receivedUs - row.last > limits.idempotencyTtlMs * 1000) continue;
    found.set(onceName(once), keyAnswer(once, row.text));
  }
  return found;
}

/** Rows of the ledger for these batches that are not ours. */
export async function rivalsOf(
  shard: Shard,
  batches: readonly (Entry & { batch: number })[],
  server: bigint,
): Promise<Rival[]> {
  if (batches.length === 0) return [];
  const places = batches.map((entry) => whole(ledgerPlace(entry))).join(', ');
  const ids = uuidList(new Set(batches.map(({ once }) => ledgerId(once))));
  const rows = await shard.rows<LedgerRow>(
    `SELECT session, at_us, received_us, toString(server) AS by, batch, body FROM entry
     WHERE session IN ${ids} AND series = 0 AND server != ${server}
       AND (at_us IN (${places}) OR body != '')`,
  );
  const rivals: Rival[] = [];
  for (const entry of batches) {
    const { once } = entry;
    const id = ledgerId(once);
    for (const row of rows) {
      if (row.session !== id || !isSame(entry, row)) continue;
      const answer =
        once.kind === 'key' ? keyAnswer(once, row.body) : { kind: 'duplicate' as const };
      const isOther = answer instanceof TachoError;
      rivals.push({
        ...{ once, server: BigInt(row.by), batch: row.batch, isOther },
        answer: isOther ? { kind: 'duplicate' } : answer,
      });
    }
  }
  return rivals;
}

interface LedgerRow {
  session: string;
  at_us: number;
  received_us: number;
  by: string;
  batch: number;
  body: string;
}

function isSame(entry: Entry, row: LedgerRow): boolean {
  if (entry.once.kind === 'spool') return row.at_us === entry.once.seq;
  return Math.abs(entry.receivedUs - row.received_us) <= limits.idempotencyTtlMs * 1000;
}

async function spoolsOf(shard: Shard, batches: readonly Entry[]) {
  if (batches.length === 0) return new Map<string, { last: number; seen: number[] }>();
  const ids = uuidList(new Set(batches.map(({ once }) => ledgerId(once))));
  const places = batches.map((entry) => whole(ledgerPlace(entry))).join(', ');
  const rows = await shard.rows<{ session: string; last: number; seen: number[] }>(
    `SELECT session, max(at_us) AS last, groupUniqArrayIf(at_us, at_us IN (${places})) AS seen
     FROM entry WHERE session IN ${ids} AND series = 0 AND kind = 'batch' GROUP BY session`,
  );
  return new Map(rows.map((row) => [row.session, row]));
}

async function keysOf(shard: Shard, batches: readonly Entry[]) {
  if (batches.length === 0) return new Map<string, { last: number; text: string }>();
  const ids = uuidList(new Set(batches.map(({ once }) => ledgerId(once))));
  const rows = await shard.rows<{ session: string; last: number; text: string }>(
    `SELECT session, max(received_us) AS last, argMax(body, (received_us, turn)) AS text
     FROM entry WHERE session IN ${ids} AND series = 0 AND kind = 'batch' GROUP BY session`,
  );
  return new Map(rows.map((row) => [row.session, row]));
}

function keyAnswer(once: Once, body: string): Appended | TachoError {
  const { fingerprint, reply } = parseJson(body) as { fingerprint: string; reply: string };
  if (once.kind === 'key' && fingerprint !== once.fingerprint) {
    return new TachoError(
      'idempotency_conflict',
      'Idempotency-Key was used for another request before; use a new key for a new request',
    );
  }
  return { kind: 'duplicate', reply };
}
