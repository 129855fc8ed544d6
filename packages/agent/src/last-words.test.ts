/** Last words: taken once, by the agent that they are for, and never lost to a half-written file. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLastWords } from './last-words.ts';

const session = '5e551000-5555-4555-8555-555555555555';
const stranger = '5e552000-5555-4555-8555-555555555555';
let directory: string;
let taken: string[];
let warnings: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tacho-words-'));
  taken = [];
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const batch = (seq: number, entries: object[]) =>
  JSON.stringify({ spoolId: 'c', seq, entries: entries.map((one) => ({ session, ...one })) });
const exit = { kind: 'exit', code: 3 };

function take(takesForeign = false): Set<string> {
  return takeLastWords({
    directory,
    nowUs: () => Date.now() * 1000,
    knows: (id) => id === session,
    take: ({ spoolId, seq, entries }) => {
      taken.push(`${spoolId} ${seq} ${entries.map(({ kind }) => kind).join()}`);
    },
    takesForeign,
    warn: (text) => warnings.push(text),
  });
}

function write(name: string, text: string, ageMs = 0): void {
  const path = join(directory, name);
  writeFileSync(path, text);
  const seconds = (Date.now() - ageMs) / 1000;
  utimesSync(path, seconds, seconds);
}

describe('last words', () => {
  it('are taken line by line, and once', () => {
    write('c.json', `${batch(4, [{ kind: 'heartbeat' }])}\n${batch(5, [exit])}\n`);
    expect(take()).toEqual(new Set([session]));
    expect(take()).toEqual(new Set());
    expect(taken).toEqual(['c 4 heartbeat', 'c 5 exit']);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('of several programs are taken in the order in which they were written', () => {
    write('b.json', batch(1, [exit]), 1_000);
    write('a.json', batch(2, [exit]), 2_000);
    take();
    expect(taken).toEqual(['c 2 exit', 'c 1 exit']);
  });

  it('that are still being written wait', () => {
    write('c.json.tmp', batch(1, [exit]));
    take(true);
    expect(taken).toEqual([]);
    expect(readdirSync(directory)).toEqual(['c.json.tmp']);
  });

  it('that were cut off give what is whole', () => {
    write('c.json', `${batch(4, [exit])}\n{"spoolId":"c","se`);
    take();
    expect(taken).toEqual(['c 4 exit']);
    expect(warnings).toEqual(['1 lines of last words were not understood']);
  });

  it('are left to the agent that knows their session', () => {
    write('c.json', batch(1, [{ ...exit, session: stranger }]), 60_000);
    take(true);
    expect(taken).toEqual([]);
    expect(readdirSync(directory)).toEqual(['c.json']);
  });

  it('of a program that never met an agent are taken when nobody else did', () => {
    const start = { kind: 'start', product: 'P', version: 'V', session: stranger };
    write('c.json', batch(1, [start, { ...exit, session: stranger }]), 1_000);
    take(true);
    expect(taken).toEqual([]);
    write('c.json', batch(1, [start, { ...exit, session: stranger }]), 60_000);
    take(false);
    expect(taken).toEqual([]);
    take(true);
    expect(taken).toEqual(['c 1 start,exit']);
  });

  it('that cannot be taken now stay where they are', () => {
    write('c.json', batch(1, [exit]));
    const full = () => {
      throw new Error('no space');
    };
    const options = { directory, nowUs: () => Date.now() * 1000, knows: () => true, take: full };
    takeLastWords({ ...options, takesForeign: false, warn: (text) => warnings.push(text) });
    expect(warnings).toEqual(['last words are left where they are: no space']);
    expect(readdirSync(directory)).toEqual(['c.json']);
  });

  it('are no trouble where there is no directory', () => {
    rmSync(directory, { recursive: true });
    expect(take()).toEqual(new Set());
  });
});
