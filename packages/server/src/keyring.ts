/** The keys that open this server: its tokens, and the one key that DataCat's configuration may name. */
import { timingSafeEqual } from 'node:crypto';
import { limits, type Scope, TachoError, type TokenInput } from '@tacho/protocol';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { TokenRow, TokenStore } from './store/store.ts';
import { hashSecret, makeToken } from './token.ts';

/** What a keyring works with. */
export interface KeyringParts {
  store: TokenStore;
  clock: Clock;
  log: Pick<Log, 'warn'>;
  /** A key of the configuration, which may ingest and read; never stored. */
  apiKey?: string;
}

/** What somebody holds who presented a secret of ours. */
export interface Key {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Epoch microseconds; Infinity when it never expires. */
  readonly expiresUs: number;
  /** Epoch microseconds; written down now and then. */
  usedUs: number | undefined;
}

interface StoredKey extends Key {
  readonly hash: Buffer;
  /** Absent for the key of the configuration. */
  readonly row: TokenRow | undefined;
  /** The last use that the store knows. */
  storedUsedUs: number | undefined;
}

/** Secrets that are recognised without hashing; more are not in use at once. */
const verifiedMax = 2 * limits.tokensMax;

/** Knows all keys in memory, so that a request costs one look-up. */
export class Keyring {
  readonly #parts: KeyringParts;
  #keys: StoredKey[] = [];
  /** Keys by secret; only what was found right is in it. */
  readonly #verified = new Map<string, StoredKey>();
  #timer: NodeJS.Timeout | undefined;
  #isLoaded = false;

  constructor(parts: KeyringParts) {
    this.#parts = parts;
  }

  /** Reads the tokens, and begins to write down their last uses; before that nothing is let in. */
  async load(): Promise<void> {
    const { store, apiKey } = this.#parts;
    const rows = await store.tokens();
    this.#keys = rows.map(keyOfRow);
    if (apiKey !== undefined) this.#keys.push(keyOfConfiguration(apiKey));
    this.#isLoaded = true;
    this.#timer = setInterval(() => void this.flush(), limits.tokenUseIntervalMs);
    this.#timer.unref();
  }

  /** Whether there is no key at all, so that none can be asked for. */
  get isEmpty(): boolean {
    return this.#isLoaded && this.#keys.length === 0;
  }

  /** The key that a secret is, whether or not it has expired; undefined when it is none. */
  find(secret: string): Key | undefined {
    return this.#verified.get(secret) ?? this.#search(secret);
  }

  /** All tokens, in order of creation. */
  list(): TokenRow[] {
    return this.#keys.flatMap(({ row, usedUs }) =>
      row === undefined ? [] : [{ ...row, ...(usedUs !== undefined && { usedUs }) }],
    );
  }

  /** Makes a token; it works once this resolves. Rejects with TachoError. */
  async add(input: TokenInput): Promise<{ row: TokenRow; secret: string }> {
    if (this.#keys.length >= limits.tokensMax) {
      const details = `There are ${this.#keys.length} tokens; revoke some that nobody uses`;
      throw new TachoError('too_many_tokens', details);
    }
    const { store, clock } = this.#parts;
    const made = makeToken(input, clock());
    await store.addToken(made.row);
    this.#keys.push(keyOfRow(made.row));
    return made;
  }

  /** Revokes a token; it is worth nothing once this resolves. False when there is none with this id. */
  async remove(id: string): Promise<boolean> {
    const isThere = this.#keys.some(({ row }) => row?.id === id);
    if (!isThere) return false;
    await this.#parts.store.removeToken(id);
    this.#keys = this.#keys.filter(({ row }) => row?.id !== id);
    this.#verified.clear();
    return true;
  }

  /** Writes down the last uses since the last time; never rejects. */
  async flush(): Promise<void> {
    const used = this.#keys.filter((key) => key.row && key.usedUs !== key.storedUsedUs);
    if (used.length === 0) return;
    const uses = new Map(used.map(({ row, usedUs }) => [row!.id, usedUs!]));
    try {
      await this.#parts.store.noteTokenUse(uses);
      for (const key of used) key.storedUsedUs = uses.get(key.row!.id);
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'the last uses of tokens could not be written down');
    }
  }

  /** Writes down the last uses for the last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  /**
   * Compares with every key, whichever it is: neither the time of a comparison nor their number
   * tells anything about a secret.
   */
  #search(secret: string): StoredKey | undefined {
    if (secret === '' || secret.length > limits.tokenTextLengthMax) return undefined;
    const hash = hashSecret(secret);
    let found: StoredKey | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.hash, hash)) found = key;
    if (found === undefined) return undefined;
    if (this.#verified.size >= verifiedMax) this.#verified.clear();
    this.#verified.set(secret, found);
    return found;
  }
}

function keyOfRow(row: TokenRow): StoredKey {
  const { name, scopes, usedUs } = row;
  return {
    name,
    scopes,
    expiresUs: row.expiresUs ?? Number.POSITIVE_INFINITY,
    usedUs,
    hash: Buffer.from(row.hash, 'hex'),
    row,
    storedUsedUs: usedUs,
  };
}

function keyOfConfiguration(apiKey: string): StoredKey {
  return {
    name: 'api_key',
    scopes: ['ingest', 'read'],
    expiresUs: Number.POSITIVE_INFINITY,
    usedUs: undefined,
    hash: hashSecret(apiKey),
    row: undefined,
    storedUsedUs: undefined,
  };
}
