/** Sends what a program said: one batch at a time, in order, again until it was taken. */
import { batchText, limits } from '@tacho/protocol';
import type { SessionStats } from './api.ts';
import type { Backlog, BatchDraft, Said } from './backlog.ts';
import { type Destination, type Outcome, outcomeOf } from './destination.ts';
import type { Timers } from './timers.ts';
import type { Warnings } from './warnings.ts';

/** What a sender works with. */
export interface SenderOptions {
  backlog: Backlog;
  /** Identity of this connection; batches are numbered within it. */
  clientId: string;
  /** The entry that makes the session known; it goes first to every new agent. */
  start: string;
  /** Finds somebody to send to; asked again when an agent is gone. Rejects for `nobody yet`. */
  seek: () => Promise<Destination>;
  timers: Timers;
  warnings: Warnings;
  /** A number from 0 to below 1. */
  random: () => number;
  /** Epoch milliseconds. */
  nowMs: () => number;
  /** How long things are collected; 250 for an agent and 1000 for a server by default. */
  flushIntervalMs?: number;
  /** Called before a batch is made. */
  beforeBatch?: () => void;
}

/** Characters that are written without letting the program on. */
const sliceCharacters = 32 * 1024;

interface Flight {
  seq: number;
  body: string;
  entries: readonly Said[];
  /** Whether nothing was left behind it. */
  isLast: boolean;
}

/** Delivers a backlog. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #backlog: Backlog;
  #destination: Destination | undefined;
  #receiver: SessionStats['receiver'] = 'seeking';
  #agentId: string | undefined;
  #needsStart = true;
  #seq = 0;
  #sent = 0;
  #draft: BatchDraft | undefined;
  #flight: Flight | undefined;
  #failures = 0;
  #isRunning = false;
  #isStopped = false;
  #wake: (() => void) | undefined;
  #timer: unknown;
  #waiters: { seq: number | undefined; settle: (isDelivered: boolean) => void }[] = [];

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#backlog = options.backlog;
    this.#backlog.onSaid = (isUrgent) => this.#schedule(isUrgent);
  }

  /** Who receives. */
  receiver(): SessionStats['receiver'] {
    return this.#receiver;
  }

  /** Calls delivered so far. */
  sent(): number {
    return this.#sent;
  }

  /** Whether everything said so far is delivered. */
  get isIdle(): boolean {
    return this.#backlog.isEmpty && this.#flight === undefined && this.#draft === undefined;
  }

  /** Starts looking for somebody to send to, and sends. */
  open(): void {
    this.#schedule(true);
  }

  /** Resolves true when all said so far is delivered, false when that takes too long. */
  flush(timeoutMs: number = limits.clientEndTimeoutMs): Promise<boolean> {
    if (this.#isStopped) return Promise.resolve(false);
    if (this.isIdle) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (isDelivered: boolean) => {
        this.#options.timers.clear(timer);
        resolve(isDelivered);
      };
      // The one timer that keeps the process alive: somebody waits for it.
      const timer = this.#options.timers.after(timeoutMs, () => this.#giveUp(settle), true);
      this.#waiters.push({ seq: undefined, settle });
      this.#schedule(true);
      this.#wake?.();
    });
  }

  /**
   * Stops sending and hands over what is not delivered as bodies of batches, in order: the one on
   * its way unchanged, because nobody knows whether it arrived.
   */
  stop(bytesMax: number = limits.clientLastWordsBytesMax): string[] {
    this.#isStopped = true;
    this.#options.timers.clear(this.#timer);
    this.#wake?.();
    const bodies = this.#flight === undefined ? [] : [this.#flight.body];
    let bytes = bodies[0]?.length ?? 0;
    while (bytes < bytesMax && (this.#draft !== undefined || !this.#backlog.isEmpty)) {
      const draft = this.#draft ?? this.#begin(this.#receiver === 'server' ? 'server' : 'agent');
      while (draft.step(Number.POSITIVE_INFINITY));
      const flight = this.#fly(draft);
      if (flight === undefined) break;
      bodies.push(flight.body);
      bytes += flight.body.length;
    }
    return bodies;
  }

  #schedule(isUrgent: boolean): void {
    if (this.#isStopped || this.#isRunning) return;
    if (this.#timer !== undefined) {
      if (!isUrgent) return;
      this.#options.timers.clear(this.#timer);
    }
    const delayMs = isUrgent || this.#destination === undefined ? 0 : this.#intervalMs();
    this.#timer = this.#options.timers.after(delayMs, () => {
      this.#timer = undefined;
      void this.#run();
    });
  }

  #intervalMs(): number {
    const { flushIntervalMs } = this.#options;
    if (flushIntervalMs !== undefined) return flushIntervalMs;
    return this.#receiver === 'agent'
      ? limits.clientFlushIntervalMs
      : limits.clientDirectFlushIntervalMs;
  }

  /** Sends until there is nothing left that could be sent at once. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      for (let isMore = true; isMore && !this.#isStopped; ) isMore = await this.#sendOne();
    } catch {
      // Nothing in here throws on purpose, and a program must not notice if something does.
    }
    this.#isRunning = false;
    if (!this.#backlog.isEmpty || this.#flight !== undefined) {
      this.#schedule(this.#waiters.length > 0);
    }
  }

  /** One batch, or one attempt to find a destination; false when there is nothing more to do. */
  async #sendOne(): Promise<boolean> {
    const destination = await this.#find();
    if (destination === undefined || this.#isStopped) return !this.#isStopped;
    const flight = this.#flight ?? (await this.#write(destination));
    if (flight === undefined || this.#isStopped) {
      if (flight === undefined) this.#settle(this.#seq);
      return false;
    }
    const outcome = await this.#attempt(destination, flight);
    if (this.#isStopped) return false;
    if (outcome.kind === 'later') {
      await this.#rest(outcome, destination);
      return true;
    }
    this.#flight = undefined;
    this.#failures = 0;
    if (outcome.kind === 'taken') this.#note(flight, outcome);
    else this.#refuse(flight.entries, outcome.reason);
    this.#settle(flight.seq);
    return !flight.isLast || this.#waiters.length > 0;
  }

  async #find(): Promise<Destination | undefined> {
    if (this.#destination !== undefined) return this.#destination;
    try {
      this.#destination = await this.#options.seek();
      this.#receiver = this.#destination.receiver;
    } catch {
      await this.#rest({ kind: 'later' }, undefined);
    }
    return this.#destination;
  }

  async #attempt(destination: Destination, flight: Flight): Promise<Outcome> {
    try {
      return outcomeOf(await destination.post(flight.body));
    } catch {
      // An agent may be gone for good, and another one in its place.
      if (destination.receiver === 'agent') this.#destination = undefined;
      return { kind: 'later' };
    }
  }

  /** Writes a batch in slices, with the program's own work in between. */
  async #write(destination: Destination): Promise<Flight | undefined> {
    this.#options.beforeBatch?.();
    if (this.#backlog.isEmpty && this.#draft === undefined) return undefined;
    const draft = this.#draft ?? this.#begin(destination.receiver);
    while (draft.step(sliceCharacters)) {
      await this.#options.timers.turn();
      if (this.#isStopped) return undefined;
    }
    return this.#fly(draft);
  }

  #begin(receiver: Destination['receiver']): BatchDraft {
    const draft = this.#backlog.begin(receiver);
    if (this.#needsStart) draft.unshift({ text: this.#options.start, calls: 0 });
    this.#needsStart = false;
    this.#draft = draft;
    return draft;
  }

  #fly(draft: BatchDraft): Flight | undefined {
    this.#draft = undefined;
    const { entries, isFull } = draft;
    if (entries.length === 0) return undefined;
    const seq = ++this.#seq;
    const texts = entries.map(({ text }) => text);
    // The texts are in the body now; only their rejection would need them again.
    const body = batchText(this.#options.clientId, seq, texts);
    const flight = { seq, body, entries, isLast: !isFull };
    this.#flight = flight;
    if (flight.isLast) {
      for (const waiter of this.#waiters) waiter.seq ??= seq;
    }
    return flight;
  }

  #note({ entries }: Flight, { rejected, agentId }: Extract<Outcome, { kind: 'taken' }>): void {
    const isStranger = rejected.some(({ code }) => code === 'session_not_found');
    const again: Said[] = [];
    let calls = entries.reduce((sum, entry) => sum + entry.calls, 0);
    for (const { index, code, details } of rejected) {
      const entry = entries[index];
      if (entry === undefined) continue;
      calls -= entry.calls;
      // An agent that does not know the session has not heard its start; once is enough to tell.
      if (code === 'session_not_found' && entry.text !== this.#options.start && !entry.isSecond) {
        again.push({ ...entry, isSecond: true });
      } else this.#refuse([entry], details);
    }
    this.#sent += calls;
    if (isStranger || (this.#agentId !== undefined && this.#agentId !== agentId)) {
      this.#needsStart = true;
    }
    this.#agentId = agentId;
    if (again.length === 0) return;
    this.#backlog.addFirst(again);
    for (const waiter of this.#waiters) waiter.seq = undefined;
  }

  #refuse(entries: readonly Said[], reason: string): void {
    const calls = entries.reduce((sum, entry) => sum + entry.calls, 0);
    this.#backlog.drops.add('refused', calls);
    this.#options.warnings.once('refused', `refused for good: ${reason}`);
  }

  /** Waits before the next attempt, at most as long as nobody is in a hurry. */
  async #rest(outcome: Extract<Outcome, { kind: 'later' }>, from: Destination | undefined) {
    const shortestMs = limits.clientRetryMinMs;
    const longestOfAllMs = limits.clientRetryMaxMs;
    const isForbidden = outcome.isForbidden === true && from?.receiver === 'server';
    if (isForbidden) {
      this.#options.warnings.once('forbidden', 'the server refuses: see its URL and the token');
    } else if (outcome.isForbidden) {
      // No agent says that: its port belongs to somebody else by now.
      this.#destination = undefined;
    }
    const longestMs = from?.receiver === 'server' ? longestOfAllMs : limits.clientAgentRetryMaxMs;
    const ceilingMs = Math.min(longestMs, shortestMs * 2 ** this.#failures++);
    const backoffMs = shortestMs / 2 + (ceilingMs - shortestMs / 2) * this.#options.random();
    const waitMs = isForbidden ? longestOfAllMs : backoffMs;
    await this.#sleep(Math.max(waitMs, Math.min(outcome.waitMs ?? 0, longestOfAllMs * 10)));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        this.#options.timers.clear(timer);
        resolve();
      };
    });
  }

  #settle(seq: number): void {
    const isIdle = this.#backlog.isEmpty && this.#flight === undefined;
    const done = this.#waiters.filter((waiter) => isIdle || (waiter.seq ?? Infinity) <= seq);
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { settle } of done) settle(true);
  }

  #giveUp(settle: (isDelivered: boolean) => void): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter.settle !== settle);
    settle(false);
  }
}
