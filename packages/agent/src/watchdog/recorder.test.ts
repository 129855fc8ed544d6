/** The watchdog and the recorder: what one says, the other keeps, cuts for the server, and knows again later. */
import type { LocalEntry } from '@tacho/protocol';
import { beforeEach, expect, test } from 'vitest';
import { MemoryJournal } from '../journal.ts';
import { gone } from '../process.ts';
import { Recorder } from '../recorder.ts';
import { TestClock, TestProcesses } from '../testing/watched.ts';
import { startWatchdog, type Watchdog } from '../watchdog.ts';

const session = '5e551000-0000-4000-8000-000000000001';

let clock: TestClock;
let processes: TestProcesses;
let journal: MemoryJournal;
let recorder: Recorder;
let watchdog: Watchdog;

beforeEach(() => {
  clock = new TestClock();
  processes = new TestProcesses();
  journal = new MemoryJournal();
  recorder = new Recorder({
    journal,
    nowUs: () => clock.wallUs(),
    startOf: (pid) => processes.look(pid).startTime,
  });
  watchdog = startWatchdog({ recorder, processes, clock, intervalMs: 0 });
});

function say(entry: object): void {
  recorder.accept([{ session, atUs: clock.wallUs(), ...entry } as LocalEntry]);
}

function ticks(seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    clock.pass(1000);
    watchdog.tick();
  }
}

/** What a server is told, in short. */
function told(): string[] {
  recorder.cut();
  return journal.cuts.flat().map((entry) => {
    if (entry.kind === 'event') return entry.event.name;
    return 'witness' in entry && entry.witness ? 'witness' : entry.kind;
  });
}

test('a hang, its recovery and the end of the process reach the server once, in order', () => {
  say({
    kind: 'start',
    start: { product: 'p', version: '1' },
    watch: { pid: 42, heartbeatTimeoutMs: 5_000, wire: 'datacat' },
  });
  ticks(7);
  expect(recorder.session(session)?.hungSinceUs).toBe(clock.wallUs());
  say({ kind: 'heartbeat' });
  ticks(2);
  expect(recorder.session(session)).not.toHaveProperty('hungSinceUs');
  processes.look42 = gone;
  ticks(3);
  expect(recorder.session(session)?.ended).toMatchObject({ kind: 'crash' });
  ticks(10);
  expect(told()).toEqual([
    'start',
    'application_appears_hung',
    'witness',
    'application_recovered',
    'parent_process_crashed',
    'crash',
  ]);
});

test('an end that was said is not followed by another', () => {
  say({ kind: 'start', start: { product: 'p', version: '1' }, watch: { pid: 42 } });
  ticks(2);
  say({ kind: 'end' });
  processes.look42 = gone;
  ticks(10);
  expect(told()).toEqual(['start', 'end']);
});

test('a process of another namespace, which has its id from there, is left alone', () => {
  say({
    kind: 'start',
    start: { product: 'p', version: '1' },
    watch: { pid: 42, processStart: 'of another process' },
  });
  processes.look42 = gone;
  ticks(100);
  expect(told()).toEqual(['start']);
});

test('a program that was gone before its first word arrived ended as it said', () => {
  processes.look42 = gone;
  say({ kind: 'start', start: { product: 'p', version: '1' }, watch: { pid: 42 } });
  ticks(100);
  expect(told()).toEqual(['start']);
  say({ kind: 'exit', code: 3 });
  ticks(3);
  expect(told()).toEqual(['start', 'crash']);
  expect(recorder.session(session)?.ended).toMatchObject({ kind: 'crash' });
});
