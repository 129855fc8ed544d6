/** A world for the watchdog: a ledger in memory, processes and clocks that do as they are told. */
import { type CauseReport, type EventRecord, eventNames, type LocalEntry } from '@tacho/protocol';
import { gone, type Look, type Processes, type Resources } from '../process.ts';
import type { Clock } from '../watchdog/clock.ts';
import type { Ledger, WatchedSession } from '../watchdog/session.ts';

/** Any entry, as far as tests look at it. */
export type SeenEntry = LocalEntry & {
  atUs: number;
  event: EventRecord;
  cause: CauseReport;
  reason: string;
};

/** Folds what the watchdog says, and what a program said, into its sessions. */
export class TestLedger implements Ledger {
  readonly entries: SeenEntry[] = [];
  readonly #sessions = new Map<string, WatchedSession>();

  add(session: Partial<WatchedSession> = {}): WatchedSession {
    const added: WatchedSession = {
      id: `s${this.#sessions.size + 1}`,
      wire: 'tacho',
      pid: 42,
      armed: false,
      heartbeats: 0,
      resumes: 0,
      paused: false,
      lastActivityUs: 0,
      ...session,
    };
    this.#sessions.set(added.id, added);
    return added;
  }

  sessions(): Iterable<WatchedSession> {
    return this.#sessions.values();
  }

  accept(entries: LocalEntry[]): void {
    for (const entry of entries as SeenEntry[]) {
      this.entries.push(entry);
      const session = this.#sessions.get(entry.session)!;
      if (entry.kind === 'end' || entry.kind === 'crash') session.ended = entry;
      if (entry.event?.name === eventNames.hang) session.hungSinceUs = entry.atUs;
      if (entry.event?.name === eventNames.recover) delete session.hungSinceUs;
    }
  }

  /** What was said since the last call, in short: names of events, and causes with their kinds of end. */
  take(): string[] {
    return this.entries
      .splice(0)
      .map((entry) => entry.event?.name ?? `${entry.kind} ${entry.cause.kind}`);
  }
}

/** A program that says something to the ledger. */
export function beat(session: WatchedSession, atUs: number): void {
  session.armed = true;
  session.heartbeats += 1;
  session.lastHeartbeatUs = atUs;
  session.lastActivityUs = atUs;
}

/** Clocks that are moved by hand. */
export class TestClock implements Clock {
  monotonic = 5_000_000;
  uptime = 7_000_000;
  wall = 1_772_366_400_000;
  monotonicMs = () => this.monotonic;
  uptimeMs = () => this.uptime;
  wallUs = () => this.wall * 1000;

  /** Time passes, and everybody is awake. */
  pass(ms: number): void {
    this.monotonic += ms;
    this.sleep(ms);
  }

  /** The machine sleeps, and the monotonic clock with it. */
  sleep(ms: number): void {
    this.uptime += ms;
    this.wall += ms;
  }
}

/** One process, and nothing else, as it is set. */
export class TestProcesses implements Processes {
  startsAtOnce = true;
  look42: Look = { state: 'running', startTime: 'a' };
  isTraced = false;
  boot = 'boot-1';
  oom = false;
  use: Resources | null = null;
  looks = 0;

  look = (pid: number): Look => {
    this.looks += 1;
    return pid === 42 ? this.look42 : gone;
  };
  traced = () => this.isTraced;
  resources = () => this.use;
  tree = () => [];
  bootId = () => this.boot;
  oomMark = () => ({ path: '', kills: 0, machineKills: 0 });
  oomKilled = () => this.oom;
}
