/** Tables of processes: what is known at once, what a little later, and how seldom they are asked for. */
import { beforeEach, expect, test } from 'vitest';
import type { Processes } from '../process.ts';
import { type Listing, type TableRow, tableProcesses } from './table.ts';

let alive: Set<number>;
let nowMs: number;
let rows: TableRow[];
let asked: (readonly number[] | null)[];
let answer: (() => void)[];
let listing: Listing;
let processes: Processes;

beforeEach(() => {
  alive = new Set([1, 10, 11, 12]);
  nowMs = 0;
  rows = [row(1, 0), row(10, 1), row(11, 10), row(12, 11)];
  asked = [];
  answer = [];
  listing = {
    list(pids, done) {
      asked.push(pids);
      const found = pids === null ? rows : rows.filter((one) => pids.includes(one.pid));
      answer.push(() => done(found));
    },
    isAlive: (pid) => alive.has(pid),
    nowMs: () => nowMs,
    rowAgeMs: 5_000,
    bootId: () => 'boot-1',
  };
  processes = tableProcesses(listing);
});

function row(pid: number, parent: number, more: Partial<TableRow> = {}): TableRow {
  return {
    pid,
    parent,
    startTime: String(1000 + pid),
    state: 'running',
    traced: false,
    userUs: 1,
    systemUs: 2,
    childUserUs: 0,
    childSystemUs: 0,
    rssBytes: 3,
    threads: 4,
    openFiles: 5,
    readBytes: 6,
    writtenBytes: 7,
    ...more,
  };
}

function answers(): void {
  for (const one of answer.splice(0)) one();
}

test('who lives and who is gone is known at once, since when a little later', () => {
  expect(processes.look(10)).toEqual({ state: 'running', startTime: null });
  expect(processes.look(99)).toEqual({ state: 'gone', startTime: null });
  expect(processes.look(-1).state).toBe('gone');
  expect(processes.resources(10)).toBeNull();
  answers();
  expect(processes.look(10)).toEqual({ state: 'running', startTime: '1010' });
  expect(processes.resources(10)).toMatchObject({ rssBytes: 3, threads: 4 });
  alive.delete(10);
  expect(processes.look(10).state).toBe('gone');
  expect(processes.resources(10)).toBeNull();
});

test('since when is known at once where one process is listed fast', () => {
  processes = tableProcesses({
    ...listing,
    listNow: (pid) => rows.find((one) => one.pid === pid)!,
  });
  expect(processes.look(10)).toEqual({ state: 'running', startTime: '1010' });
  expect(asked).toEqual([]);
});

test('a row is asked for once in its age, together with others', () => {
  for (let i = 0; i < 30; i++) {
    processes.look(10);
    processes.look(11);
    answers();
    nowMs += 1000;
  }
  expect(asked.length).toBeLessThanOrEqual(12);
  expect(asked.slice(0, 2)).toEqual([[10], [11]]);
});

test('one listing runs at a time, however slow', () => {
  for (let i = 0; i < 30; i++) {
    processes.look(10);
    processes.tree(10);
    nowMs += 1000;
  }
  expect(asked).toHaveLength(1);
  answers();
  processes.tree(10);
  expect(asked).toHaveLength(2);
});

test('a stop, a tracer and another process of the same id show when the row is renewed', () => {
  processes.look(10);
  answers();
  rows[1] = row(10, 1, { state: 'stopped', traced: true, startTime: '2000' });
  expect(processes.look(10)).toEqual({ state: 'running', startTime: '1010' });
  nowMs += 5_001;
  processes.look(10);
  answers();
  expect(processes.look(10)).toEqual({ state: 'stopped', startTime: '2000' });
  expect(processes.traced(10)).toBe(true);
});

test('nothing is told of a process by the row of one that is gone', () => {
  processes.look(10);
  answers();
  alive.delete(10);
  processes.look(10);
  alive.add(10);
  expect(processes.look(10)).toEqual({ state: 'running', startTime: null });
});

test('a listing that fails changes nothing', () => {
  processes.look(10);
  answers();
  nowMs += 5_001;
  listing.list = (_, done) => done(null);
  expect(processes.look(10)).toEqual({ state: 'running', startTime: '1010' });
});

test('a tree holds descendants, and none that are older than who has the id of their parent now', () => {
  expect(processes.tree(10)).toEqual([]);
  answers();
  expect(processes.tree(10).map((one) => one.pid)).toEqual([10, 11, 12]);
  rows[2] = row(11, 10, { startTime: '999' });
  nowMs += 1000;
  processes.tree(10);
  answers();
  expect(processes.tree(10).map((one) => one.pid)).toEqual([10]);
  expect(processes.tree(99)).toEqual([]);
});

test('the start of the machine is asked for once', () => {
  let times = 0;
  listing.bootId = () => {
    times += 1;
    return null;
  };
  processes = tableProcesses(listing);
  expect([processes.bootId(), processes.bootId(), times]).toEqual([null, null, 1]);
});
