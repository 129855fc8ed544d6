/** Signals: those that we get are the command's, unless it got them from the terminal as well. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { limits } from '@tacho/protocol';
import { isInFront, type ProcessSignals, signalsOf } from './terminal.ts';

/** What is forwarded; everything else either cannot be caught or means us. */
const forwarded = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
  'SIGTSTP',
] as const;

/** A signal that is forwarded. */
export type Forwarded = (typeof forwarded)[number];

/** Those that a terminal gives to everybody in the foreground, the command included. */
const ofTerminal: readonly Forwarded[] = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGWINCH', 'SIGHUP'];

const endings: readonly Forwarded[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Whether the command has a signal already that reached us. */
function isDelivered(signal: Forwarded, inFront: boolean): boolean {
  return inFront && ofTerminal.includes(signal);
}

/** Forwards signals from now on, also those that come before there is a command. */
export class Forwarding {
  #pid: number | undefined;
  readonly #early: Forwarded[] = [];
  readonly #listeners = new Map<Forwarded, () => void>();
  #onHurry: (() => void) | undefined;

  constructor() {
    for (const signal of forwarded) {
      if (process.platform === 'win32' && !windowsSignals.includes(signal)) continue;
      const listener = (): void => this.#forward(signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** The command is there. */
  to(pid: number): void {
    this.#pid = pid;
    for (const signal of this.#early.splice(0)) this.#forward(signal);
  }

  /** The command has ended: resolves when a signal tells us to come to our end as well. */
  release(): Promise<void> {
    this.#pid = undefined;
    return new Promise((resolve) => {
      this.#onHurry = resolve;
    });
  }

  /** Signals are ours again, with what they do by default. */
  stop(): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
    this.#listeners.clear();
    this.#pid = undefined;
  }

  #forward(signal: Forwarded): void {
    const pid = this.#pid;
    if (this.#onHurry !== undefined) this.#hurry(signal);
    else if (pid === undefined) this.#early.push(signal);
    else this.#pass(pid, signal);
  }

  #pass(pid: number, signal: Forwarded): void {
    if (!isDelivered(signal, isInFront(signal))) send(pid, signal);
    else if (signal === 'SIGINT' || signal === 'SIGQUIT') this.#makeSure(pid, signal);
    if (signal === 'SIGTSTP') this.#rest();
  }

  #hurry(signal: Forwarded): void {
    if (endings.includes(signal)) this.#onHurry?.();
    if (signal === 'SIGTSTP') this.#rest();
  }

  /**
   * Somebody may have sent it to us alone. A command that does nothing about the signal would be
   * dead if it had got it; one that has ways of its own is believed to have it.
   */
  #makeSure(pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
    setTimeout(() => {
      const signals = this.#pid === pid ? signalsOf(pid) : undefined;
      if (signals !== undefined && isByDefault(signals, signal)) send(pid, signal);
    }, limits.runSignalGraceMs).unref();
  }

  /** Stops as one does who has no handler: not at all where nobody could wake us. */
  #rest(): void {
    const listener = this.#listeners.get('SIGTSTP');
    if (listener === undefined) return;
    process.off('SIGTSTP', listener);
    process.kill(process.pid, 'SIGTSTP');
    setTimeout(() => {
      if (this.#listeners.has('SIGTSTP')) process.on('SIGTSTP', listener);
    }, wakeMs).unref();
  }
}

/** Signals that Windows knows in some way. */
const windowsSignals: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Time until a stop has happened. */
const wakeMs = 50;

function send(pid: number, signal: Forwarded): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended, or became somebody else's.
  }
}

function isByDefault({ caught, ignored }: ProcessSignals, signal: 'SIGINT' | 'SIGQUIT'): boolean {
  const bit = 1n << BigInt(constants.signals[signal] - 1);
  return (caught & bit) === 0n && (ignored & bit) === 0n;
}

/**
 * Ends this process as the command ended; does not return. Who waits for us sees the same status,
 * except where our own end by that signal would leave a core dump of us beside the command's.
 */
export function endLike(end: { code: number } | { signal: NodeJS.Signals }): void {
  if ('code' in end) process.exit(end.code);
  const code = 128 + (constants.signals[end.signal] ?? 0);
  if (process.platform === 'win32' || isDeaf(end.signal) || leavesCore(end.signal)) {
    process.exit(code);
  }
  process.kill(process.pid, end.signal);
  setTimeout(() => process.exit(code), lastResortMs);
}

/** Longest wait for a signal that was sent to ourselves. */
const lastResortMs = 1_000;

/** Node ignores these, and cannot be told otherwise. */
function isDeaf(signal: NodeJS.Signals): boolean {
  return signal === 'SIGPIPE' || signal === 'SIGXFSZ';
}

const coreSignals: readonly string[] = [
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGSYS',
  'SIGXCPU',
];

function leavesCore(signal: NodeJS.Signals): boolean {
  if (!coreSignals.includes(signal)) return false;
  try {
    if (readFileSync('/proc/sys/kernel/core_pattern', 'utf8').startsWith('|')) return true;
    return !/^Max core file size +0 /m.test(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return true;
  }
}
