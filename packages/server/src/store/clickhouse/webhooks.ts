/** Webhooks in ClickHouse: a row for each rule, its progress and each notice, on the first shard. */
import { setTimeout as sleep } from 'node:timers/promises';
import { compareTexts } from '@tacho/protocol';
import type { NoticeClaim, NoticeRow, WebhookRow, WebhookStore } from '../store.ts';
import { byAge, isClaimable } from '../webhooks.ts';
import type { Shard } from './connection.ts';
import { quoted, quotedList } from './sql.ts';

/** After this long a claim is looked at again: who asked in the same moment has claimed as well by then. */
const settleMs = 200;

type Table = 'webhook' | 'webhook_progress' | 'notice';

interface Kept {
  id: string;
  known: number;
  row: string;
}

/** No row knows more than one that says that something is gone. */
const goneForGood = Number.MAX_SAFE_INTEGER;

/** See `WebhookStore`. */
export class ClickHouseWebhooks implements WebhookStore {
  readonly #shard: Shard;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  async webhooks(): Promise<WebhookRow[]> {
    const [rules, progress] = await Promise.all([
      this.#rows('webhook', '1'),
      this.#rows('webhook_progress', '1'),
    ]);
    const places = new Map(progress.map(({ id, row }) => [id, row]));
    return rules
      .map(({ id, row }) => ({ ...parsed<WebhookRow>(row), progress: places.get(id) ?? '' }))
      .sort((a, b) => a.createdUs - b.createdUs || compareTexts(a.id, b.id));
  }

  async putWebhook({ id, createdUs, rule }: Omit<WebhookRow, 'progress'>): Promise<void> {
    const [known] = await this.#rows('webhook', `id = ${quoted(id)}`);
    const born = known === undefined ? createdUs : parsed<WebhookRow>(known.row).createdUs;
    const row = JSON.stringify({ id, createdUs: born, rule });
    await this.#insert('webhook', [{ id, known: (known?.known ?? 0) + 1, row }]);
  }

  async removeWebhook(id: string): Promise<boolean> {
    const [found] = await this.#rows('webhook', `id = ${quoted(id)}`);
    const notices = await this.#rows('notice', `webhook = ${quoted(id)}`);
    await this.#forget(id, notices);
    if (found === undefined) return false;
    const gone = { id, known: goneForGood, gone: true, row: '' };
    await this.#shard.insert('webhook', [gone]);
    await this.#shard.insert('webhook_progress', [gone]);
    return true;
  }

  async noteWebhook(id: string, progress: string): Promise<void> {
    const where = `id = ${quoted(id)}`;
    const [rule] = await this.#rows('webhook', where);
    if (rule === undefined) return;
    const [before] = await this.#rows('webhook_progress', where);
    const row = { id, known: (before?.known ?? 0) + 1, row: progress };
    await this.#insert('webhook_progress', [row]);
  }

  async addNotices(rows: readonly NoticeRow[]): Promise<string[]> {
    if (rows.length === 0) return [];
    const ids = quotedList(rows.map(({ id }) => id));
    const there = await this.#shard.rows<{ id: string }>(
      `SELECT DISTINCT id FROM notice WHERE id IN ${ids}`,
    );
    const known = new Set(there.map(({ id }) => id));
    const fresh = [...new Map(rows.map((row) => [row.id, row])).values()].filter(
      ({ id }) => !known.has(id),
    );
    await this.#writeNotices(fresh.map((row) => ({ row, known: 1 })));
    return fresh.map(({ id }) => id);
  }

  async claimNotices({ holder, nowUs, untilUs, limit }: NoticeClaim): Promise<NoticeRow[]> {
    const due = (await this.#rows('notice', 'due'))
      .map(({ known, row }) => ({ known, row: parsed<NoticeRow>(row) }))
      .filter(({ row }) => isClaimable(row, nowUs))
      .sort((a, b) => a.row.dueUs! - b.row.dueUs! || compareTexts(a.row.id, b.row.id))
      .slice(0, limit);
    if (due.length === 0) return [];
    const held = due.map(({ known, row }) => ({
      known: known + 1,
      row: { ...row, holder, heldUntilUs: untilUs },
    }));
    await this.#writeNotices(held);
    await sleep(settleMs);
    // Of several who claimed, the table keeps one.
    const ids = quotedList(due.map(({ row }) => row.id));
    return (await this.#rows('notice', `id IN ${ids}`))
      .map(({ row }) => parsed<NoticeRow>(row))
      .filter((row) => row.holder === holder)
      .sort((a, b) => a.dueUs! - b.dueUs! || compareTexts(a.id, b.id));
  }

  async noteNotice(row: NoticeRow): Promise<void> {
    const [before] = await this.#rows('notice', `id = ${quoted(row.id)}`);
    if (before !== undefined) await this.#writeNotices([{ row, known: before.known + 1 }]);
  }

  async notices(webhook: string, limit: number): Promise<NoticeRow[]> {
    const rows = await this.#rows('notice', `webhook = ${quoted(webhook)}`);
    return rows
      .map(({ row }) => parsed<NoticeRow>(row))
      .sort(byAge)
      .slice(0, limit);
  }

  async trimNotices(webhook: string, keep: number): Promise<void> {
    const rows = await this.#rows('notice', `webhook = ${quoted(webhook)} AND NOT due`);
    const old = rows
      .map((kept) => ({ kept, row: parsed<NoticeRow>(kept.row) }))
      .sort((a, b) => byAge(a.row, b.row))
      .slice(keep);
    await this.#forget(
      webhook,
      old.map(({ kept }) => kept),
    );
  }

  async #forget(webhook: string, rows: readonly Kept[]): Promise<void> {
    await this.#shard.insert(
      'notice',
      rows.map(({ id }) => {
        return { id, known: goneForGood, gone: true, webhook, due: false, row: '' };
      }),
    );
  }

  async #writeNotices(rows: readonly { row: NoticeRow; known: number }[]): Promise<void> {
    await this.#shard.insert(
      'notice',
      rows.map(({ row, known }) => {
        const { id, webhook, dueUs } = row;
        const text = JSON.stringify(row);
        return { id, known, gone: false, webhook, due: dueUs !== undefined, row: text };
      }),
    );
  }

  async #rows(table: Table, where: string): Promise<Kept[]> {
    return this.#shard.rows(
      `SELECT id, known, row FROM ${table} FINAL WHERE NOT gone AND (${where})`,
    );
  }

  async #insert(table: Table, rows: readonly Kept[]): Promise<void> {
    await this.#shard.insert(
      table,
      rows.map((row) => ({ ...row, gone: false })),
    );
  }
}

function parsed<T>(row: string): T {
  return JSON.parse(row) as T;
}
