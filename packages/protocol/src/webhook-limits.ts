/** Bounds and intervals of webhooks. */

/** Part of `limits`. */
export const webhookLimits = {
  /** Webhooks that exist at once. */
  webhooksMax: 100,
  /** Name of a webhook. */
  webhookNameLengthMax: 200,
  /** Address that a webhook sends to. */
  webhookUrlLengthMax: 2_000,
  /** Text of a secret that is given. */
  webhookSecretLengthMax: 100,
  /** Products that one webhook is about. */
  webhookProductsMax: 50,
  /** Shortest window that a metric is measured over. */
  webhookWindowMinMs: 10_000,
  /** The same, at most. */
  webhookWindowMaxMs: 7 * 24 * 3600 * 1000,
  /** Time that a receiver has for its answer. */
  webhookTimeoutMs: 10_000,
  /** Bytes of an answer that are read, and thrown away. */
  webhookAnswerBytesMax: 64 * 1024,
  /** Tries that the log of a message keeps. */
  webhookAttemptsKept: 10,
  /** Messages that one server sends at the same time. */
  webhookSendsMax: 16,
  /** How often is looked for messages that are due. */
  webhookSendIntervalMs: 1_000,
  /** After this long without a word of its sender somebody else sends a message. */
  webhookHoldMs: 30_000,
  /** Messages of one webhook that are kept, those that wait not counted. */
  webhookNoticesKept: 500,
  /** Messages of one webhook in an hour; the rest is told as one number. */
  webhookNoticesPerHour: 100,
  /** How often the newest version is compared with the one before. */
  webhookCompareMs: 300_000,
  /** How often a metric is measured. */
  webhookMeasureMs: 10_000,
  /** How long after it happened a new exception is told that came late. */
  webhookLateMs: 7 * 24 * 3600 * 1000,
  /** Shortest rest between two looks for what webhooks tell of. */
  webhookRestMs: 500,
} as const;
