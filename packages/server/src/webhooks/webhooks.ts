/** Webhooks: rules that somebody made, looked after as long as the server runs. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, limits, TachoError, type WebhookInput } from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { NoticeRow, Store } from '../store/store.ts';
import { Deliveries } from './deliveries.ts';
import { Looking } from './looking.ts';
import { noticeRow } from './notice.ts';
import { freshProgress, makeRule, type Progress, type Rule, readRow, rowOf } from './rule.ts';

/** What webhooks work with. */
export interface WebhookParts {
  store: Store;
  clock: Clock;
  log: Log;
  /** How often is looked, whether or not anything seems to have happened. */
  lookIntervalMs: number;
}

/** A rule with how far it was looked after. */
interface Known {
  rule: Rule;
  progress: Progress;
}

/** Looks take at most this part of the time, but for very long ones. */
const lookShare = 0.2;

/** Longest rest between looks while there is something to look for: the first one may be slow. */
const restMsMax = 3_000;

/** Keeps the rules in memory, finds what they tell of, and sends it. */
export class Webhooks {
  readonly #parts: WebhookParts;
  readonly #looking: Looking;
  readonly #deliveries: Deliveries;
  readonly #stopping = new AbortController();
  #known = new Map<string, Known>();
  #wake = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: WebhookParts) {
    this.#parts = parts;
    this.#looking = new Looking(parts);
    this.#deliveries = new Deliveries({
      ...parts,
      ruleOf: (id) => this.#known.get(id)?.rule,
      hasRules: () => this.#known.size > 0,
      intervalMs: Math.min(limits.webhookSendIntervalMs, parts.lookIntervalMs),
    });
  }

  /** Reads the rules, and begins to look after them. */
  async start(): Promise<void> {
    await this.#load();
    const { store } = this.#parts;
    // Who held a notice of a store that nobody shares is this server before it was started again.
    if (store.others === undefined) for (const id of this.#known.keys()) await release(store, id);
    this.#loop = this.#run();
    this.#deliveries.start();
  }

  /** Looks soon: something happened that a rule may tell of. Costs nothing while there is no rule. */
  wake(): void {
    if (this.#known.size > 0) this.#wake.abort();
  }

  /** Ends looking and sending; what was not sent is kept. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    await Promise.all([this.#loop, this.#deliveries.stop()]);
  }

  /** All rules, in order of creation. */
  async list(): Promise<Known[]> {
    await this.#load();
    return [...this.#known.values()];
  }

  /** A rule; throws `webhook_not_found`. */
  async get(id: string): Promise<Known> {
    await this.#load();
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    throw new TachoError('webhook_not_found', `No webhook has the id "${id.slice(0, 40)}"`);
  }

  /** Makes a rule; nothing that was before is told. */
  async add(input: WebhookInput): Promise<Known> {
    await this.#load();
    if (this.#known.size >= limits.webhooksMax) {
      const details = `There are ${this.#known.size} webhooks; delete some that nobody needs`;
      throw new TachoError('too_many_webhooks', details);
    }
    const nowUs = this.#parts.clock();
    const rule = makeRule(input, nowUs);
    await this.#put(rule, freshProgress(nowUs));
    return this.get(rule.id);
  }

  /** Changes a rule. What happened while it was not enabled is not told, and a bound starts anew. */
  async change(id: string, read: (known: WebhookInput) => WebhookInput): Promise<Known> {
    const { rule, progress } = await this.get(id);
    const { metric: _metric, ...others } = rule;
    const changed = { ...others, ...read(rule) } as Rule;
    const nowUs = this.#parts.clock();
    const isResumed = changed.enabled && !rule.enabled;
    const isOther = JSON.stringify(changed.metric) !== JSON.stringify(rule.metric);
    await this.#put(changed, {
      ...progress,
      ...(isResumed && { lookedUs: nowUs }),
      ...(isOther && { isBreached: false, measuredUs: 0 }),
    });
    return this.get(id);
  }

  /** Deletes a rule with its notices; throws `webhook_not_found`. */
  async remove(id: string): Promise<void> {
    await this.get(id);
    await this.#parts.store.webhooks.removeWebhook(id);
    this.#known.delete(id);
  }

  /** Sends a message of the type `test` now, once. */
  async test(id: string): Promise<NoticeRow> {
    const { rule } = await this.get(id);
    const { store, clock } = this.#parts;
    const nowUs = clock();
    const data: JsonObject = { note: 'Nothing happened: somebody tries this webhook.' };
    const summary = `Test of the webhook ${rule.name}`;
    const key = `test:${randomUUID()}`;
    const { dueUs: _due, ...row } = noticeRow(rule, { key, type: 'test', summary, data }, nowUs);
    await store.webhooks.addNotices([row]);
    await store.webhooks.trimNotices(id, limits.webhookNoticesKept);
    return this.#deliveries.deliver(row, rule, true);
  }

  /** The last notices of a rule; throws `webhook_not_found`. */
  async deliveries(id: string, limit: number): Promise<NoticeRow[]> {
    await this.get(id);
    return this.#parts.store.webhooks.notices(id, limit);
  }

  async #put(rule: Rule, progress: Progress): Promise<void> {
    const { webhooks } = this.#parts.store;
    await webhooks.putWebhook(rowOf(rule));
    await webhooks.noteWebhook(rule.id, JSON.stringify(progress));
    await this.#load();
  }

  async #load(): Promise<void> {
    const rows = await this.#parts.store.webhooks.webhooks();
    this.#known = new Map(rows.map((row) => [row.id, readRow(row)]));
  }

  async #run(): Promise<void> {
    const { lookIntervalMs, store, log } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const startMs = performance.now();
      try {
        // Other servers may have changed them.
        if (store.others !== undefined) await this.#load();
        await this.#lookAll();
      } catch (error) {
        log.warn({ err: error }, 'looking for what webhooks tell of failed');
      }
      const tookMs = performance.now() - startMs;
      const restMs = Math.min(limits.webhookRestMs, lookIntervalMs);
      await pause(Math.max(restMs, Math.min(restMsMax, tookMs / lookShare)), signal);
      await pause(lookIntervalMs, AbortSignal.any([this.#wake.signal, signal]));
    }
  }

  async #lookAll(): Promise<void> {
    let isNews = false;
    for (const { rule } of [...this.#known.values()]) {
      const known = this.#known.get(rule.id);
      if (this.#stopping.signal.aborted || known === undefined || !rule.enabled) continue;
      const looked = await this.#looking.look(known.rule, known.progress);
      isNews ||= looked.isNews;
      // It may have been changed meanwhile; that counts then.
      if (this.#known.get(rule.id) === known) {
        this.#known.set(rule.id, { ...known, progress: looked.progress });
      }
    }
    if (isNews) this.#deliveries.wake();
  }
}

async function release(store: Store, id: string): Promise<void> {
  for (const row of await store.webhooks.notices(id, limits.webhookNoticesKept)) {
    if (row.dueUs === undefined || row.holder === undefined) continue;
    const { holder: _holder, heldUntilUs: _until, ...free } = row;
    await store.webhooks.noteNotice(free);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
