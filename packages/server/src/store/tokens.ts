/** Tokens as a store keeps them: never the secret, only what tells it. */
import type { Scope } from '@tacho/protocol';

/** A token without its secret. */
export interface TokenRow {
  /** Names the token; no secret. */
  id: string;
  /** Who uses it, for people. */
  name: string;
  scopes: readonly Scope[];
  /** SHA-256 of the secret, hexadecimal. */
  hash: string;
  createdUs: number;
  /** From this instant it is worth nothing; absent when it never expires. */
  expiresUs?: number;
  /** Last use that was noted; absent before the first. */
  usedUs?: number;
}

/** What a store does about tokens; each call is durable when it resolves. */
export interface TokenStore {
  /** All tokens, in order of creation, then of id. */
  tokens(): Promise<TokenRow[]>;
  /** Adds a token, whose id must be new. Rejects with TachoError `disk_full` or `store_unavailable`. */
  addToken(token: TokenRow): Promise<void>;
  /** Removes a token; false when there is none with this id. */
  removeToken(id: string): Promise<boolean>;
  /** Notes last uses in epoch microseconds by id; ids that are gone are passed over. */
  noteTokenUse(uses: ReadonlyMap<string, number>): Promise<void>;
}
