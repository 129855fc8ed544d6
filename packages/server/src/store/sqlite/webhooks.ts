/** The tables of webhooks: how rules and notices are written and read. */
import type { NoticeClaim, NoticeRow, WebhookRow, WebhookStore } from '../store.ts';
import type { Database, Statement } from './database.ts';

interface StoredWebhook {
  id: string;
  created_us: number;
  rule: string;
  progress: string;
}

interface StoredNotice {
  id: string;
  webhook: string;
  created_us: number;
  due_us: number | null;
  holder: string | null;
  held_until_us: number | null;
  body: string;
}

/** Calls a handler of the writer. */
type Write = <T>(method: string, argument?: unknown) => Promise<T>;

/** Webhooks as the store offers them: every call goes to the writer. */
export function sqliteWebhooks(write: Write): WebhookStore {
  return {
    webhooks: () => write('webhooks'),
    putWebhook: (row) => write('putWebhook', row),
    removeWebhook: (id) => write('removeWebhook', id),
    noteWebhook: (id, progress) => write('noteWebhook', { id, progress }),
    addNotices: async (rows) => (rows.length === 0 ? [] : write('addNotices', rows)),
    claimNotices: (claim) => write('claimNotices', claim),
    noteNotice: (row) => write('noteNotice', row),
    notices: (webhook, limit) => write('notices', { webhook, limit }),
    trimNotices: (webhook, keep) => write('trimNotices', { webhook, keep }),
  };
}

/** Answers of the writer, over the connection that writes. */
export function webhookHandlers(table: WebhookTable) {
  return {
    webhooks: () => table.list(),
    putWebhook: (row: WebhookRow) => table.put(row),
    removeWebhook: (id: string) => table.remove(id),
    noteWebhook: ({ id, progress }: { id: string; progress: string }) => table.note(id, progress),
    addNotices: (rows: readonly NoticeRow[]) => table.addNotices(rows),
    claimNotices: (claim: NoticeClaim) => table.claim(claim),
    noteNotice: (row: NoticeRow) => table.noteNotice(row),
    notices: ({ webhook, limit }: { webhook: string; limit: number }) =>
      table.notices(webhook, limit),
    trimNotices: ({ webhook, keep }: { webhook: string; keep: number }) =>
      table.trim(webhook, keep),
  };
}

/** Rules and notices over one connection; each call is a transaction of its own. */
export class WebhookTable {
  readonly #db: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  list(): WebhookRow[] {
    const rows = this.#all<StoredWebhook>('SELECT * FROM webhook ORDER BY created_us, id');
    return rows.map(({ created_us, ...row }) => ({ ...row, createdUs: created_us }));
  }

  put({ id, createdUs, rule }: Omit<WebhookRow, 'progress'>): void {
    this.#run(
      `INSERT INTO webhook(id, created_us, rule, progress) VALUES(?, ?, ?, '')
       ON CONFLICT(id) DO UPDATE SET rule = excluded.rule`,
      ...[id, createdUs, rule],
    );
  }

  remove(id: string): boolean {
    return this.#together(() => {
      this.#run('DELETE FROM notice WHERE webhook = ?', id);
      return this.#run('DELETE FROM webhook WHERE id = ?', id) > 0;
    });
  }

  note(id: string, progress: string): void {
    this.#run('UPDATE webhook SET progress = ? WHERE id = ?', progress, id);
  }

  addNotices(rows: readonly NoticeRow[]): string[] {
    return this.#together(() => {
      const fresh = rows.filter(
        (row) =>
          this.#run(
            'INSERT OR IGNORE INTO notice(id, webhook, created_us, due_us, body) VALUES(?, ?, ?, ?, ?)',
            ...[row.id, row.webhook, row.createdUs, row.dueUs ?? null, row.body],
          ) > 0,
      );
      return fresh.map(({ id }) => id);
    });
  }

  claim({ holder, nowUs, untilUs, limit }: NoticeClaim): NoticeRow[] {
    const due = this.#all<StoredNotice>(
      `SELECT * FROM notice WHERE due_us <= ? AND coalesce(held_until_us, 0) <= ?
       ORDER BY due_us, id LIMIT ?`,
      ...[nowUs, nowUs, limit],
    );
    // Nobody asks for nothing several times a second, and writes to the disk for it.
    if (due.length === 0) return [];
    return this.#together(() =>
      due.map((row) => {
        const hold = 'UPDATE notice SET holder = ?, held_until_us = ? WHERE id = ?';
        this.#run(hold, holder, untilUs, row.id);
        return noticeRow({ ...row, holder, held_until_us: untilUs });
      }),
    );
  }

  noteNotice({ id, dueUs, holder, heldUntilUs, body }: NoticeRow): void {
    this.#run(
      'UPDATE notice SET due_us = ?, holder = ?, held_until_us = ?, body = ? WHERE id = ?',
      ...[dueUs ?? null, holder ?? null, heldUntilUs ?? null, body, id],
    );
  }

  notices(webhook: string, limit: number): NoticeRow[] {
    return this.#all<StoredNotice>(
      'SELECT * FROM notice WHERE webhook = ? ORDER BY created_us DESC, id LIMIT ?',
      ...[webhook, limit],
    ).map(noticeRow);
  }

  trim(webhook: string, keep: number): void {
    this.#run(
      `DELETE FROM notice WHERE id IN (SELECT id FROM notice
         WHERE webhook = ? AND due_us IS NULL ORDER BY created_us DESC, id LIMIT -1 OFFSET ?)`,
      ...[webhook, keep],
    );
  }

  #statement(sql: string): Statement {
    const known = this.#prepared.get(sql) ?? this.#db.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  }

  #all<T>(sql: string, ...values: (string | number | null)[]): T[] {
    return this.#statement(sql).all(...values) as unknown as T[];
  }

  #run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #together<T>(body: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const value = body();
      this.#db.exec('COMMIT');
      return value;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function noticeRow(row: StoredNotice): NoticeRow {
  return {
    id: row.id,
    webhook: row.webhook,
    createdUs: row.created_us,
    ...(row.due_us !== null && { dueUs: row.due_us }),
    ...(row.holder !== null && { holder: row.holder }),
    ...(row.held_until_us !== null && { heldUntilUs: row.held_until_us }),
    body: row.body,
  };
}
