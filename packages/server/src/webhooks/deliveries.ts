/** Deliveries: notices that are due are claimed, sent, and noted as sent or as due again later. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime, limits } from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { NoticeRow, Store } from '../store/store.ts';
import { type Notice, noticeText, readNotice } from './notice.ts';
import type { Rule } from './rule.ts';
import { type Sent, sendMessage } from './send.ts';

/** Waits before a message is sent again; after the last one it has failed. About ten hours in all. */
const retryMs: readonly number[] = [
  1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 10_800_000, 21_600_000,
];

/** What deliveries work with. */
export interface DeliveryParts {
  store: Store;
  clock: Clock;
  log: Log;
  /** The rule of an id, if it is there. */
  ruleOf: (id: string) => Rule | undefined;
  /** Whether there is any rule at all. */
  hasRules: () => boolean;
  /** How often is looked for what is due; longer where servers share a store. */
  intervalMs: number;
}

/** Sends what is due until it is stopped. */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #holder = randomUUID();
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #wake = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Begins to send. */
  start(): void {
    this.#loop = this.#run();
  }

  /** Looks for what is due now instead of after a while. */
  wake(): void {
    this.#wake.abort();
  }

  /** Breaks off what is being sent; it is due as before, under the same id. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#loop;
    await Promise.all(this.#underWay);
  }

  /** Sends a notice once, and notes what came of it; without another try when `isLast`. */
  async deliver(row: NoticeRow, rule: Rule, isLast = false): Promise<NoticeRow> {
    const { clock, store } = this.#parts;
    const notice = readNotice(row);
    const atUs = clock();
    const { holder: _holder, heldUntilUs: _until, dueUs: _due, ...kept } = row;
    let settled: NoticeRow;
    try {
      const sent = await sendMessage(rule, notice, atUs, this.#stopping.signal);
      const { dueUs, after } = afterTry(notice, sent, atUs, clock(), isLast);
      settled = { ...kept, ...(dueUs !== undefined && { dueUs }), body: noticeText(after) };
    } catch {
      settled = { ...kept, dueUs: row.dueUs ?? atUs };
    }
    await store.webhooks.noteNotice(settled);
    return settled;
  }

  async #run(): Promise<void> {
    const { store, log, hasRules, intervalMs } = this.#parts;
    const { signal } = this.#stopping;
    const idleMs = intervalMs * (store.others === undefined ? 1 : 5);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        if (hasRules()) await this.#sendDue();
      } catch (error) {
        log.warn({ err: error }, 'messages of webhooks could not be sent');
      }
      await sleep(idleMs, undefined, { signal: this.#wake.signal, ref: false }).catch(() => {});
    }
  }

  async #sendDue(): Promise<void> {
    const { store, clock, ruleOf } = this.#parts;
    for (;;) {
      const room = limits.webhookSendsMax - this.#underWay.size;
      if (room === 0) await Promise.race(this.#underWay);
      if (this.#stopping.signal.aborted) return;
      const nowUs = clock();
      const untilUs = nowUs + limits.webhookHoldMs * 1000;
      const claim = { holder: this.#holder, nowUs, untilUs, limit: Math.max(1, room) };
      const rows = await store.webhooks.claimNotices(claim);
      for (const row of rows) {
        const rule = ruleOf(row.webhook);
        // Of a rule that another server knows only: it is due again when the hold is over.
        if (rule !== undefined) this.#track(this.deliver(row, rule).then(() => {}));
      }
      if (rows.length === 0) return;
    }
  }

  #track(sending: Promise<void>): void {
    const { log } = this.#parts;
    const done = sending
      .catch((error: unknown) => {
        log.warn({ err: error }, 'what became of a message could not be noted');
      })
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}

/** What is known of a notice after a try, and when it is due again; never when it is settled. */
function afterTry(
  notice: Notice,
  { retryAfterMs = 0, ...sent }: Sent,
  atUs: number,
  nowUs: number,
  isLast: boolean,
): { after: Notice; dueUs?: number } {
  const attempt = { at: formatTime(atUs), ...sent };
  const attempts = [...notice.attempts, attempt].slice(-limits.webhookAttemptsKept);
  const tries = notice.tries + 1;
  const after = { ...notice, tries, attempts, isDelivered: sent.error === null };
  const waitMs = retryMs[tries - 1];
  if (after.isDelivered || isLast || waitMs === undefined) return { after };
  // Up to a tenth later, so that what failed together does not come back together.
  const spreadMs = waitMs * (1 + Math.random() / 10);
  const askedMs = Math.min(retryAfterMs, retryMs.at(-1)!);
  return { after, dueUs: nowUs + Math.round(Math.max(spreadMs, askedMs)) * 1000 };
}
