/** Meters of trees: each microsecond counts once, whoever lives or ends in between. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { gone, type Processes, type ProcessRow } from '../process.ts';
import { linuxProcesses } from './linux.ts';
import { TreeMeter } from './tree.ts';

function row(pid: number, parent: number, use: Partial<ProcessRow> = {}): ProcessRow {
  return {
    pid,
    parent,
    startTime: `s${pid}`,
    userUs: 0,
    systemUs: 0,
    childUserUs: 0,
    childSystemUs: 0,
    rssBytes: 100,
    threads: 1,
    openFiles: 3,
    readBytes: 0,
    writtenBytes: 0,
    ...use,
  };
}

/** A world of rows, from which trees are cut by parent. */
function meterOf(): { meter: TreeMeter; set(...rows: ProcessRow[]): void } {
  let all: ProcessRow[] = [];
  const below = (pid: number): ProcessRow[] =>
    all.filter((one) => one.parent === pid).flatMap((one) => [one, ...below(one.pid)]);
  const processes: Processes = {
    startsAtOnce: true,
    look(pid) {
      const found = all.find((one) => one.pid === pid);
      return found ? { state: 'running', startTime: found.startTime } : gone;
    },
    tree: (pid) => [...all.filter((one) => one.pid === pid), ...below(pid)],
    traced: () => false,
    resources: () => null,
    bootId: () => null,
    oomMark: () => null,
    oomKilled: () => false,
  };
  return {
    meter: new TreeMeter(processes, 1),
    set(...rows) {
      all = rows;
    },
  };
}

describe('a meter of a tree', () => {
  test('sums up the living', () => {
    const { meter, set } = meterOf();
    set(row(1, 0, { userUs: 5, readBytes: 1 }), row(2, 1, { userUs: 7, threads: 4 }));
    expect(meter.sample()).toEqual({
      processes: 2,
      userUs: 12,
      systemUs: 0,
      rssBytes: 200,
      threads: 5,
      openFiles: 6,
      readBytes: 1,
      writtenBytes: 0,
    });
  });

  test('counts what an ended child used once, seen before or not', () => {
    const { meter, set } = meterOf();
    set(row(1, 0), row(2, 1, { userUs: 50, writtenBytes: 10 }));
    expect(meter.sample()?.userUs).toBe(50);
    // The child used 10 more and ended, and another came and went unseen with 5.
    set(row(1, 0, { childUserUs: 65, writtenBytes: 12 }));
    expect(meter.sample()).toMatchObject({ userUs: 65, writtenBytes: 12, processes: 1 });
    set(row(1, 0, { userUs: 1, childUserUs: 65, writtenBytes: 12 }));
    expect(meter.sample()).toMatchObject({ userUs: 66, writtenBytes: 12 });
  });

  test('keeps what a child used for which nobody waited', () => {
    const { meter, set } = meterOf();
    set(row(1, 0), row(2, 1, { systemUs: 50 }));
    meter.sample();
    set(row(1, 0), row(3, 1, { systemUs: 4 }));
    expect(meter.sample()?.systemUs).toBe(54);
  });

  test('keeps members whose parent is gone, and what they start later', () => {
    const { meter, set } = meterOf();
    set(row(1, 0), row(2, 1), row(3, 2));
    meter.sample();
    set(row(1, 0), row(3, 99), row(4, 3, { userUs: 8 }));
    expect(meter.sample()).toMatchObject({ processes: 3, userUs: 8 });
    // The root ends as well.
    set(row(4, 99, { userUs: 9 }));
    expect(meter.sample()).toMatchObject({ processes: 1, userUs: 9 });
  });

  test('does not take a process for a member that was given the id of one', () => {
    const { meter, set } = meterOf();
    set(row(1, 0), row(2, 1, { userUs: 3 }));
    meter.sample();
    set(row(1, 0), row(2, 99, { startTime: 'later', userUs: 1000 }));
    expect(meter.sample()).toMatchObject({ processes: 1, userUs: 3 });
  });

  test('says of the tree what its members say, and nothing more', () => {
    const { meter, set } = meterOf();
    set(
      row(1, 0, { readBytes: null, writtenBytes: null, openFiles: null }),
      row(2, 1, { threads: 0 }),
    );
    expect(meter.sample()).toMatchObject({ openFiles: null, processes: 1, threads: 1 });
    set(row(1, 0, { readBytes: null, writtenBytes: null }));
    expect(meter.sample()).toMatchObject({ readBytes: null, writtenBytes: null });
    set();
    expect(meter.sample()).toBeNull();
  });
});

describe.runIf(process.platform === 'linux')('a meter of real processes', () => {
  test('counts the work of children that are gone', async () => {
    const work = 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done';
    const shell = spawn('sh', ['-c', `(${work}); (${work}); echo done; read wait`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const meter = new TreeMeter(linuxProcesses(), shell.pid!);
    const samples = [meter.sample()!.userUs];
    const timer = setInterval(() => samples.push(meter.sample()!.userUs), 20);
    await once(shell.stdout, 'data');
    clearInterval(timer);
    samples.push(meter.sample()!.userUs);
    shell.stdin.end();
    expect(samples).toEqual(samples.toSorted((a, b) => a - b));
    const row = linuxProcesses().tree(shell.pid!)[0];
    expect(row === undefined || samples.at(-1)! >= row.userUs + row.childUserUs - 20_000).toBe(
      true,
    );
    expect(samples.at(-1)).toBeGreaterThan(0);
    await once(shell, 'exit');
    expect(meter.sample()).toBeNull();
  });
});
