/** Brings the tables of a database up to date: the statements of `schema/`, each file once and in order. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ClickHouseAddress } from './address.ts';
import { Shard } from './connection.ts';

const folder = fileURLToPath(new URL('schema/', import.meta.url));

/** Makes what is missing on every shard. Several servers may do it at once: statements can be repeated. */
export async function migrate(address: ClickHouseAddress, shards: readonly Shard[]): Promise<void> {
  const files = await schemaFiles();
  const { cluster, database } = address;
  const on = cluster === undefined ? '' : ` ON CLUSTER '${cluster}'`;
  await Promise.all(
    shards.map(async (shard, i) => {
      const outside = new Shard(address.shards[i]!, { ...address, database: 'default' });
      try {
        await outside.run(`CREATE DATABASE IF NOT EXISTS "${database}"${on}`);
      } finally {
        await outside.close();
      }
      await migrateShard(shard, files, cluster);
    }),
  );
}

interface SchemaFile {
  number: number;
  text: string;
}

async function schemaFiles(): Promise<SchemaFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(folder + name, 'utf8');
      return { number: Number.parseInt(name, 10), text };
    }),
  );
}

async function migrateShard(
  shard: Shard,
  files: readonly SchemaFile[],
  cluster: string | undefined,
): Promise<void> {
  const made = 'CREATE TABLE IF NOT EXISTS migration (number UInt32)';
  await shard.run(inCluster(`${made} ENGINE = MergeTree ORDER BY number`, cluster));
  const rows = await shard.rows<{ number: number }>('SELECT DISTINCT number FROM migration');
  const applied = new Set(rows.map(({ number }) => number));
  for (const { number, text } of files) {
    if (applied.has(number)) continue;
    for (const query of statementsOf(text)) await shard.run(inCluster(query, cluster));
    await shard.insert('migration', [{ number }]);
  }
}

/** A statement as it is in a cluster: run by all of it, with tables that are replicated. */
export function inCluster(statement: string, cluster: string | undefined): string {
  if (cluster === undefined) return statement;
  return statement
    .replace(/^(CREATE TABLE IF NOT EXISTS \w+)/, `$1 ON CLUSTER '${cluster}'`)
    .replace(/ENGINE = (\w*MergeTree)(?:\((.*?)\))?/, (_, engine: string, values?: string) => {
      const place = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'";
      return `ENGINE = Replicated${engine}(${place}${values ? `, ${values}` : ''})`;
    })
    .replace('non_replicated_deduplication_window', 'replicated_deduplication_window');
}

/** Statements end with a semicolon at the end of a line, or with the file; comments are lines of their own. */
function statementsOf(text: string): string[] {
  return text
    .replace(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
