/** Scripts: what a run says, gathered in any order and told in that of time. */
import type { CauseReport, EventRecord, JsonObject } from '@tacho/protocol';
import type { Dice } from './dice.ts';
import { hangEvent, recoveryEvent } from './hang.ts';
import { eventRecord, type Said } from './performance.ts';
import type { Fate, Plan } from './plan.ts';

/** Silence after which a watchdog calls a program hung. */
const hangNoticeSec = 3.2;

/** Gathers what a run says. */
export class Script {
  readonly #said: Said[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** So many seconds after the start, in whole milliseconds. */
  us(sec: number): number {
    return this.#plan.startUs + Math.round(sec * 1000) * 1000;
  }

  patch(sec: number, patch: JsonObject): void {
    this.#said.push({ kind: 'patch', atUs: this.us(sec), patch });
  }

  event(sec: number, event: EventRecord): void {
    this.#said.push({ kind: 'event', atUs: this.us(sec), event });
  }

  /** A hang that starts at a moment; it is noticed when it has lasted for some seconds. */
  hang(fromSec: number, toSec: number | undefined): void {
    const noticedSec = fromSec + hangNoticeSec;
    this.event(noticedSec, hangEvent(this.us(noticedSec), hangNoticeSec));
    if (toSec === undefined) return;
    this.event(toSec, recoveryEvent(this.us(toSec), toSec - fromSec));
  }

  /** The end of the run. */
  end(dice: Dice, facts: EndFacts = {}): void {
    this.#said.push(endOf(this.#plan, dice, facts));
  }

  /**
   * All of it in order of time. Nothing is said after the end, nor while the machine sleeps, but by
   * whoever notices the sleep.
   */
  finish(): Said[] {
    const { endUs, asleep, startUs } = this.#plan;
    if (asleep) this.#sleep(asleep);
    const [from, to] = asleep ?? [Infinity, Infinity];
    return this.#said
      .filter(({ atUs }) => atUs <= endUs)
      .filter(({ atUs }) => atUs <= startUs + from * 1e6 || atUs >= startUs + to * 1e6)
      .sort((a, b) => a.atUs - b.atUs || rank(a) - rank(b));
  }

  #sleep([from, to]: readonly [number, number]): void {
    const group = 'platform.power';
    this.event(
      from - 0.4,
      eventRecord('system_suspending', 'info', { group, message: 'Lid closed' }),
    );
    const message = `The machine slept for ${Math.round((to - from) / 60)} minutes`;
    const data = { slept_seconds: Math.round(to - from) };
    this.event(to + 0.7, eventRecord('system_resumed', 'info', { group, message, data }));
  }
}

/** An end comes after everything else of its instant. */
function rank({ kind }: Said): number {
  return kind === 'patch' || kind === 'event' ? 0 : 1;
}

/** What is known of a program when it ended. */
export interface EndFacts {
  hungSec?: number;
  exitCode?: number;
  signal?: string;
  rssBytes?: number;
  cpuPercent?: number;
  threads?: number;
  bootId?: string;
}

function endOf(plan: Plan, dice: Dice, facts: EndFacts): Said {
  const atUs = plan.endUs;
  const { fate } = plan;
  const known = { ...causeFacts(facts) };
  switch (fate) {
    case 'ended':
      return { kind: 'end', atUs };
    case 'exited':
      return { kind: 'end', atUs, cause: { kind: 'exited', exit_code: 0, ...known } };
    case 'stopped': {
      const signal = facts.signal ?? dice.pick(['SIGINT', 'SIGTERM']);
      return { kind: 'end', atUs, cause: { kind: 'terminated_by_user', signal, ...known } };
    }
    case 'lost':
      return { kind: 'silence', atUs };
    case 'machine_lost': {
      const noticedUs = atUs + dice.whole(140, 600) * 1_000_000;
      return { kind: 'crash', atUs, reason: fate, cause: { kind: fate, ...known }, noticedUs };
    }
    default: {
      const cause = { ...crashCause(fate, facts), ...known };
      return { kind: 'crash', atUs, reason: reasonOf(cause), cause };
    }
  }
}

type Crash = Exclude<Fate, 'ended' | 'exited' | 'stopped' | 'lost' | 'machine_lost'>;

function crashCause(fate: Crash, { exitCode = 1, hungSec = 0 }: EndFacts): CauseReport {
  const hung_ms = Math.round(hungSec * 1000);
  switch (fate) {
    case 'failed':
      return { kind: 'failed', exit_code: exitCode };
    case 'uncaught':
      return { kind: 'uncaught', exit_code: exitCode };
    case 'segfault':
      return { kind: 'signaled', signal: 'SIGSEGV', core_dumped: true };
    case 'abort':
      return { kind: 'signaled', signal: 'SIGABRT', core_dumped: true };
    case 'out_of_memory':
      return { kind: 'out_of_memory', signal: 'SIGKILL', oom: true };
    case 'segfault_while_hung':
      return { kind: 'killed_while_hung', signal: 'SIGSEGV', core_dumped: true, hung_ms };
    case 'killed_while_hung':
      return { kind: 'killed_while_hung', signal: 'SIGKILL', hung_ms };
  }
}

function causeFacts({ bootId, rssBytes, cpuPercent, threads }: EndFacts): Partial<CauseReport> {
  if (rssBytes === undefined) return bootId === undefined ? {} : { boot_id: bootId };
  return {
    ...(bootId !== undefined && { boot_id: bootId }),
    resources: {
      ...(cpuPercent !== undefined && { cpu_percent: cpuPercent }),
      rss_bytes: rssBytes,
      ...(threads !== undefined && { threads }),
    },
  };
}

/** The reasons that an agent gives. */
function reasonOf({ kind, exit_code: code, signal }: CauseReport): string {
  if (kind === 'failed') return `exit_status_${code}`;
  if (kind === 'signaled') return `killed_by_${signal}`;
  return kind === 'uncaught' ? 'uncaught_exception' : kind;
}
