/** The watchdog with clocks and processes that do as they are told: what it says, when, and what it does not say. */
import { beforeEach, describe, expect, test } from 'vitest';
import { gone, type Resources } from './process.ts';
import { beat, TestClock, TestLedger, TestProcesses } from './testing/watched.ts';
import type { WatchedSession } from './watchdog/session.ts';
import { startWatchdog, type Watchdog, type WatchdogOptions } from './watchdog.ts';

const hang = 'application_appears_hung';
const recovery = 'application_recovered';

let ledger: TestLedger;
let clock: TestClock;
let processes: TestProcesses;
let watchdog: Watchdog;

beforeEach(() => {
  clock = new TestClock();
  begin();
});

/** A watchdog that knows nothing; the clock goes on. */
function begin(options: Partial<WatchdogOptions> = {}): void {
  ledger = new TestLedger();
  processes = new TestProcesses();
  watchdog = startWatchdog({ recorder: ledger, processes, clock, intervalMs: 0, ...options });
}

function ticks(seconds: number): string[] {
  for (let i = 0; i < seconds; i++) {
    clock.pass(1000);
    watchdog.tick();
  }
  return ledger.take();
}

/** A session that is watched and has beaten once. */
function beating(session: Partial<WatchedSession> = {}): WatchedSession {
  const added = ledger.add({ processStart: 'a', lastActivityUs: clock.wallUs(), ...session });
  beat(added, clock.wallUs());
  watchdog.tick();
  return added;
}

describe('a program that beats', () => {
  test('hangs when it is silent for longer than the time-out, once, until it recovers, once', () => {
    const session = beating({ heartbeatTimeoutMs: 10_000 });
    expect(ticks(10)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
    expect(ticks(100)).toEqual([]);
    beat(session, clock.wallUs());
    expect(ticks(1)).toEqual([recovery]);
    expect(ticks(10)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
  });

  test('is said to hang now, since its last heartbeat, and to have hung for so long', () => {
    const session = beating({ heartbeatTimeoutMs: 10_000 });
    const beatUs = clock.wallUs();
    for (let i = 0; i < 11; i++) {
      clock.pass(1000);
      watchdog.tick();
    }
    expect(ledger.entries).toEqual([
      {
        kind: 'event',
        session: 's1',
        atUs: beatUs + 11e6,
        event: {
          name: hang,
          level: 'error',
          category: 'error',
          group: 'tacho.agent',
          labels: ['heartbeat', 'hung'],
          message: 'Application appears hung: no heartbeat for 11 seconds',
          data: {
            last_heartbeat: '2026-03-01T12:00:00.000Z',
            seconds_since_heartbeat: 11,
            timeout_seconds: 10,
            hang_start: '2026-03-01T12:00:00.000Z',
          },
        },
      },
    ]);
    ledger.take();
    clock.pass(600);
    beat(session, clock.wallUs());
    const recoveredUs = clock.wallUs();
    clock.pass(400);
    watchdog.tick();
    expect(ledger.entries).toMatchObject([
      {
        atUs: recoveredUs,
        event: {
          name: recovery,
          data: { hang_start: '2026-03-01T12:00:00.000Z', hung_seconds: 11.6 },
        },
      },
    ]);
  });

  test('is spoken of in the words of DataCat on its wire', () => {
    beating({ wire: 'datacat', heartbeatTimeoutMs: 5_000 });
    for (let i = 0; i < 6; i++) {
      clock.pass(1000);
      watchdog.tick();
    }
    expect(ledger.entries[0]?.event).toMatchObject({ name: hang, group: 'datacat.daemon' });
  });

  test('has a minute when it names no time-out, and three seconds at least', () => {
    beating();
    expect(ticks(60)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
    begin();
    beating({ heartbeatTimeoutMs: 1 });
    expect(ticks(3)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
  });

  test('is not watched for hangs before its first heartbeat, unless it named a time-out', () => {
    const session = ledger.add();
    expect(ticks(1000)).toEqual([]);
    session.armed = true;
    session.heartbeatTimeoutMs = 5_000;
    expect(ticks(5)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
  });

  test('hangs by its own time-out, whoever else is watched', () => {
    beating({ heartbeatTimeoutMs: 4_000 });
    const other = beating({ heartbeatTimeoutMs: 8_000 });
    ticks(1);
    beat(other, clock.wallUs());
    expect(ticks(8)).toEqual([hang]);
    expect(ticks(1)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
  });

  test('is watched for hangs as well when its process is unknown or not to be watched', () => {
    const unknown = beating({ heartbeatTimeoutMs: 4_000 });
    delete unknown.pid;
    beating({ heartbeatTimeoutMs: 4_000, watch: false, pid: 77 });
    expect(ticks(5)).toEqual([hang, hang]);
    expect(ticks(100)).toEqual([]);
  });
});

describe('silence that is no hang', () => {
  test.each<[string, (session: WatchedSession, on: boolean) => void]>([
    ['paused monitoring', (session, on) => (session.paused = on)],
    [
      'a stopped process',
      (_, on) => (processes.look42 = { state: on ? 'stopped' : 'running', startTime: 'a' }),
    ],
    ['a process under a debugger', (_, on) => (processes.isTraced = on)],
  ])('%s', (_, set) => {
    const session = beating({ heartbeatTimeoutMs: 10_000 });
    ticks(8);
    set(session, true);
    expect(ticks(100)).toEqual([]);
    set(session, false);
    expect(ticks(1).concat(ticks(11)).at(-1)).toBe(hang);
  });

  test('a pause that began and ended between two looks', () => {
    const session = beating({ heartbeatTimeoutMs: 10_000 });
    ticks(9);
    session.resumes += 1;
    expect(ticks(11)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
  });

  test('a sleeping machine, whether its monotonic clock goes on or not', () => {
    beating({ heartbeatTimeoutMs: 10_000 });
    ticks(9);
    clock.sleep(8 * 3600_000);
    expect(ticks(10)).toEqual([]);
    clock.pass(8 * 3600_000);
    expect(ticks(10)).toEqual([]);
    expect(ticks(2)).toEqual([hang]);
  });

  test('a machine that stands still for some seconds', () => {
    const session = beating({ heartbeatTimeoutMs: 3_000 });
    clock.pass(4_500);
    watchdog.tick();
    expect(ticks(1)).toEqual([]);
    beat(session, clock.wallUs());
    expect(ticks(3)).toEqual([]);
  });

  test('a stopped agent, which could not hear', () => {
    const session = beating({ heartbeatTimeoutMs: 10_000 });
    ticks(5);
    clock.pass(60_000);
    watchdog.tick();
    beat(session, clock.wallUs());
    expect(ticks(10)).toEqual([]);
  });

  test('an agent that is short of time: what lies in its sockets is read before it judges', () => {
    const session = beating({ heartbeatTimeoutMs: 3_000 });
    for (let i = 0; i < 20; i++) {
      clock.pass(3_500);
      watchdog.tick();
      beat(session, clock.wallUs());
    }
    expect(ledger.take()).toEqual([]);
  });

  test.each([3600_000, -3600_000])('a wall clock that is set by %i ms changes nothing', (jump) => {
    const session = beating({ heartbeatTimeoutMs: 10_000 });
    ticks(5);
    clock.wall += jump;
    expect(ticks(5)).toEqual([]);
    expect(ticks(1)).toEqual([hang]);
    ticks(3);
    clock.wall += jump;
    ticks(1);
    beat(session, clock.wallUs());
    clock.pass(1000);
    watchdog.tick();
    expect(ledger.entries[0]).toMatchObject({
      event: { name: recovery, data: { hung_seconds: 15 } },
    });
    ledger.take();
    expect(ticks(11)).toEqual([hang]);
    beat(session, clock.wallUs());
    clock.wall -= jump;
    clock.pass(1000);
    watchdog.tick();
    expect(ledger.entries).toMatchObject([
      { atUs: clock.wallUs(), event: { name: recovery, data: { hung_seconds: 12 } } },
    ]);
  });
});

describe('a process that is gone', () => {
  test('ends its session within two looks, and nothing is said of it again', () => {
    const session = beating();
    ticks(3);
    processes.look42 = gone;
    const foundUs = clock.wallUs() + 1e6;
    expect(ticks(1)).toEqual([]);
    clock.pass(1000);
    watchdog.tick();
    expect(ledger.entries).toEqual([
      {
        kind: 'crash',
        session: session.id,
        atUs: foundUs,
        reason: 'process_gone',
        cause: { kind: 'crashed', boot_id: 'boot-1' },
      },
    ]);
    ledger.take();
    expect(ticks(100)).toEqual([]);
  });

  test('is reported on the wire of DataCat as its programs expect', () => {
    beating({ wire: 'datacat' });
    processes.look42 = gone;
    clock.pass(1000);
    watchdog.tick();
    watchdog.tick();
    expect(ledger.entries).toMatchObject([
      {
        kind: 'event',
        atUs: clock.wallUs(),
        event: {
          name: 'parent_process_crashed',
          level: 'critical',
          group: 'datacat.daemon',
          labels: ['crash', 'process'],
          data: { parent_pid: 42 },
        },
      },
      { kind: 'crash', atUs: clock.wallUs(), reason: 'parent_process_terminated' },
    ]);
  });

  test('is told from another that was given its id', () => {
    beating();
    ticks(2);
    processes.look42 = { state: 'running', startTime: 'b' };
    expect(ticks(2)).toEqual(['crash crashed']);
  });

  test('is told as well by a watchdog that came later', () => {
    ledger.add({ processStart: 'before', lastActivityUs: 77e6 });
    ticks(1);
    watchdog.tick();
    expect(ledger.entries).toMatchObject([{ kind: 'crash', atUs: 77e6 }]);
  });

  test('may be a zombie, which tells how it ended', () => {
    beating();
    ticks(1);
    processes.look42 = { state: 'zombie', startTime: 'a', exit: { code: 3 } };
    ticks(1);
    processes.look42 = gone;
    clock.pass(1000);
    watchdog.tick();
    expect(ledger.entries).toMatchObject([
      { reason: 'exit_status_3', cause: { kind: 'failed', exit_code: 3 } },
    ]);
  });

  test('is not concluded from the id alone when no agent ever saw it alive', () => {
    ledger.add({ pid: 4711 });
    expect(ticks(1000)).toEqual([]);
    // A stranger has the same id here, and goes.
    ledger.add({ pid: 42 });
    expect(ticks(10)).toEqual([]);
    processes.look42 = gone;
    expect(ticks(1000)).toEqual([]);
  });

  test('is recognised where start times are told later, or never', () => {
    processes.startsAtOnce = false;
    ledger.add();
    ticks(2);
    processes.look42 = { state: 'running', startTime: 'b' };
    expect(ticks(2)).toEqual(['crash crashed']);
    begin();
    ledger.add();
    processes.look42 = { state: 'running', startTime: null };
    ticks(2);
    processes.look42 = gone;
    expect(ticks(2)).toEqual(['crash crashed']);
  });

  test('is dated by what it said last, unless the clock was set since', () => {
    for (const [aheadUs, atUs] of [
      [3e6, 3e6],
      [3600e6, 0],
    ] as const) {
      begin();
      const session = beating();
      ticks(1);
      processes.look42 = gone;
      clock.pass(1000);
      watchdog.tick();
      session.lastActivityUs = clock.wallUs() + aheadUs;
      const foundUs = clock.wallUs();
      watchdog.tick();
      expect(ledger.entries).toMatchObject([{ kind: 'crash', atUs: foundUs + atUs }]);
    }
  });

  test('is not the end of a session whose process is not to be watched, or of one that has ended', () => {
    beating({ watch: false });
    beating().ended = true;
    processes.look42 = gone;
    expect(ticks(30)).toEqual([]);
  });

  test('does not hang', () => {
    beating({ heartbeatTimeoutMs: 3_000, parent: true });
    ticks(2);
    processes.look42 = gone;
    expect(ticks(10)).toEqual(['crash crashed']);
  });

  test('was hung for as long as it was silent', () => {
    beating({ heartbeatTimeoutMs: 10_000 });
    ticks(20);
    processes.look42 = gone;
    clock.wall -= 3600_000;
    ticks(0);
    clock.pass(1000);
    watchdog.tick();
    watchdog.tick();
    expect(ledger.entries.at(-1)?.cause).toMatchObject({
      kind: 'killed_while_hung',
      hung_ms: 21_000,
    });
  });

  test('has time for its last words, which are taken in first', () => {
    const taken: string[] = [];
    begin({
      takeLastWords(session) {
        taken.push(session.id);
        session.exit = { code: 0, atUs: clock.wallUs() - 700_000 };
      },
    });
    beating();
    ticks(1);
    processes.look42 = gone;
    ticks(1);
    expect(taken).toEqual(['s1']);
    const atUs = clock.wallUs() - 700_000;
    clock.pass(1000);
    watchdog.tick();
    expect(taken).toEqual(['s1']);
    expect(ledger.entries).toMatchObject([
      { kind: 'end', atUs, cause: { kind: 'exited', exit_code: 0 } },
    ]);
  });

  test('ends nothing that its last words ended already', () => {
    begin({
      takeLastWords(session) {
        session.ended = true;
      },
    });
    beating();
    processes.look42 = gone;
    expect(ticks(10)).toEqual([]);
  });

  test('is left to its parent to explain, for five seconds', () => {
    const told = beating({ parent: true });
    processes.look42 = gone;
    expect(ticks(3)).toEqual([]);
    told.exit = { signal: 'SIGSEGV', atUs: clock.wallUs() };
    watchdog.tick();
    expect(ledger.take()).toEqual(['crash signaled']);
    begin();
    beating({ parent: true });
    processes.look42 = gone;
    expect(ticks(5)).toEqual([]);
    expect(ticks(1)).toEqual(['crash crashed']);
  });

  test('is gone at once when its parent says so', () => {
    const told = beating({ parent: true });
    told.exit = { code: 2 };
    watchdog.tick();
    expect(ledger.take()).toEqual(['crash failed']);
  });

  test('went with its machine when that was started anew', () => {
    ledger.add({ processStart: 'a', bootId: 'boot-0', lastActivityUs: 123e6 });
    ticks(1);
    watchdog.tick();
    expect(ledger.entries).toMatchObject([
      {
        kind: 'crash',
        atUs: 123e6,
        reason: 'machine_lost',
        cause: { kind: 'machine_lost', boot_id: 'boot-0' },
      },
    ]);
  });

  test('leaves behind what it used last', () => {
    const use = (seconds: number): Resources => ({
      userUs: seconds * 0.75e6,
      systemUs: seconds * 0.25e6,
      rssBytes: 1e6,
      threads: 7,
      openFiles: null,
      readBytes: null,
      writtenBytes: null,
    });
    beating();
    processes.use = use(0);
    ticks(1);
    processes.use = use(5);
    ticks(10);
    processes.look42 = gone;
    processes.oom = true;
    ticks(1);
    watchdog.tick();
    expect(ledger.entries[0]?.cause).toEqual({
      kind: 'out_of_memory',
      oom: true,
      boot_id: 'boot-1',
      resources: { cpu_percent: 50, rss_bytes: 1e6, threads: 7 },
    });
  });
});

describe('a session', () => {
  test('has a witness while its process is seen alive', () => {
    const session = beating();
    expect([watchdog.sees(session.id), watchdog.needs(session.id)]).toEqual([true, true]);
    ticks(3600);
    expect([watchdog.sees(session.id), watchdog.needs(session.id)]).toEqual([true, true]);
    processes.look42 = gone;
    ticks(1);
    expect([watchdog.sees(session.id), watchdog.needs(session.id)]).toEqual([false, true]);
    ticks(5);
    expect(session.ended).toBeDefined();
    expect(watchdog.sees(session.id)).toBe(false);
  });

  test('needs an agent for a quarter of an hour after its last word when no process is known', () => {
    const session = ledger.add({ pid: 4711 });
    expect(watchdog.needs(session.id)).toBe(true);
    ticks(800);
    clock.wall += 3600_000;
    session.lastActivityUs = clock.wallUs();
    ticks(899);
    expect(watchdog.needs(session.id)).toBe(true);
    expect(watchdog.sees(session.id)).toBe(false);
    ticks(3);
    expect(watchdog.needs(session.id)).toBe(false);
    expect(session.ended).toBeUndefined();
  });
});

describe('a watchdog that comes back', () => {
  test('recovers a hang that another noticed, once', () => {
    const session = ledger.add({
      processStart: 'a',
      armed: true,
      heartbeats: 9,
      hungSinceUs: clock.wallUs() - 30e6,
      heartbeatTimeoutMs: 10_000,
    });
    expect(ticks(5)).toEqual([]);
    beat(session, clock.wallUs());
    clock.pass(1000);
    watchdog.tick();
    expect(ledger.entries).toMatchObject([
      { event: { name: recovery, data: { hung_seconds: 45 } } },
    ]);
    ledger.take();
    expect(ticks(9)).toEqual([]);
  });

  test('recovers it at once when the heartbeat came before it did', () => {
    ledger.add({
      processStart: 'a',
      armed: true,
      heartbeats: 9,
      hungSinceUs: 5e6,
      lastHeartbeatUs: 6e6,
    });
    expect(ticks(10)).toEqual([recovery]);
  });

  test('watches the others when one session cannot be watched', () => {
    const warnings: string[] = [];
    begin({ warn: (message) => warnings.push(message) });
    ledger.add();
    Object.defineProperty([...ledger.sessions()][0]!, 'pid', {
      get() {
        throw new Error('broken');
      },
    });
    beating({ heartbeatTimeoutMs: 3_000 });
    expect(ticks(4)).toEqual([hang]);
    expect(warnings[0]).toBe('cannot watch session s1: Error: broken');
  });
});
