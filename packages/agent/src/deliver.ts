/** Delivers what waits in the spool, one batch at a time and in order, until the server has it. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  batchText,
  entryText,
  isJsonObject,
  type JsonValue,
  limits,
  parseJson,
  stringifyJson,
} from '@tacho/protocol';
import { Backoff, type Timer } from './backoff.ts';
import type { Incoming, Outgoing } from './send.ts';
import type { SessionRecord } from './session-record.ts';
import type { SetAside } from './set-aside.ts';
import type { DropReason, Due, Spool } from './spool.ts';
import { type RefusedEntry, type Verdict, verdictOf } from './verdict.ts';

/** What a delivery works with. */
export interface DeliveryOptions {
  spool: Spool;
  /** Sends once; rejects when there is no whole answer. */
  send: (outgoing: Outgoing) => Promise<Incoming>;
  /** Whether bodies are sent as gzip; true when absent. */
  compress?: boolean;
  /** The session of this id, for a server that does not know it. */
  session: (id: string) => SessionRecord | undefined;
  setAside: SetAside;
  /** Hears of changes for the better and the worse, in one sentence. */
  log: { info: (text: string) => void; warn: (text: string) => void };
  /** Runs something later; returns how to call it off. The real one when absent. */
  timer?: Timer;
  /** From 0 to 1; `Math.random` when absent. */
  random?: () => number;
}

/** Whether the server takes what it is sent, as far as is known. */
export type Reachability = 'reachable' | 'unreachable' | 'unknown';

/** A delivery runs until it is stopped; it throws nothing, whatever servers answer. */
export class Delivery {
  /** Entries that were accepted and will not arrive, by reason. */
  readonly dropped: Partial<Record<DropReason, number>> = {};
  /** Why nothing arrives at present; undefined when all is well. */
  problem: string | undefined;
  reachability: Reachability = 'unknown';

  readonly #options: DeliveryOptions;
  readonly #backoff: Backoff;
  #isStopped = false;
  #isIdle = false;
  #waiters: { until: Due; resolve: () => void }[] = [];
  readonly #running: Promise<void>;

  /** Starts at once, by finding out whether the server is there. */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.timer, options.random);
    this.#running = this.#run();
  }

  /** Looks for batches; to be called when there may be some. */
  wake(): void {
    if (this.#isIdle) this.#backoff.wake();
  }

  /** Counts entries that will not arrive. */
  count(reason: DropReason, entries: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + entries;
  }

  /** Resolves when everything that waits now has arrived, or never will. */
  async delivered(): Promise<void> {
    await this.#options.spool.settled();
    const until = this.#options.spool.last;
    if (until === undefined) return;
    this.wake();
    await new Promise<void>((resolve) => this.#waiters.push({ until, resolve }));
  }

  /** Sends a body that is not worth keeping; false when it did not arrive. */
  async sendOnce(text: string): Promise<boolean> {
    const verdict = await this.#attempt({ path: ingestPath, body: Buffer.from(text) });
    return verdict.kind === 'arrived';
  }

  /** Begins nothing new, and resolves when what is under way has its answer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#backoff.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    await this.#probe();
    while (!this.#isStopped) {
      const { due } = this.#options.spool;
      if (due !== undefined) await this.#deliver(due);
      else await this.#rest();
    }
  }

  /** Nothing waits. A server that was away is asked from time to time whether it is back. */
  async #rest(): Promise<void> {
    this.#isIdle = true;
    if (this.reachability === 'reachable') await this.#backoff.sleep();
    else await this.#backoff.next();
    this.#isIdle = false;
    const isStillIdle = !this.#isStopped && this.#options.spool.due === undefined;
    if (isStillIdle && this.reachability !== 'reachable') await this.#probe();
  }

  async #probe(): Promise<void> {
    try {
      const { status } = await this.#options.send({ path: '/health' });
      if (status < 500) this.#noteSuccess();
      else this.#noteTrouble(`status ${status}`);
    } catch (error) {
      this.#noteTrouble((error as Error).message);
    }
  }

  async #deliver(due: Due): Promise<void> {
    const gzip = due.outbox.body(due.batch);
    if (gzip === undefined) {
      this.#finish(due, 'damaged');
      return;
    }
    const verdict = await this.#attempt(await this.#outgoing(gzip));
    switch (verdict.kind) {
      case 'arrived':
        if (verdict.refused.length > 0 && !(await this.#repair(due, gzip, verdict.refused))) {
          await this.#backoff.next();
          return;
        }
        this.#finish(due);
        return;
      case 'never':
        await this.#setAside(due, gzip, verdict.reason);
        this.#finish(due, 'rejected');
        return;
      case 'later':
        if (verdict.slow) await this.#backoff.atLeast(limits.deliverSlowRetryMs);
        else if (verdict.afterMs !== undefined) await this.#backoff.atLeast(verdict.afterMs);
        else await this.#backoff.next();
    }
  }

  async #outgoing(gzip: Buffer): Promise<Outgoing> {
    if (this.#options.compress ?? true) return { path: ingestPath, body: gzip, isGzip: true };
    return { path: ingestPath, body: await expand(gzip) };
  }

  async #attempt(outgoing: Outgoing): Promise<Verdict> {
    let verdict: Verdict;
    try {
      verdict = verdictOf(await this.#options.send(outgoing));
    } catch (error) {
      verdict = { kind: 'later', reason: (error as Error).message, slow: false };
    }
    if (verdict.kind === 'later') this.#noteTrouble(verdict.reason);
    else this.#noteSuccess();
    return verdict;
  }

  /**
   * Entries of sessions that the server does not know, because it forgot or lost them, are sent again
   * behind a start; others are set aside. The number of the batch is that of the repair as well, so
   * that doing it twice does no harm. False: the server did not answer.
   */
  async #repair({ outbox, batch }: Due, gzip: Buffer, refused: RefusedEntry[]): Promise<boolean> {
    const entries = entriesOf(await expand(gzip));
    const lost: { entry: JsonValue; reason: string }[] = [];
    const again: string[] = [];
    const started = new Set<string>();
    for (const { index, code, details } of refused) {
      const entry = entries[index] ?? null;
      const id = isJsonObject(entry) ? String(entry.session) : '';
      const session = code === 'session_not_found' ? this.#options.session(id) : undefined;
      if (session === undefined) lost.push({ entry, reason: `${code}: ${details}` });
      else {
        if (!started.has(id)) again.push(startText(session));
        started.add(id);
        again.push(stringifyJson(entry));
      }
    }
    const { seq } = batch.head;
    if (again.length > 0) {
      const body = Buffer.from(batchText(`${outbox.spoolId}.again`, seq, again));
      const verdict = await this.#attempt({ path: ingestPath, body });
      if (verdict.kind === 'later') return false;
      const left = verdict.kind === 'never' ? [verdict] : verdict.refused;
      if (left.length > 0) lost.push({ entry: again.map(parseJson), reason: JSON.stringify(left) });
    }
    if (lost.length === 0) return true;
    this.count('rejected', lost.length);
    this.#options.log.warn(`the server refused ${lost.length} entries: ${lost[0]?.reason}`);
    this.#options.setAside(`${outbox.spoolId}-${seq}`, { refused: lost });
    return true;
  }

  async #setAside({ outbox, batch }: Due, gzip: Buffer, reason: string): Promise<void> {
    const { seq } = batch.head;
    this.#options.log.warn(`the server refused batch ${seq} of ${outbox.spoolId}: ${reason}`);
    const entries = entriesOf(await expand(gzip));
    this.#options.setAside(`${outbox.spoolId}-${seq}`, { reason, entries });
  }

  #finish(due: Due, lost?: DropReason): void {
    if (lost !== undefined) this.count(lost, due.batch.head.entries);
    this.#options.spool.done(due);
    this.#waiters = this.#waiters.filter(({ until, resolve }) => {
      const isWaiting = until.outbox.waiting.includes(until.batch);
      if (!isWaiting) resolve();
      return isWaiting;
    });
  }

  #noteSuccess(): void {
    if (this.problem !== undefined) this.#options.log.info('the server takes data again');
    this.problem = undefined;
    this.reachability = 'reachable';
    this.#backoff.reset();
  }

  #noteTrouble(reason: string): void {
    if (this.problem !== reason) this.#options.log.warn(`the server takes no data: ${reason}`);
    this.problem = reason;
    this.reachability = 'unreachable';
  }
}

const ingestPath = '/api/ingest';

const expand = promisify<Buffer, Buffer>(gunzip);

function entriesOf(body: Buffer): JsonValue[] {
  const batch = parseJson(body.toString());
  const entries = isJsonObject(batch) ? batch.entries : undefined;
  return Array.isArray(entries) ? entries : [];
}

/** The start of a session with the state that it has by now. */
function startText({ id, product, version, startedUs, bootId, state }: SessionRecord): string {
  const start = { product, version, ...(bootId !== undefined && { bootId }), state };
  return entryText({ kind: 'start', session: id, atUs: startedUs, start });
}
