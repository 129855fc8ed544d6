/** Looking: the pass that finds what is to be told, and makes each of it a notice once. */
import { limits } from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { measure } from './condition.ts';
import { crashes, hangs, newExceptions } from './findings.ts';
import { type Finding, noticeRow } from './notice.ts';
import { regressions } from './regression.ts';
import type { Progress, Rule } from './rule.ts';

/** What the pass works with. */
export interface LookingParts {
  store: Store;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

/** Things received in this time before the last look are looked at again: two may overtake each other. */
const overlapUs = 5e6;

const hourUs = 3600e6;

/** How often progress is written down when nothing was found. */
const noteUs = 60e6;

/** Ids of notices that are known to be made, so that the store is not asked again. */
const seenMax = 50_000;

/** Looks after rules. */
export class Looking {
  readonly #parts: LookingParts;
  readonly #seen = new Set<string>();
  readonly #notedUs = new Map<string, number>();
  /** Rules whose notices were read. */
  readonly #loaded = new Set<string>();

  constructor(parts: LookingParts) {
    this.#parts = parts;
  }

  /** Looks for what a rule tells of; gives how far it came, which is written down where that matters. */
  async look(rule: Rule, before: Progress): Promise<{ progress: Progress; isNews: boolean }> {
    const { store, clock, log } = this.#parts;
    const nowUs = clock();
    const fromUs = Math.max(rule.createdUs, before.lookedUs - overlapUs);
    const look = { store, rule, fromUs, nowUs };
    const is = (one: Rule['on'][number]) => rule.on.includes(one);
    const found: Finding[] = [];
    let progress: Progress = { ...before, lookedUs: nowUs };
    if (is('crash')) found.push(...(await crashes(look)));
    if (is('hang')) found.push(...(await hangs(look)));
    if (is('exception')) found.push(...(await newExceptions(look)));
    if (is('regression') && nowUs - before.comparedUs >= limits.webhookCompareMs * 1000) {
      found.push(...(await regressions({ ...look, fromUs: before.comparedUs })));
      progress.comparedUs = nowUs;
    }
    const isFull = progress.hour.held > 0;
    const { findings, hour } = await this.#budgeted(rule, progress.hour, found, nowUs);
    progress.hour = hour;
    if (hour.held > 0 && !isFull) {
      log.warn({ webhook: rule.id }, 'a webhook has told as much as it may in this hour');
    }
    const { metric } = rule;
    if (metric !== undefined && nowUs - before.measuredUs >= limits.webhookMeasureMs * 1000) {
      const measured = await measure(store, { ...rule, metric }, progress, nowUs);
      progress = measured.progress;
      findings.push(...measured.findings);
    }
    const rows = findings.map((finding) => noticeRow(rule, finding, nowUs));
    // Notices first: who is killed in between finds the same ones again, under the same ids.
    const isNews = (await store.webhooks.addNotices(rows)).length > 0;
    for (const { id } of rows) this.#remember(id);
    await this.#note(rule, before, progress, isNews);
    return { progress, isNews };
  }

  /** As many as an hour has room for; the rest is counted, and told as one number when the hour is over. */
  async #budgeted(
    rule: Rule,
    { fromUs, told, held }: Progress['hour'],
    found: readonly Finding[],
    nowUs: number,
  ): Promise<{ findings: Finding[]; hour: Progress['hour'] }> {
    const hour = { fromUs, told, held };
    const findings: Finding[] = [];
    if (nowUs - fromUs >= hourUs) {
      if (held > 0) findings.push(heldBack(fromUs, held));
      Object.assign(hour, { fromUs: nowUs, told: 0, held: 0 });
    }
    const fresh = found.filter((one) => !this.#seen.has(noticeRow(rule, one, nowUs).id));
    const known = fresh.length === 0 ? new Set<string>() : await this.#known(rule);
    // The oldest first, as they were found last.
    for (const finding of fresh.toReversed()) {
      const { id } = noticeRow(rule, finding, nowUs);
      this.#remember(id);
      if (known.has(id)) continue;
      if (hour.told < limits.webhookNoticesPerHour) {
        findings.push(finding);
        hour.told += 1;
      } else hour.held += 1;
    }
    return { findings, hour };
  }

  /**
   * Ids that are notices already: made before this server was started, or beside it. What it made
   * itself it has seen, so that a storm does not read the notices again and again.
   */
  async #known(rule: Rule): Promise<Set<string>> {
    const { webhooks, others } = this.#parts.store;
    if (others === undefined && this.#loaded.has(rule.id)) return new Set();
    this.#loaded.add(rule.id);
    const rows = await webhooks.notices(rule.id, limits.webhookNoticesKept);
    return new Set(rows.map(({ id }) => id));
  }

  async #note(rule: Rule, before: Progress, progress: Progress, isNews: boolean): Promise<void> {
    const last = this.#notedUs.get(rule.id) ?? 0;
    const isSame =
      before.isBreached === progress.isBreached &&
      before.hour.told === progress.hour.told &&
      before.hour.held === progress.hour.held;
    if (!isNews && isSame && progress.lookedUs - last < noteUs) return;
    this.#notedUs.set(rule.id, progress.lookedUs);
    const { webhooks } = this.#parts.store;
    await webhooks.noteWebhook(rule.id, JSON.stringify(progress));
    if (isNews) await webhooks.trimNotices(rule.id, limits.webhookNoticesKept);
  }

  #remember(id: string): void {
    if (this.#seen.size >= seenMax) this.#seen.clear();
    this.#seen.add(id);
  }
}

function heldBack(fromUs: number, held: number): Finding {
  const bound = limits.webhookNoticesPerHour;
  return {
    key: `held:${fromUs}`,
    type: 'messages.held_back',
    summary: `${held} more messages were not sent in the last hour, after the ${bound} that were`,
    data: { held_back: held, bound_per_hour: bound },
  };
}
