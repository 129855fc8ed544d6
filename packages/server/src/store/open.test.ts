/** Addresses of stores: what is understood, what is said of the rest, and that nothing secret is in it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStore, shownStore } from './open.ts';

function problemOf(text: string): string {
  try {
    parseStore(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${text} was accepted`);
}

describe('the address of a store', () => {
  it('is a directory, or a ClickHouse with its shards and replicas', () => {
    expect(parseStore('sqlite:/var/lib/tacho')).toEqual({ kind: 'sqlite', dir: '/var/lib/tacho' });
    for (const url of [
      'clickhouse://h',
      'clickhouse://h:8123/db',
      'clickhouse://u:p@h:8123/db',
      'clickhouse://u:p%40%2F@h1:8123|h1b:8123,h2:8123/db?cluster=main',
      'clickhouse://u:@[::1]:8123/db',
      'clickhouses://u:p@h/db',
    ]) {
      expect(parseStore(url)).toEqual({ kind: 'clickhouse', url });
    }
  });

  it.each([
    ['', 'names no kind of store'],
    ['/var/lib/tacho', 'names no kind of store'],
    ['postgres://h/db', 'names the unknown kind postgres:'],
    ['sqlite:', 'names no directory after sqlite:'],
    ['clickhouse:h', 'needs // after clickhouse:'],
    ['clickhouse://', 'lacks a host'],
    ['clickhouse://u:p@/db', 'lacks a host'],
    ['clickhouse://a,,b/db', 'lacks a host'],
    ['clickhouse://u:p@a b/db', 'has a host that is no name'],
    ['clickhouse://u:p@h:port/db', 'has a port of h that is no number up to 65535'],
    ['clickhouse://u:p@h:65536/db', 'has a port of h that is no number up to 65535'],
    ['clickhouse://u:p@h/db?nonsense=1', 'has the unknown option nonsense'],
    ['clickhouse://u:p@h/d;b', 'has the database "d;b"'],
    ['clickhouse://u:p@h/db?cluster=a;b', 'has the cluster "a;b"'],
    ['clickhouse://u:p%@h/db', 'has a % that begins no escaped character'],
  ])('%s is refused: it %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('is shown without its password', () => {
    expect(shownStore(parseStore('clickhouse://u:secret@h:1/db'))).toBe(
      'clickhouse://u:***@h:1/db',
    );
    expect(shownStore(parseStore('clickhouse://u@h/db'))).toBe('clickhouse://u@h/db');
    expect(shownStore(parseStore('clickhouse://h/db'))).toBe('clickhouse://h/db');
    expect(shownStore(parseStore('sqlite:/a@b:c'))).toBe('sqlite:/a@b:c');
  });

  it('never shows the password, whatever is in it and around it', () => {
    const around = fc.stringMatching(/^[a-z0-9:/?#@|,%-]{0,5}$/);
    const schemes = fc.constantFrom('clickhouse://', 'clickhouses://', 'clickhose://', 'x', '');
    fc.assert(
      fc.property(schemes, around, around, around, (scheme, before, after, rest) => {
        const text = `${scheme}user:${before}SECRET${after}@${rest}host/db`;
        let said: string;
        try {
          said = shownStore(parseStore(text));
        } catch (error) {
          said = (error as Error).message;
        }
        expect(said).not.toContain('SECRET');
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Files and packages that a file loads, sooner or later; types are gone by then. */
function loadedBy(file: string, isPassed: (text: string) => boolean, seen = new Set<string>()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.startsWith('/')) return seen;
  const pattern = /(?:^|\n)(?:import|export)(?! type)[^;'"]*from '([^']+)'|import\('([^']+)'\)/g;
  for (const [, fixed, late] of readFileSync(file, 'utf8').matchAll(pattern)) {
    const name = (fixed ?? late)!;
    if (isPassed(name)) continue;
    loadedBy(name.startsWith('.') ? join(dirname(file), name) : name, isPassed, seen);
  }
  return seen;
}

it('only who opens a ClickHouse loads its client', () => {
  const program = fileURLToPath(new URL('../cli/index.ts', import.meta.url));
  const engine = './clickhouse/clickhouse.ts';
  expect(loadedBy(program, () => false)).toContain('@clickhouse/client');
  const others = loadedBy(program, (name) => name === engine);
  expect([...others].filter((name) => name.includes('@photostructure'))).toHaveLength(1);
  expect([...others].filter((name) => name.includes('@clickhouse'))).toEqual([]);
  const open = readFileSync(new URL('./open.ts', import.meta.url), 'utf8');
  expect(open).toContain(`await import('${engine}')`);
});
