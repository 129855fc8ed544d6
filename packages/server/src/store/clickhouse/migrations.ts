/** Brings the tables of a database up to date: the statements of `schema/`, each file once and in order. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ClickHouseClient } from '@clickhouse/client';

const folder = fileURLToPath(new URL('schema/', import.meta.url));

/** Applies what is missing; numbers of the files that were applied. Several servers may do it at once. */
export async function migrate(client: ClickHouseClient): Promise<number[]> {
  // Statements can be repeated, so of two servers that begin at once both may apply a file.
  await client.command({
    query:
      'CREATE TABLE IF NOT EXISTS migration (number UInt32) ENGINE = MergeTree ORDER BY number',
  });
  const result = await client.query({
    query: 'SELECT DISTINCT number FROM migration',
    format: 'JSONEachRow',
  });
  const applied = new Set((await result.json<{ number: number }>()).map(({ number }) => number));
  const done: number[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.sql')).sort()) {
    const number = Number.parseInt(name, 10);
    if (applied.has(number)) continue;
    for (const query of statementsOf(await readFile(folder + name, 'utf8'))) {
      await client.command({ query });
    }
    await client.insert({ table: 'migration', values: [{ number }], format: 'JSONEachRow' });
    done.push(number);
  }
  return done;
}

/** Statements end with a semicolon at the end of a line, or with the file; comments are lines of their own. */
function statementsOf(text: string): string[] {
  return text
    .replace(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
