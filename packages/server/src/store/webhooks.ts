/** Webhooks as a store keeps them: rules, how far each was looked after, and notices until long after they were sent. */

/** A rule; what it says is JSON text, which stores keep as it is. */
export interface WebhookRow {
  id: string;
  createdUs: number;
  /** What was asked for, with the secret that signs. */
  rule: string;
  /** How far it was looked after, see `noteWebhook`; '' before the first time. */
  progress: string;
}

/** What is to be told to the receiver of a rule; the same happening has the same id whoever finds it. */
export interface NoticeRow {
  id: string;
  /** Id of its rule. */
  webhook: string;
  createdUs: number;
  /** When it is to be sent, or sent again; absent when there is nothing left to do. */
  dueUs?: number;
  /** Who is sending it, and until when nobody else does. */
  holder?: string;
  heldUntilUs?: number;
  /** The message and what became of it, as JSON text. */
  body: string;
}

/** Which notices somebody wants to send. */
export interface NoticeClaim {
  /** Names who sends them. */
  holder: string;
  nowUs: number;
  /** Others may have them from this instant on, when they were not noted meanwhile. */
  untilUs: number;
  limit: number;
}

/** What a store does about webhooks; each call that changes something is durable when it resolves. */
export interface WebhookStore {
  /** All rules, in order of creation, then of id. */
  webhooks(): Promise<WebhookRow[]>;
  /** Adds a rule, or changes what the rule of this id says; its progress stays then. */
  putWebhook(row: Omit<WebhookRow, 'progress'>): Promise<void>;
  /** Removes a rule with its notices; false when there is none with this id. */
  removeWebhook(id: string): Promise<boolean>;
  /** Notes how far a rule was looked after; nothing when it is gone. */
  noteWebhook(id: string, progress: string): Promise<void>;
  /** Adds notices whose ids are new; gives the ids of those. */
  addNotices(rows: readonly NoticeRow[]): Promise<string[]>;
  /**
   * Notices that are due and nobody holds, the longest due first; they are held from now on. Where
   * servers share a store, two that ask in the same instant may now and then get the same one.
   */
  claimNotices(claim: NoticeClaim): Promise<NoticeRow[]>;
  /** Replaces a notice by what is known of it now; nothing when it is gone. */
  noteNotice(row: NoticeRow): Promise<void>;
  /** Notices of a rule, the newest first. */
  notices(webhook: string, limit: number): Promise<NoticeRow[]>;
  /** Forgets the oldest notices of a rule that nothing is left to do for, so that `keep` of them stay. */
  trimNotices(webhook: string, keep: number): Promise<void>;
}

/** Newest first; of one instant by id. */
export function byAge(a: NoticeRow, b: NoticeRow): number {
  return b.createdUs - a.createdUs || (a.id < b.id ? -1 : 1);
}

/** Whether somebody may send it now. */
export function isClaimable({ dueUs, heldUntilUs }: NoticeRow, nowUs: number): boolean {
  return dueUs !== undefined && dueUs <= nowUs && (heldUntilUs ?? 0) <= nowUs;
}
