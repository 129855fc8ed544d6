/** The address of a ClickHouse: `clickhouse://user:password@a:8123|b:8123,c:8123/database?cluster=name`. */
import { Failure } from '../../failure.ts';

/** Where the data live. */
export interface ClickHouseAddress {
  /** By shard, its replicas as addresses of their HTTP interface, the preferred one first. */
  shards: string[][];
  database: string;
  user: string;
  password: string;
  /** Name of the cluster on which tables are made and replicated; absent for tables of each server alone. */
  cluster?: string;
}

const form =
  /^clickhouse(s?):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;

const accepted =
  'expected clickhouse://USER:PASSWORD@HOST:PORT/DATABASE, shards after commas, replicas of one after |, and ?cluster=NAME where tables are replicated';

/** Reads an address; throws a Failure that never shows the password. */
export function parseAddress(text: string): ClickHouseAddress {
  const [, tls, user = '', password = '', hosts = '', database = '', query = ''] =
    form.exec(text) ?? [];
  // Else what is not taken for a password may be a part of one, which messages would show.
  if (`${hosts}${database}${query}`.includes('@') || (hosts === '' && text.includes('@'))) {
    throw new Failure(
      'store has an @ that is not the end of user and password; in these, @ is written %40 and / is %2F',
    );
  }
  const params = new URLSearchParams(query);
  for (const name of params.keys()) {
    if (name !== 'cluster') throw new Failure(`store has the unknown option ${name}; ${accepted}`);
  }
  const shards = hosts.split(',').map((shard) => shard.split('|').map((host) => urlOf(host, tls)));
  const cluster = params.get('cluster') ?? '';
  const name = decoded(database) || 'tacho';
  for (const [what, word] of Object.entries({ database: name, cluster })) {
    if (!/^[\w-]*$/.test(word)) {
      throw new Failure(
        `store has the ${what} ${JSON.stringify(word)}; expected letters, digits, _ and -`,
      );
    }
  }
  return {
    shards,
    database: name,
    user: decoded(user) || 'default',
    password: decoded(password),
    ...(cluster !== '' && { cluster }),
  };
}

function urlOf(host: string, tls: string | undefined): string {
  const isGood = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/i.test(host);
  if (!isGood) {
    // Where the host was forgotten, this is the user, and what follows is the password.
    const shown = JSON.stringify(host.replace(/:.*/s, ':…'));
    throw new Failure(`store is no address of ClickHouse: ${shown}; ${accepted}`);
  }
  const port = /:\d+$/.test(host) ? '' : tls ? ':8443' : ':8123';
  return `http${tls ?? ''}://${host}${port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Failure(`store has a % that begins no escaped character; ${accepted}`);
  }
}
