/** Webhooks of the in-memory store. */
import type { NoticeClaim, NoticeRow, WebhookRow, WebhookStore } from '../store.ts';
import { byAge, isClaimable } from '../webhooks.ts';

/** Keeps rules and notices as long as the object lasts. */
export class MemoryWebhooks implements WebhookStore {
  readonly #rules = new Map<string, WebhookRow>();
  readonly #notices = new Map<string, NoticeRow>();

  async webhooks(): Promise<WebhookRow[]> {
    return [...this.#rules.values()].sort(
      (a, b) => a.createdUs - b.createdUs || (a.id < b.id ? -1 : 1),
    );
  }

  async putWebhook(row: Omit<WebhookRow, 'progress'>): Promise<void> {
    const { id, rule } = row;
    const known = this.#rules.get(id);
    this.#rules.set(id, known === undefined ? { ...row, progress: '' } : { ...known, rule });
  }

  async removeWebhook(id: string): Promise<boolean> {
    for (const notice of this.#of(id)) this.#notices.delete(notice.id);
    return this.#rules.delete(id);
  }

  async noteWebhook(id: string, progress: string): Promise<void> {
    const known = this.#rules.get(id);
    if (known !== undefined) this.#rules.set(id, { ...known, progress });
  }

  async addNotices(rows: readonly NoticeRow[]): Promise<string[]> {
    const fresh = rows.filter(({ id }) => !this.#notices.has(id));
    for (const row of fresh) this.#notices.set(row.id, { ...row });
    return fresh.map(({ id }) => id);
  }

  async claimNotices({ holder, nowUs, untilUs, limit }: NoticeClaim): Promise<NoticeRow[]> {
    const due = [...this.#notices.values()]
      .filter((row) => isClaimable(row, nowUs))
      .sort((a, b) => a.dueUs! - b.dueUs! || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map((row) => ({ ...row, holder, heldUntilUs: untilUs }));
    for (const row of due) this.#notices.set(row.id, row);
    return due;
  }

  async noteNotice(row: NoticeRow): Promise<void> {
    if (this.#notices.has(row.id)) this.#notices.set(row.id, { ...row });
  }

  async notices(webhook: string, limit: number): Promise<NoticeRow[]> {
    return this.#of(webhook).sort(byAge).slice(0, limit);
  }

  async trimNotices(webhook: string, keep: number): Promise<void> {
    const settled = this.#of(webhook).filter(({ dueUs }) => dueUs === undefined);
    for (const { id } of settled.sort(byAge).slice(keep)) this.#notices.delete(id);
  }

  #of(webhook: string): NoticeRow[] {
    return [...this.#notices.values()].filter((row) => row.webhook === webhook);
  }
}
