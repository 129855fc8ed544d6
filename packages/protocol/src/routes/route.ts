/** What an endpoint is made of, and the errors that many of them share. */
import Type, { type Static, type TSchema } from 'typebox';
import type { ErrorCode } from '../errors.ts';
import type { Params } from '../params.ts';

/** What a token may do: deliver data, ask questions, or manage the server. */
export const scopes = ['ingest', 'read', 'admin'] as const;

/** One thing that a token may be allowed to do. */
export type Scope = (typeof scopes)[number];

/** An endpoint. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{id}` stands for a session id or a unique prefix of one; other names in braces for themselves. */
  readonly path: string;
  readonly summary: string;
  /** What a token needs for it; `open` endpoints never ask for one. `admin` may do everything. */
  readonly scope: Scope | 'open';
  /** What the names in braces stand for, by name; `{id}` after `/api/sessions/` needs no word. */
  readonly names?: Readonly<Record<string, string>>;
  /** Parameters of the query; none are accepted when absent. */
  readonly query?: Params;
  /** Parameters that come as a form in the body, or in the query. */
  readonly form?: Params;
  /** Query of a typical request, for documents: `product=shop&hung=true`. */
  readonly example?: string;
  /** Absent when a body is not looked at. */
  readonly request?: RouteRequest;
  readonly reply: RouteReply;
  /** The reply to an array or NDJSON body; only where `request.many` is set. */
  readonly manyReply?: RouteReply;
  /** Further replies that are no errors, each with the case it is for. */
  readonly otherReplies?: readonly (RouteReply & { readonly when: string })[];
  /** Codes of the errors that it may answer with. */
  readonly errors: readonly ErrorCode[];
  /** Form of its errors where a foreign dialect has its own; their status stays. */
  readonly errorSchema?: TSchema;
}

/** What goes into an endpoint. */
export interface RouteRequest {
  readonly schema: TSchema;
  /** Whether the body may be left out. */
  readonly optional: boolean;
  /** Whether an array of bodies, or one body per line as NDJSON, is taken as well. */
  readonly many: boolean;
  /** Media type of a body in a foreign dialect; `application/json` when absent. */
  readonly type?: string;
}

/** What comes out of an endpoint when all went well. */
export interface RouteReply {
  /** 204 has no body. */
  readonly status: 200 | 201 | 204 | 400 | 422 | 503;
  /** Schema of JSON; a text with this description for other media types. */
  readonly schema: TSchema;
  /** Whether it is sent piece by piece, so that it may be larger than memory. */
  readonly streamed: boolean;
  /** Media type; `application/json` when absent. */
  readonly type?: string;
}

/** What an endpoint answers, as a type. */
export type ReplyOf<R extends Route> = Static<R['reply']['schema']>;

/** Endpoints that belong together. */
export interface RouteGroup {
  readonly title: string;
  /** What they are for, one sentence. */
  readonly about: string;
  readonly routes: Readonly<Record<string, Route>>;
}

/** Errors of the door, before a request is looked at; any endpoint may answer with them. */
export const doorErrors = [
  'unauthorized',
  'forbidden',
  'host_not_allowed',
  'origin_not_allowed',
  'invalid_request',
  'timeout',
  'uri_too_long',
  'rate_limited',
  'headers_too_large',
  'internal',
  'overloaded',
] as const satisfies ErrorCode[];

/** Errors of a path that names a session. */
export const sessionErrors = [
  'prefix_too_short',
  'session_not_found',
  'session_ambiguous',
] as const satisfies ErrorCode[];

/** Errors of a body, before what it says is looked at. */
export const bodyErrors = [
  'invalid_json',
  'invalid_body',
  'unsupported_media_type',
  'unsupported_encoding',
  'body_too_large',
  'expanded_body_too_large',
] as const satisfies ErrorCode[];

/** Errors of a batch that is to be stored. */
export const batchErrors = [
  ...bodyErrors,
  'store_unavailable',
  'disk_full',
] as const satisfies ErrorCode[];

/** Errors of anything else that is to be stored, which an Idempotency-Key makes repeatable. */
export const writeErrors = [...batchErrors, 'idempotency_conflict'] as const satisfies ErrorCode[];

/** Errors of a question with parameters. */
export const questionErrors = [
  ...doorErrors,
  'invalid_field',
  'store_unavailable',
] as const satisfies ErrorCode[];

/** The reply that says nothing but that all went well. */
export const nothing = {
  status: 204,
  schema: Type.Null(),
  streamed: false,
} as const satisfies RouteReply;

/** A reply in one piece with this schema. */
export function answer<T extends TSchema>(schema: T, status: RouteReply['status'] = 200) {
  return { status, schema, streamed: false } as const satisfies RouteReply;
}
