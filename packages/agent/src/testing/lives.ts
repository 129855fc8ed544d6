/** Agents that die and come back over one directory of spools, and the server they deliver to, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type LocalEntry, parseJson, readIngest, type WireEntry } from '@tacho/protocol';
import { onTestFinished } from 'vitest';
import { Recorder } from '../recorder.ts';
import { type Due, Spool, type SpoolOptions } from '../spool.ts';

/** Instant of all tests, epoch microseconds. */
export const nowUs = Date.UTC(2026, 0, 1) * 1000;

/** A session that tests speak of. */
export const session = '5e551000-0000-4000-8000-000000000001';

/** A directory that goes with the test. */
export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tacho-agent-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The start of a session. */
export function start(id = session): LocalEntry {
  const said = { product: 'p', version: '1' };
  return { kind: 'start', session: id, atUs: nowUs, start: said, watch: {} };
}

/** An event of this name. */
export function event(name: string, id = session): LocalEntry {
  const rest = { group: '', labels: null, message: '', data: null };
  const record = { name, level: 'info' as const, category: 'info', ...rest };
  return { kind: 'event', session: id, atUs: nowUs, event: record };
}

/** One life of an agent. */
export interface Life {
  recorder: Recorder;
  spool: Spool;
  warnings: string[];
}

/** Starts an agent; every one before it on the same root counts as dead, whether it was closed or not. */
export function live(root: string, changes: Partial<SpoolOptions> = {}): Life {
  const warnings: string[] = [];
  const start = `life-${++lives}`;
  const look = () => ({ state: 'running' as const, startTime: start });
  const spool = new Spool({
    root,
    processes: { look, bootId: () => 'boot' },
    nowUs: () => nowUs,
    warn: (text) => warnings.push(text),
    ...changes,
  });
  const recorder = new Recorder({ journal: spool, nowUs: () => nowUs });
  spool.adopt(recorder);
  return { recorder, spool, warnings };
}

let lives = 0;

/** A server that takes each batch once and notes what it was told. */
export class Server {
  readonly entries: WireEntry[] = [];
  readonly #seen = new Set<string>();

  /** Takes a batch; one that is no batch throws. */
  take({ outbox, batch }: Due): void {
    const body = outbox.body(batch);
    if (body === undefined) throw new Error('the body is lost');
    this.takeBody(gunzipSync(body).toString());
  }

  takeBody(text: string): void {
    const { spoolId, seq, entries, rejected } = readIngest(
      parseJson(text),
      Date.now() * 1000 + nowUs,
    );
    if (rejected.length > 0) throw new Error(`rejected: ${rejected[0]?.details}`);
    const key = `${spoolId} ${seq}`;
    if (!this.#seen.has(key)) this.entries.push(...entries);
    this.#seen.add(key);
  }

  /** Names of the events, in order. */
  events(): string[] {
    return this.entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event.name] : []));
  }

  /** Takes everything that is due. */
  async drain({ spool }: Life): Promise<void> {
    await spool.settled();
    for (let due = spool.due; due !== undefined; due = spool.due) {
      this.take(due);
      spool.done(due);
    }
  }
}
