/** One token: how its secret is made, what is kept of it, and how it is shown. */
import { createHash, randomInt } from 'node:crypto';
import { formatTime, type JsonObject, type TokenInput, type TokenReply } from '@tacho/protocol';
import type { TokenRow } from './store/store.ts';

/** Secrets start with it, so that scanners for leaked secrets recognise them. */
const secretPrefix = 'tacho_';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 32 characters of 62 kinds are 190 bits: nobody guesses them. */
const secretLength = 32;
const idLength = 12;

/** A new token: the row to be stored, and the secret that is shown once. */
export function makeToken(
  { name, scopes, expiresUs }: TokenInput,
  nowUs: number,
): { row: TokenRow; secret: string } {
  const secret = secretPrefix + randomText(secretLength);
  const row: TokenRow = {
    id: randomText(idLength),
    name,
    scopes,
    hash: hashSecret(secret).toString('hex'),
    createdUs: nowUs,
    ...(expiresUs !== undefined && { expiresUs }),
  };
  return { row, secret };
}

/**
 * What is kept of a secret. A slow hash protects passwords because people choose guessable ones;
 * nobody can try 2^190 secrets however fast the hash is.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** A token as it is listed. */
export function shownToken({
  id,
  name,
  scopes,
  createdUs,
  expiresUs,
  usedUs,
}: TokenRow): TokenReply & JsonObject {
  return {
    id,
    name,
    scopes: [...scopes],
    created_at: formatTime(createdUs),
    expires_at: expiresUs === undefined ? null : formatTime(expiresUs),
    last_used_at: usedUs === undefined ? null : formatTime(usedUs),
  };
}

/** Characters that are equally likely, from the system's secure source. */
function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
