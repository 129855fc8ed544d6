/** Who may do what: finds the token of a request and compares its scopes with what is asked. */
import type { IncomingMessage } from 'node:http';
import { limits, type Scope, TachoError } from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import type { Key, Keyring } from '../keyring.ts';
import { isLoopbackAddress, networkOf } from './address.ts';
import { cookieSecret } from './cookie.ts';
import type { Guard } from './guard.ts';
import { RateLimit } from './rate.ts';

/** What decides beside the tokens. */
export interface AccessParts {
  keyring: Keyring;
  guard: Guard;
  clock: Clock;
  /** The operator accepts that whoever reaches the port can read and write while there is no token. */
  insecureNoAuth: boolean;
  /** Nobody is asked for a token: only the owner of the data can reach this server. */
  isPrivate: boolean;
}

/** What a request needs: nothing, any token that is good, or a scope. */
export type Need = 'open' | 'any' | Scope;

/** One more bad token is let off every so often, per client address. */
const failuresPerSecond = 0.5;

/** Asks every request for a token as soon as there is one, and keeps strangers out while there is none. */
export class Access {
  readonly #parts: AccessParts;
  readonly #failures: RateLimit;

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.#failures = new RateLimit(failuresPerSecond, parts.clock, limits.failedLoginsMax);
  }

  /** The reason to refuse a request, undefined for none. */
  refusal(request: IncomingMessage, need: Need): TachoError | undefined {
    const { keyring, clock, isPrivate } = this.#parts;
    if (need === 'open' || isPrivate) return undefined;
    if (keyring.isEmpty) return this.#strangerRefusal(request);
    const secret = headerSecret(request) ?? querySecret(request) ?? this.#cookieSecret(request);
    if (secret instanceof TachoError) return secret;
    if (secret === undefined) return missing();
    const key = this.admit(request, secret);
    if (key instanceof TachoError) return key;
    key.usedUs = clock();
    if (need === 'any' || allows(key, need)) return undefined;
    const may = key.scopes.length === 0 ? 'nothing' : key.scopes.join(', ');
    return new TachoError('forbidden', `This needs a token with scope ${need}; yours has ${may}`);
  }

  /** The key that a secret is, or why it is none; bad ones count against the client's address. */
  admit(request: IncomingMessage, secret: string): Key | TachoError {
    const key = this.#parts.keyring.find(secret);
    if (key === undefined) return this.#failure(request);
    if (key.expiresUs > this.#parts.clock()) return key;
    return new TachoError('unauthorized', 'The token has expired; ask for a new one');
  }

  /**
   * A good secret was looked up before, so that bad ones from the same address (of a whole office,
   * say) never keep it out; beyond the limit the bad ones are only told to go away for a while.
   */
  #failure(request: IncomingMessage): TachoError {
    const waitSeconds = this.#failures.take(networkOf(request.socket.remoteAddress ?? ''));
    if (waitSeconds === 0) {
      return new TachoError('unauthorized', 'The token is unknown, or it was revoked');
    }
    return new TachoError('rate_limited', 'Too many bad tokens from this address; wait', {
      retryAfterSeconds: Math.ceil(waitSeconds),
    });
  }

  /** Without any token this machine is served and nobody else. */
  #strangerRefusal(request: IncomingMessage): TachoError | undefined {
    if (this.#parts.insecureNoAuth) return undefined;
    if (isLoopbackAddress(request.socket.remoteAddress ?? '')) return undefined;
    const details =
      'There is no token, so only this machine is served; "tacho token create" makes one';
    return new TachoError('unauthorized', details);
  }

  /**
   * A browser adds the cookie to whatever any page of this host asks for, on any port. So it counts
   * for reading only when no other page shows itself, and for writing only when our own page does.
   */
  #cookieSecret(request: IncomingMessage): string | TachoError | undefined {
    const secret = cookieSecret(request.headers.cookie);
    if (secret === undefined || this.#parts.guard.isOwnPage(request)) return secret;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && request.headers.origin === undefined) return secret;
    const details = 'A cookie opens the door to pages of this server only; send the token instead';
    return new TachoError('origin_not_allowed', details);
  }
}

/** Whether a key is good for a scope. */
function allows({ scopes }: Pick<Key, 'scopes'>, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

/**
 * The secret of the Authorization header; '' when the header has another form. `Token` is how clients
 * of InfluxDB say it, and `Basic` is for senders that know only user and password: the password is it.
 */
function headerSecret({ headers }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  if (authorization.startsWith('Bearer ')) return authorization.slice(7);
  const [, scheme = '', secret = ''] = /^(bearer|token|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme.toLowerCase() !== 'basic') return secret;
  const pair = Buffer.from(secret, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

/** Senders of InfluxDB 1 put the password into the address; only where they write it counts. */
function querySecret({ url = '' }: IncomingMessage): string | undefined {
  if (!url.startsWith('/write?')) return undefined;
  return new URLSearchParams(url.slice('/write?'.length)).get('p') ?? undefined;
}

function missing(): TachoError {
  const details = 'This server asks for a token; send it as "Authorization: Bearer tacho_…"';
  return new TachoError('unauthorized', details);
}
