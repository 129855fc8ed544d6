/** Writes about one session: from body bytes to the answer, the same for every way in. */
import { type JsonValue, TachoError } from '@tacho/protocol';
import { type Draft, noneAccepted } from '../record/draft.ts';
import type { Appended } from '../store/store.ts';
import type { IdempotencyKey } from './idempotency.ts';
import type { MediaType } from './media-type.ts';
import { jsonReply, type Reply, success } from './reply.ts';
import type { Service } from './service.ts';

/** A body as it came, expanded; undefined when it was empty. */
export interface Body {
  bytes: Buffer | undefined;
  mediaType: MediaType;
}

/** Reads a body into what it says; throws TachoError for a bad one. */
export type ReadDraft = (body: Body, nowUs: number) => Draft;

/**
 * Records what a request says about a session; `asked` is its id or a prefix of it. The body is read
 * first: a bad body is a 400 whether or not the session exists. Rejects and throws TachoError.
 */
export function write(
  service: Service,
  asked: string,
  draft: Draft,
  key?: IdempotencyKey,
): Promise<Reply> {
  const reply = replyTo(service, draft);
  const { recorder, inFlight } = service;
  if (key === undefined) return recorder.submit(asked, draft).then(() => reply);
  return inFlight.run(key, async () => {
    const once = { kind: 'key', key: key.scope, fingerprint: key.fingerprint } as const;
    const appended = await recorder.submit(asked, draft, { ...once, reply: storedForm(reply) });
    return answered(appended, reply);
  });
}

/** The answer to a draft once it is stored; throws when there is nothing in it to be stored. */
export function replyTo({ recorder }: Service, draft: Draft): Reply {
  if (draft.accepted === 0 && draft.rejected.length > 0) {
    recorder.countRejected(draft.rejected);
    throw noneAccepted(draft.rejected);
  }
  return draft.list ? listReply(draft) : success;
}

/** What the store keeps of an answer, to give it again. */
export function storedForm(reply: Reply): string {
  return `${reply.status} ${reply.body}`;
}

/** The answer of this time, or the one of the first time when the request is a repeat. */
export function answered(appended: Appended, reply: Reply): Reply {
  if (appended.kind === 'stored') return reply;
  const stored = appended.reply ?? storedForm(reply);
  const body = Buffer.from(stored.slice(4));
  return { status: Number(stored.slice(0, 3)), body, headers: { 'idempotent-replay': 'true' } };
}

/** Throws unless the body is JSON or, where that is allowed, lines of JSON. */
export function requireMediaType({ mediaType }: Body, lines: boolean): void {
  if (mediaType === 'json' || (lines && mediaType === 'ndjson')) return;
  const accepted = lines ? 'application/json or application/x-ndjson' : 'application/json';
  const found = mediaType === 'none' ? 'is missing' : 'names another form';
  throw new TachoError(
    'unsupported_media_type',
    `The Content-Type ${found}; accepted: ${accepted} in UTF-8`,
  );
}

function listReply({ accepted, rejected }: Draft): Reply {
  const reply: Record<string, JsonValue> = { success: true, accepted };
  if (rejected.length > 0) reply.rejected = rejected.map((item) => ({ ...item }));
  return jsonReply(reply);
}
