/** Where tokens are managed: in a running server, in a data directory that no server uses, or in a ClickHouse. */
import { existsSync } from 'node:fs';
import {
  formatTime,
  newTokenReply,
  type TokenInput,
  type TokenReply,
  tokensReply,
} from '@tacho/protocol';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import { shownStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { shownToken } from '../token.ts';
import { CommandError } from './exit.ts';
import { openForTool, toolOptions } from './open-tool.ts';

/** A place that keeps tokens. */
export interface TokenPlace {
  /** Its address or path, for people. */
  where: string;
  list(): Promise<TokenReply[]>;
  /** A new token with its secret. */
  add(input: TokenInput): Promise<TokenReply & { token: string }>;
  /** False when there is no token with this id. */
  remove(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** What was said about the place. */
export interface PlaceOptions {
  config: Config;
  /** Address of a server that was asked for. */
  server: string | undefined;
  /** Whether the data directory, or another store, was named. */
  isStoreNamed: boolean;
  /** The secret of a token that may manage the server. */
  secret: string | undefined;
}

/**
 * The place that is meant: a server that was named; else a ClickHouse; else the data directory if no
 * server has it; else the server of the configuration.
 */
export async function openPlace(options: PlaceOptions): Promise<TokenPlace> {
  const { config, server, isStoreNamed, secret } = options;
  if (server !== undefined) return serverPlace(server, secret);
  if (config.store !== null) {
    return storePlace(await openForTool(config.store), shownStore(config.store));
  }
  const configured = serverPlace(urlOf(config), secret);
  if (!isStoreNamed && !existsSync(config.dataDir)) {
    // Nothing is there to be managed, unless a server keeps its data elsewhere.
    return (await answers(urlOf(config))) ? configured : directoryPlace(config.dataDir);
  }
  try {
    return await directoryPlace(config.dataDir);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('another tacho is using')) throw error;
    if (await answers(urlOf(config))) return configured;
    throw new CommandError('unreachable', `${message}; name that server by --server`, {
      cause: error,
    });
  }
}

/** The data directory itself; rejects with OpenError while a server uses it. */
async function directoryPlace(dir: string): Promise<TokenPlace> {
  const { openSqlite } = await import('../store/sqlite/sqlite.ts');
  const store = await openSqlite({ dir, ...(await toolOptions()), local: true });
  return storePlace(store, dir);
}

/** A store that this process has open. */
async function storePlace(store: Store, where: string): Promise<TokenPlace> {
  const [{ Keyring }, { clock, log }] = await Promise.all([import('../keyring.ts'), toolOptions()]);
  const keyring = new Keyring({ store, clock, log });
  await keyring.load();
  return {
    where,
    list: async () => keyring.list().map(shownToken),
    add: async (input) => {
      const { row, secret } = await keyring.add(input);
      return { ...shownToken(row), token: secret };
    },
    remove: (id) => keyring.remove(id),
    close: async () => {
      await keyring.close();
      await store.close();
    },
  };
}

/** A running server, over its API. */
function serverPlace(url: string, secret: string | undefined): TokenPlace {
  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers: Record<string, string> = {};
    if (secret !== undefined) headers.authorization = `Bearer ${secret}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await reach(new URL(path, url), init);
    const json = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    if (response.ok || response.status === 404) return { status: response.status, json };
    const isForbidden = response.status === 401 || response.status === 403;
    const hint = response.status === 401 ? '; TACHO_TOKEN or --token names one' : '';
    const said = `${url} says: ${json.details ?? response.statusText}${hint}`;
    throw new CommandError(isForbidden ? 'forbidden' : 'failed', said);
  };
  return {
    where: url,
    list: async () =>
      expect<{ tokens: TokenReply[] }>(await ask('GET', '/api/tokens'), tokensReply).tokens,
    add: async ({ name, scopes, expiresUs }) => {
      const expires_at = expiresUs === undefined ? null : formatTime(expiresUs);
      const answer = await ask('POST', '/api/tokens', { name, scopes, expires_at });
      return expect(answer, newTokenReply);
    },
    remove: async (id) =>
      (await ask('DELETE', `/api/tokens/${encodeURIComponent(id)}`)).status !== 404,
    close: async () => {},
  };
}

interface Answer {
  status: number;
  json: Record<string, unknown>;
}

/** The answer as what it should be; what has another form comes from no server of ours. */
function expect<T>({ status, json }: Answer, form: { required?: readonly string[] }): T {
  if (status !== 404 && form.required?.every((name) => name in json)) return json as T;
  throw new Failure('what answers there is no server of Tacho that knows tokens');
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const { cause } = error as { cause?: Error };
    const why = cause?.message ?? (error as Error).message;
    throw new CommandError('unreachable', `no server answers at ${url.origin}: ${why}`, {
      cause: error,
    });
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(new URL('/health', url)).then(
    () => true,
    () => false,
  );
}

/** Where a server with this configuration is reached from its own machine. */
function urlOf({ host, port, tlsCertFile }: Config): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const scheme = tlsCertFile === null ? 'http' : 'https';
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
