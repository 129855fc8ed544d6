/** The watchdog: looks after the programs of all sessions, and says when one hangs, recovers or is gone. */
import { type CauseResources, limits } from '@tacho/protocol';
import type { ExitStatus, Look, OomMark, Processes, Resources } from './process.ts';
import { Attention, type Clock, machineClock, type Step } from './watchdog/clock.ts';
import { causeResources, conclude } from './watchdog/conclusion.ts';
import { endNotices, hangNotice, recoveryNotice } from './watchdog/notices.ts';
import { isTold, type Ledger, lastWords, type WatchedSession } from './watchdog/session.ts';
import { observe, type Standing, startVigil, type Vigil } from './watchdog/vigil.ts';

/** What a watchdog works with. */
export interface WatchdogOptions {
  recorder: Ledger;
  processes: Processes;
  /** The machine's own when absent. */
  clock?: Clock;
  /** Default `limits.watchIntervalMs`; 0 = only when `tick` is called. */
  intervalMs?: number;
  /** Hands over what a process that is gone left on disk, before its session is concluded. */
  takeLastWords?(session: WatchedSession): void;
  /** Told of what went wrong with one session; the others are watched on. */
  warn?(message: string): void;
}

/** A running watchdog. */
export interface Watchdog {
  /** Looks at once; a told exit need not wait. */
  tick(): void;
  /** Whether the session's process was alive at the last look: then the agent is its witness. */
  sees(sessionId: string): boolean;
  /**
   * Whether a session that has not ended needs an agent: its process is alive, or its end is about to be concluded,
   * or it spoke within `limits.lostAfterMs`, by clocks that nobody can set.
   */
  needs(sessionId: string): boolean;
  stop(): void;
}

/**
 * Starts to watch all sessions that the recorder knows, those that come later included. Nobody's end
 * but that of a session's own process ends a session. Never keeps the process alive, never throws.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { clock = machineClock, intervalMs = limits.watchIntervalMs } = options;
  const attention = new Attention(clock, intervalMs || limits.watchIntervalMs, limits.watchAwayMs);
  const guard = new Guard(options);
  const tick = () => guard.look(attention.step());
  const timer = intervalMs > 0 ? setInterval(tick, intervalMs).unref() : undefined;
  return {
    tick,
    sees: (id) => guard.sees(id),
    needs: (id) => guard.needs(id),
    stop: () => clearInterval(timer),
  };
}

/** What is remembered of a session, in memory only. */
interface Watch {
  vigil: Vigil;
  /** This watchdog saw the process alive, and still did at the last look. */
  seen: boolean;
  alive: boolean;
  /** How long nothing was seen or heard of it, and what it had said last then. */
  quietMs: number;
  lastActivityUs: number;
  startTime: string | null;
  /** Set once the process was found gone. */
  death?: Death;
  sample: { resources: Resources; ageMs: number } | null;
  resources: CauseResources | null;
  oomMark: OomMark | null;
}

/** A process that was found gone, and how long its last words were waited for since. */
interface Death {
  atUs: number;
  /** How long it had been silent. */
  silentMs: number;
  waitedMs: number;
  status?: ExitStatus;
}

class Guard {
  readonly #options: WatchdogOptions;
  readonly #bootId: string | null;
  readonly #watches = new Map<string, Watch>();

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#bootId = options.processes.bootId();
  }

  look(step: Step): void {
    const open = new Set<string>();
    for (const session of [...this.#options.recorder.sessions()]) {
      if (session.ended) continue;
      open.add(session.id);
      try {
        this.#attend(session, step);
      } catch (error) {
        this.#options.warn?.(`cannot watch session ${session.id}: ${error}`);
      }
    }
    for (const id of this.#watches.keys()) if (!open.has(id)) this.#watches.delete(id);
  }

  sees(id: string): boolean {
    return this.#watches.get(id)?.alive ?? false;
  }

  needs(id: string): boolean {
    return (this.#watches.get(id)?.quietMs ?? 0) < limits.lostAfterMs;
  }

  #attend(session: WatchedSession, step: Step): void {
    const known = this.#watches.get(session.id);
    const watch = known ?? newWatch(session, step);
    if (!known) this.#watches.set(session.id, watch);
    const look = this.#look(session, watch);
    const alive = look !== null && isSame(session, watch, look);
    watch.alive = alive;
    const isQuiet = !alive && watch.lastActivityUs === session.lastActivityUs;
    watch.quietMs = isQuiet ? watch.quietMs + step.heardMs : 0;
    watch.lastActivityUs = session.lastActivityUs;
    if (alive && session.pid !== undefined) this.#note(watch, session.pid, look, step);
    const over = this.#isOver(session, watch, alive);
    // The dead do not hang.
    const stopped = over || look?.state === 'stopped';
    const traced = () => look !== null && this.#options.processes.traced(session.pid ?? 0);
    const time = known ? step : { ...step, gapMs: 0, heardMs: 0 };
    this.#listen(session, watch, time, { stopped, traced });
    if (over) this.#bury(session, watch, step, look);
  }

  /**
   * Null when nothing is known of the session's process: a process whose start the recorder did not
   * note, although it could have, has its id from elsewhere, and a stranger has the same id here.
   */
  #look({ pid, processStart }: WatchedSession, watch: Watch): Look | null {
    if (pid === undefined) return null;
    const { processes } = this.#options;
    const look = processes.look(pid);
    const noted = processStart !== undefined || watch.seen || !processes.startsAtOnce;
    return noted || look.startTime === null ? look : null;
  }

  /** Hangs and recoveries. */
  #listen(session: WatchedSession, watch: Watch, step: Step, standing: Standing): void {
    const { recorder } = this.#options;
    const finding = observe(watch.vigil, session, step, standing);
    const { wallUs } = step;
    if (finding.kind === 'hang') {
      recorder.accept([hangNotice(session, wallUs, finding.silentMs, finding.timeoutMs)]);
    } else if (finding.kind === 'recovery') {
      const atUs = beatUs(session, wallUs);
      const hungMs = finding.hungMs - (wallUs - atUs) / 1000;
      recorder.accept([recoveryNotice(session, atUs, Math.max(0, hungMs))]);
    }
  }

  /** Remembers what will not be there to be asked for when the process is gone. */
  #note(watch: Watch, pid: number, look: Look, step: Step): void {
    watch.seen = true;
    watch.startTime ??= look.startTime;
    if (watch.sample) watch.sample.ageMs += step.gapMs;
    if (watch.sample && watch.sample.ageMs < limits.watchResourcesMs) return;
    const { processes } = this.#options;
    watch.oomMark = processes.oomMark(pid);
    const resources = processes.resources(pid);
    if (resources === null) return;
    const { sample } = watch;
    watch.resources = causeResources(resources, sample?.resources ?? null, sample?.ageMs ?? 0);
    watch.sample = { resources, ageMs: 0 };
  }

  /**
   * Whether the session's process is gone. A process that no agent ever saw alive may live where its
   * id means another one: its silence is for the server to judge, unless it left its last words. So
   * does a program that was gone before its first word arrived.
   */
  #isOver(session: WatchedSession, watch: Watch, alive: boolean): boolean {
    if (watch.death !== undefined || (session.parent && isTold(session.exit))) return true;
    if (session.pid === undefined || session.watch === false) return false;
    if (this.#rebooted(session)) return true;
    if (alive) return false;
    return session.processStart !== undefined || watch.seen || lastWords(session) !== undefined;
  }

  /** First takes in what the process said last, then concludes. */
  #bury(session: WatchedSession, watch: Watch, step: Step, look: Look | null): void {
    const first = watch.death === undefined;
    const death = watch.death ?? this.#death(session, watch, step);
    watch.death = death;
    // Its parent may take the status away any moment.
    if (look?.state === 'zombie' && look.exit && isOfStart(session, watch, look)) {
      death.status ??= look.exit;
    }
    if (first) this.#options.takeLastWords?.(session);
    else death.waitedMs += step.gapMs;
    const waited = session.parent ? death.waitedMs >= limits.parentWordMs : !first;
    if (waited || (session.parent && isTold(session.exit))) this.#conclude(session, watch, death);
  }

  /** Whoever died while nobody watched gave its last sign with its last entry. */
  #death(session: WatchedSession, watch: Watch, { wallUs }: Step): Death {
    if (watch.seen && !this.#rebooted(session)) {
      return { atUs: wallUs, silentMs: watch.vigil.silentMs, waitedMs: 0 };
    }
    const atUs = session.lastActivityUs;
    return { atUs, silentMs: startVigil(session, atUs).silentMs, waitedMs: 0 };
  }

  #conclude(session: WatchedSession, watch: Watch, death: Death): void {
    const { recorder, processes } = this.#options;
    // What was taken in meanwhile may hold the end itself.
    if (session.ended) return;
    const { pid } = session;
    const atUs = endUs(session, death.atUs);
    const conclusion = conclude(session, {
      atUs,
      ...(death.status ? { status: death.status } : {}),
      oom: pid !== undefined && watch.seen && processes.oomKilled(pid, watch.oomMark),
      rebooted: this.#rebooted(session),
      bootId: this.#bootId,
      silentMs: death.silentMs,
      resources: watch.resources,
    });
    recorder.accept(endNotices(session, atUs, conclusion));
  }

  #rebooted({ bootId }: WatchedSession): boolean {
    return bootId !== undefined && this.#bootId !== null && bootId !== this.#bootId;
  }
}

function newWatch(session: WatchedSession, step: Step): Watch {
  return {
    vigil: startVigil(session, step.wallUs),
    seen: false,
    alive: false,
    quietMs: 0,
    lastActivityUs: session.lastActivityUs,
    startTime: null,
    sample: null,
    resources: null,
    oomMark: null,
  };
}

/** Whether a look shows the session's own process alive, not one that was given its id later. */
function isSame(session: WatchedSession, watch: Watch, look: Look): boolean {
  return look.state !== 'gone' && look.state !== 'zombie' && isOfStart(session, watch, look);
}

function isOfStart(session: WatchedSession, watch: Watch, { startTime }: Look): boolean {
  const expected = session.processStart ?? watch.startTime;
  return expected === null || startTime === null || startTime === expected;
}

/** When the heartbeat was sent that ended a hang, unless the clock was set in between. */
function beatUs({ lastHeartbeatUs }: WatchedSession, wallUs: number): number {
  return lastHeartbeatUs !== undefined && isNear(lastHeartbeatUs, wallUs)
    ? lastHeartbeatUs
    : wallUs;
}

/** As told, or as found, but not before what the process said last. */
function endUs(session: WatchedSession, foundUs: number): number {
  const exit = lastWords(session);
  if (isTold(exit) && exit?.atUs !== undefined) return exit.atUs;
  const { lastActivityUs } = session;
  return lastActivityUs > foundUs && isNear(lastActivityUs, foundUs) ? lastActivityUs : foundUs;
}

/** Differences that a wait explains, and no setting of the clock. */
function isNear(oneUs: number, otherUs: number): boolean {
  return Math.abs(oneUs - otherUs) <= 10e6;
}
