/** Laws of the vigil: over random histories of beats, pauses, stops, sleeps and settings of the clock. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beat, TestClock, TestLedger, TestProcesses } from '../testing/watched.ts';
import { startWatchdog } from '../watchdog.ts';

type Action =
  | { do: 'beat' | 'pause' | 'resume' | 'stop' | 'continue' | 'trace' | 'untrace' | 'restart' }
  | { do: 'ticks'; count: number }
  | { do: 'sleep' | 'sleepAwake' | 'freeze' | 'jump'; ms: number };

const timeoutMs = 8_000;
const hour = 3600_000;

const ticks = fc.record({ do: fc.constant('ticks' as const), count: fc.nat(12) });
const plain = fc.record({
  do: fc.constantFrom(
    'beat',
    'beat',
    'pause',
    'resume',
    'stop',
    'continue',
    'trace',
    'untrace',
    'restart',
  ),
});
const passing = fc.record({
  do: fc.constantFrom('sleep', 'sleepAwake', 'freeze'),
  ms: fc.constantFrom(1_500, 4_000, 30_000, 8 * hour),
});
const jump = fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(hour, -hour) });
const histories = fc.array(fc.oneof(ticks, ticks, plain, passing, jump) as fc.Arbitrary<Action>, {
  maxLength: 60,
});

/** What was said, each with the number of the tick at which, and how the world stood then. */
interface Said {
  tick: number;
  name: string;
  /** Silence means nothing now. */
  excused: boolean;
  /** Silence since the last thing that makes it meaningless. */
  silentMs: number;
}

function live(history: readonly Action[]): { said: Said[]; silentMs: number; hung: boolean } {
  const clock = new TestClock();
  const ledger = new TestLedger();
  const processes = new TestProcesses();
  const start = () => startWatchdog({ recorder: ledger, processes, clock, intervalMs: 0 });
  let watchdog = start();
  const session = ledger.add({ heartbeatTimeoutMs: timeoutMs, processStart: 'a' });
  const said: Said[] = [];
  let tick = 0;
  let silentMs = 0;
  const look = (gapMs: number, sleptMs: number) => {
    const stopped = processes.look42.state === 'stopped';
    const away = gapMs > 5_000 || sleptMs > 5_000;
    const excused = session.paused || stopped || processes.isTraced || !session.armed || away;
    silentMs = excused ? 0 : silentMs + gapMs;
    tick += 1;
    watchdog.tick();
    for (const name of ledger.take()) {
      said.push({ tick, name, excused: excused || gapMs > 2_000, silentMs });
    }
  };
  watchdog.tick();
  for (const action of history) {
    switch (action.do) {
      case 'ticks':
        for (let i = 0; i < action.count; i++) {
          clock.pass(1000);
          look(1000, 0);
        }
        break;
      case 'sleep':
        clock.sleep(action.ms);
        clock.pass(1000);
        look(1000, action.ms);
        break;
      case 'sleepAwake':
      case 'freeze':
        clock.pass(action.ms);
        look(action.ms, 0);
        break;
      case 'jump':
        clock.wall += action.ms;
        break;
      case 'beat':
        beat(session, clock.wallUs());
        silentMs = 0;
        break;
      case 'restart':
        watchdog = start();
        watchdog.tick();
        for (const name of ledger.take()) said.push({ tick, name, excused: false, silentMs: 0 });
        silentMs = 0;
        break;
      default:
        if (action.do === 'resume') silentMs = 0;
        set(action.do, session, processes);
    }
  }
  return { said, silentMs, hung: session.hungSinceUs !== undefined };
}

function set(what: string, session: { paused: boolean; resumes: number }, world: TestProcesses) {
  if (what === 'pause') session.paused = true;
  if (what === 'resume') {
    session.paused = false;
    session.resumes += 1;
  }
  if (what === 'stop') world.look42 = { state: 'stopped', startTime: 'a' };
  if (what === 'continue') world.look42 = { state: 'running', startTime: 'a' };
  if (what === 'trace') world.isTraced = true;
  if (what === 'untrace') world.isTraced = false;
}

test('hangs and recoveries take turns, and a hang comes first', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const names = live(history).said.map((one) => one.name);
      names.forEach((name, i) => {
        expect(name).toBe(i % 2 === 0 ? 'application_appears_hung' : 'application_recovered');
      });
    }),
    { numRuns: 500 },
  );
});

test('nothing hangs that is paused, stopped, traced, asleep or unarmed, or was until just now', () => {
  fc.assert(
    fc.property(histories, (history) => {
      for (const { name, excused, silentMs } of live(history).said) {
        if (name !== 'application_appears_hung') continue;
        expect(excused).toBe(false);
        expect(silentMs).toBeGreaterThan(timeoutMs);
      }
    }),
    { numRuns: 500 },
  );
});

test('whatever is silent for long enough hangs', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const { silentMs, hung } = live([...history, { do: 'ticks', count: 1 }]);
      // Of a tick that came late up to three seconds do not count, and the next one judges.
      if (silentMs > 3 * timeoutMs) expect(hung).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a wall clock that is set changes nothing of what is said, and when', () => {
  fc.assert(
    fc.property(histories, (history) => {
      // After a restart all that is left of the past are the times that the wall gave.
      const lived = history.filter((action) => action.do !== 'restart');
      const steady = lived.filter((action) => action.do !== 'jump');
      const short = ({ tick, name }: Said) => `${tick} ${name}`;
      expect(live(lived).said.map(short)).toEqual(live(steady).said.map(short));
    }),
    { numRuns: 500 },
  );
});
