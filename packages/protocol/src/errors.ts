/** Every error that Tacho answers with: its code, HTTP status, short text, and whether a retry can help. */
import type { JsonObject } from './json.ts';

/** What a code stands for. A code, once published, never changes its meaning. */
export interface ErrorKind {
  /** HTTP status. */
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Short text for people; the field `error` of the reply. */
  readonly error: string;
}

/** All codes. */
export const errorTable = {
  invalid_json: { status: 400, retryable: false, error: 'Invalid JSON' },
  invalid_body: { status: 400, retryable: false, error: 'Invalid request body' },
  invalid_field: { status: 400, retryable: false, error: 'Invalid field' },
  invalid_request: { status: 400, retryable: false, error: 'Invalid request' },
  prefix_too_short: { status: 400, retryable: false, error: 'Session id prefix too short' },
  unauthorized: { status: 401, retryable: false, error: 'Unauthorized' },
  forbidden: { status: 403, retryable: false, error: 'Forbidden' },
  host_not_allowed: { status: 403, retryable: false, error: 'Host not allowed' },
  origin_not_allowed: { status: 403, retryable: false, error: 'Origin not allowed' },
  not_found: { status: 404, retryable: false, error: 'Not found' },
  session_not_found: { status: 404, retryable: false, error: 'Session not found' },
  token_not_found: { status: 404, retryable: false, error: 'Token not found' },
  webhook_not_found: { status: 404, retryable: false, error: 'Webhook not found' },
  method_not_allowed: { status: 405, retryable: false, error: 'Method not allowed' },
  timeout: { status: 408, retryable: true, error: 'Request took too long' },
  session_ambiguous: { status: 409, retryable: false, error: 'Session id prefix is ambiguous' },
  session_exists: { status: 409, retryable: false, error: 'Session exists already' },
  idempotency_conflict: { status: 409, retryable: false, error: 'Idempotency-Key already used' },
  too_many_tokens: { status: 409, retryable: false, error: 'Too many tokens' },
  too_many_webhooks: { status: 409, retryable: false, error: 'Too many webhooks' },
  body_too_large: { status: 413, retryable: false, error: 'Request body too large' },
  expanded_body_too_large: { status: 413, retryable: false, error: 'Expanded body too large' },
  too_many_items: { status: 413, retryable: false, error: 'Too many items' },
  state_too_large: { status: 413, retryable: false, error: 'State too large' },
  uri_too_long: { status: 414, retryable: false, error: 'Path too long' },
  unsupported_media_type: { status: 415, retryable: false, error: 'Unsupported media type' },
  unsupported_encoding: { status: 415, retryable: false, error: 'Unsupported content encoding' },
  rate_limited: { status: 429, retryable: true, error: 'Too many requests' },
  too_many_sessions: { status: 429, retryable: true, error: 'Too many sessions' },
  headers_too_large: { status: 431, retryable: false, error: 'Request headers too large' },
  internal: { status: 500, retryable: true, error: 'Internal error' },
  overloaded: { status: 503, retryable: true, error: 'Overloaded' },
  store_unavailable: { status: 503, retryable: true, error: 'Store unavailable' },
  disk_full: { status: 507, retryable: true, error: 'Disk full' },
} as const satisfies Record<string, ErrorKind>;

/** Stable identity of an error. */
export type ErrorCode = keyof typeof errorTable;

/** Body of every reply that is not a success. */
export interface ErrorReply {
  /** Short text of the code. */
  error: string;
  /** One sentence that names field, problem and accepted form. */
  details: string;
  code: ErrorCode;
}

/** What an error may say beyond its sentence. */
export interface ErrorOptions {
  /** When to try again, in seconds; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Further fields of the reply; they never replace `error`, `details` or `code`. */
  extra?: JsonObject;
  /** The error behind it; for the log, never for the reply. */
  cause?: unknown;
}

/** An error that is meant for the one who asked; anything else that is thrown is a bug of ours. */
export class TachoError extends Error {
  override readonly name = 'TachoError';
  readonly code: ErrorCode;
  readonly status: number;
  /** The sentence; the same as `message`. */
  readonly details: string;
  readonly retryAfterSeconds: number | undefined;
  readonly extra: JsonObject | undefined;

  constructor(code: ErrorCode, details: string, options: ErrorOptions = {}) {
    super(details, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = errorTable[code].status;
    this.details = details;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.extra = options.extra;
  }

  /** Body of the HTTP reply. */
  toReply(): ErrorReply & JsonObject {
    const { error } = errorTable[this.code];
    return { ...this.extra, error, details: this.details, code: this.code };
  }
}
