/** Which store is meant, and how it is opened: a directory with SQLite, or a ClickHouse. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { parseAddress } from './clickhouse/address.ts';
import type { Store, StoreClock } from './store.ts';

/** Where a store is. */
export type StoreAddress =
  /** The embedded store in a directory; absolute once it is to be opened. */
  | { kind: 'sqlite'; dir: string }
  /** `url` has the password in it and is shown to nobody. */
  | { kind: 'clickhouse'; url: string };

/** What every engine is opened with. */
export interface OpenStoreOptions extends StoreClock {
  /** The server's clock, epoch microseconds. */
  clock: () => number;
  log: Log;
  /** Called when the store cannot go on; the process had better end then. */
  onFatal?: (error: Error) => void;
}

/** What an address may look like, for messages. */
export const storeForms =
  '`sqlite:DIR`, or `clickhouse://USER:PASSWORD@HOST:8123/DATABASE`, whose shards stand after commas, replicas of one shard after `|`, and `?cluster=NAME` where tables are replicated';

/** Reads an address. Throws a Failure that says what is wrong with it and shows nothing secret. */
export function parseStore(text: string): StoreAddress {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? [];
  if (scheme === 'sqlite') {
    if (rest === '') throw new Failure('names no directory after sqlite:');
    return { kind: 'sqlite', dir: rest };
  }
  if (scheme === 'clickhouse' || scheme === 'clickhouses') {
    checkClickhouse(rest);
    try {
      parseAddress(text);
    } catch (error) {
      // Whoever shows it says of which setting it is.
      throw new Failure((error as Error).message.replace(/^store /, ''), { cause: error });
    }
    return { kind: 'clickhouse', url: text };
  }
  // What was meant is unknown, so it may hold a password in any place.
  throw new Failure(scheme === '' ? 'names no kind of store' : `names the unknown kind ${scheme}:`);
}

/** The address for people and logs. */
export function shownStore(address: StoreAddress): string {
  if (address.kind === 'sqlite') return `sqlite:${address.dir}`;
  return address.url.replace(/^(\w+:\/\/[^:@/]*):[^@]*@/, '$1:***@');
}

/** Opens a store to read and write. Each engine is loaded when it is needed. */
export async function openStore(address: StoreAddress, options: OpenStoreOptions): Promise<Store> {
  if (address.kind === 'sqlite') {
    const { openSqlite } = await import('./sqlite/sqlite.ts');
    return openSqlite({ dir: address.dir, ...options });
  }
  const { openClickhouse } = await import('./clickhouse/clickhouse.ts');
  const { clock, log, suspendedAfterUs, returnGraceUntilUs } = options;
  return openClickhouse({ url: address.url, clock, log, suspendedAfterUs, returnGraceUntilUs });
}

/**
 * Opens a store from which everything is to be read while nothing is written to it. Rejects with
 * OpenError while somebody has a directory open. `dir` may also name a backup.
 */
export async function openSource(address: StoreAddress, options: OpenStoreOptions): Promise<Store> {
  if (address.kind === 'clickhouse') return openStore(address, options);
  const [{ openReadOnly }, { lockForReading }] = await Promise.all([
    import('./sqlite/read-only.ts'),
    import('./sqlite/database.ts'),
  ]);
  const unlock = lockForReading(address.dir);
  try {
    const store = await openReadOnly({ dir: address.dir, ...options });
    const close = store.close.bind(store);
    store.close = async () => {
      await close();
      unlock();
    };
    return store;
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The address with its directory starting at `cwd`. */
export function absoluteStore(address: StoreAddress, cwd: string): StoreAddress {
  return address.kind === 'clickhouse'
    ? address
    : { kind: 'sqlite', dir: resolve(cwd, address.dir) };
}

/** Whether two addresses mean the same data. */
export function isSameStore(a: StoreAddress, b: StoreAddress): boolean {
  if (a.kind === 'sqlite' && b.kind === 'sqlite') return realDir(a.dir) === realDir(b.dir);
  return a.kind === 'clickhouse' && b.kind === 'clickhouse' && a.url === b.url;
}

function realDir(dir: string): string {
  return existsSync(dir) ? realpathSync(dir) : resolve(dir);
}

/** Looks for what would make a message show a part of the password, and says it without. */
function checkClickhouse(rest: string): void {
  if (!rest.startsWith('//')) throw new Failure('needs // after clickhouse:');
  const at = rest.lastIndexOf('@');
  const person = at < 0 ? '' : rest.slice(2, at);
  if (/[/?#@|,]/.test(person)) {
    throw new Failure(
      'has one of / ? # @ | , in its user or password; write it as %2F %3F %23 %40 %7C %2C',
    );
  }
  const [hosts = ''] = rest.slice(at < 0 ? 2 : at + 1).split(/[/?#]/, 1);
  for (const host of hosts.split(/[,|]/)) {
    if (host === '') throw new Failure('lacks a host');
    const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(host) ?? [];
    if (!/^([\w.-]+|\[[\da-f:.]+\])$/i.test(name)) throw new Failure('has a host that is no name');
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
      throw new Failure(`has a port of ${name} that is no number up to 65535`);
    }
  }
}
