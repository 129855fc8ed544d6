/** Statements of the schema in a cluster. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inCluster } from './migrations.ts';

const folder = new URL('schema/', import.meta.url);

const schema = readdirSync(folder).flatMap((file) =>
  readFileSync(new URL(file, folder), 'utf8')
    .replace(/^\s*--.*$/gm, '')
    .split(/;$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== ''),
);

const place = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'";

describe('a statement of the schema', () => {
  it('is as it stands outside a cluster', () => {
    for (const statement of schema) expect(inCluster(statement, undefined)).toBe(statement);
  });

  it('makes replicated tables everywhere in a cluster', () => {
    expect(schema.length).toBeGreaterThan(6);
    for (const statement of schema) {
      const [, table, engine] = /^CREATE TABLE IF NOT EXISTS (\w+)(?:.|\n)*ENGINE = (\w+)/.exec(
        statement,
      )!;
      const text = inCluster(statement, 'all');
      expect(text).toContain(`CREATE TABLE IF NOT EXISTS ${table} ON CLUSTER 'all' (`);
      expect(text).toContain(`ENGINE = Replicated${engine}(${place}`);
      expect(text).not.toContain('non_replicated');
    }
  });

  it('keeps what its engine is given, and all of its columns', () => {
    const made = 'CREATE TABLE IF NOT EXISTS head (\n  known UInt64\n) ENGINE = ';
    const clustered = made.replace('head', "head ON CLUSTER 'c-1'");
    const rest = '\nORDER BY (session, gen)';
    expect(inCluster(`${made}ReplacingMergeTree(known)${rest}`, 'c-1')).toBe(
      `${clustered}ReplicatedReplacingMergeTree(${place}, known)${rest}`,
    );
    expect(inCluster(`${made}MergeTree${rest}`, 'c-1')).toBe(
      `${clustered}ReplicatedMergeTree(${place})${rest}`,
    );
  });

  it('drops what was inserted twice by the setting that holds there', () => {
    const text = 'CREATE TABLE IF NOT EXISTS a (b Int8) ENGINE = MergeTree ORDER BY b SETTINGS ';
    expect(inCluster(`${text}non_replicated_deduplication_window = 9`, 'c')).toMatch(
      / SETTINGS replicated_deduplication_window = 9$/,
    );
  });
});
