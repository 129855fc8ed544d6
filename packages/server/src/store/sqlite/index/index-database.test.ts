/** The index database: made when missing, kept when it fits, made anew when it does not. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cursors, indexFileOf, openIndex } from './index-database.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tacho-index-'));
  file = indexFileOf(join(dir, 'tacho.db'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Opens the index, leaves a mark in it if asked to, and says which mark was there. */
function visit(mark?: number): number {
  const index = openIndex(file);
  const cursors = new Cursors(index);
  const found = cursors.get('mark');
  if (mark !== undefined) cursors.set('mark', mark);
  index.close();
  return found;
}

describe('the index database', () => {
  it('keeps what it was told, in a file for its owner only', () => {
    expect(visit(7)).toBe(0);
    expect(visit()).toBe(7);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is made anew when it has another version', () => {
    visit(7);
    const index = openIndex(file);
    index.exec('PRAGMA user_version = 999');
    index.close();
    expect(visit(8)).toBe(0);
    expect(visit()).toBe(8);
  });

  it('is made anew when its file is no database', () => {
    writeFileSync(file, 'x'.repeat(10_000));
    expect(visit(7)).toBe(0);
    expect(visit()).toBe(7);
  });

  it('lives in memory where it cannot be written', () => {
    file = join(dir, 'missing', 'tacho-index.db');
    expect(visit(7)).toBe(0);
    expect(visit()).toBe(0);
  });
});
