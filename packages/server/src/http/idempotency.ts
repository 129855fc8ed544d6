/** Idempotency-Key: a request that is repeated gets the answer of the first time and changes nothing. */
import { createHash } from 'node:crypto';
import { limits, TachoError } from '@tacho/protocol';

/** A key with what it was used for. */
export interface IdempotencyKey {
  /** Method, path and key: what the key is unique within. */
  scope: string;
  /** Hash of the request; another one under the same key is a conflict. */
  fingerprint: string;
}

/** Reads the header; undefined without one. Throws `invalid_request` for a useless key. */
export function readIdempotencyKey(
  header: string | string[] | undefined,
  request: { method: string; path: string; mediaType: string; bytes: Buffer | undefined },
): IdempotencyKey | undefined {
  if (header === undefined) return undefined;
  const key = String(header);
  if (key === '' || key.length > limits.idempotencyKeyLengthMax) {
    throw new TachoError(
      'invalid_request',
      `Idempotency-Key has ${key.length} characters; accepted: 1 to ${limits.idempotencyKeyLengthMax}`,
    );
  }
  const hash = createHash('sha256').update(request.mediaType).update('\n');
  if (request.bytes !== undefined) hash.update(request.bytes);
  return {
    scope: `${request.method} ${request.path} ${key}`,
    fingerprint: hash.digest('base64url'),
  };
}

/** Requests with a key that are being worked on; the store only knows those that are done. */
export class InFlight {
  readonly #running = new Map<string, { fingerprint: string; done: Promise<unknown> }>();

  /**
   * Runs an attempt alone among those of its scope. Attempts that come meanwhile wait for it and
   * then run themselves: they find in the store what the first one left, or nothing when it failed.
   * Throws `idempotency_conflict` when a different request is running under the key.
   */
  async run<T>(key: IdempotencyKey, attempt: () => Promise<T>): Promise<T> {
    for (
      let running = this.#running.get(key.scope);
      running !== undefined;
      running = this.#running.get(key.scope)
    ) {
      if (running.fingerprint !== key.fingerprint) {
        throw new TachoError(
          'idempotency_conflict',
          'Another request with this Idempotency-Key is being answered; use a new key for a new request',
        );
      }
      await running.done;
    }
    const work = attempt();
    const done = work.then(
      () => this.#running.delete(key.scope),
      () => this.#running.delete(key.scope),
    );
    this.#running.set(key.scope, { fingerprint: key.fingerprint, done });
    return work;
  }
}
