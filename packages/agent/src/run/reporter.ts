/** Tells the agent what is seen of a command, or the server where there is no agent; never waits, never throws. */
import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Backlog,
  type CounterSeries,
  type HistogramSeries,
  Sender,
  systemTimers,
  Warnings,
} from '@tacho/client/sending';
import { entryText, type LocalEntry, limits, makeHistogram, seriesKeyText } from '@tacho/protocol';
import type { AgentPlace } from './agent-place.ts';
import type { Ledger, SeriesName } from './samples.ts';
import { makeSeek } from './seek.ts';

/** A reporter of one session. */
export class Reporter implements Ledger {
  readonly #place: AgentPlace;
  readonly #backlog: Backlog;
  readonly #sender: Sender;
  readonly #clientId = randomUUID();
  readonly #counters = new Map<string, CounterSeries>();
  readonly #histograms = new Map<string, HistogramSeries>();

  constructor(start: Extract<LocalEntry, { kind: 'start' }>, place: AgentPlace) {
    this.#place = place;
    this.#backlog = new Backlog(start.session);
    this.#sender = new Sender({
      backlog: this.#backlog,
      clientId: this.#clientId,
      start: entryText(start),
      seek: makeSeek(place),
      timers: systemTimers(),
      warnings: new Warnings(undefined),
      random: Math.random,
      nowMs: Date.now,
    });
    this.#sender.open();
  }

  say(entry: LocalEntry, isUrgent = false): void {
    this.#backlog.add({ text: entryText(entry), calls: 1 }, isUrgent);
  }

  /** A sign of life; only the latest one is sent. */
  beat(session: string, atUs: number): void {
    this.#backlog.beat(entryText({ kind: 'heartbeat', session, atUs }));
  }

  count(name: SeriesName, atUs: number, delta: number): void {
    const key = seriesKeyText({ ...name, type: 'counter' });
    let series = this.#counters.get(key);
    if (series === undefined) {
      if (this.#counters.size >= limits.seriesPerSessionMax) return;
      series = { ...name, type: 'counter', delta: 0, atMs: 0, calls: 0 };
      this.#counters.set(key, series);
    }
    this.#backlog.growths.count(series, atUs / 1_000, delta);
  }

  observe(name: SeriesName, atUs: number, value: number): void {
    const key = seriesKeyText({ ...name, type: 'histogram' });
    let series = this.#histograms.get(key);
    if (series === undefined) {
      if (this.#histograms.size >= limits.seriesPerSessionMax) return;
      const histogram = makeHistogram();
      series = { ...name, type: 'histogram', bounds: undefined, histogram, atMs: 0, calls: 0 };
      this.#histograms.set(key, series);
    }
    this.#backlog.growths.observe(series, atUs / 1_000, value);
  }

  /** Whether batches go to the server itself, which draws no conclusions from an exit. */
  get isDirect(): boolean {
    const { agentUrl, isNamed, directory } = this.#place;
    const isSettled = isNamed ? agentUrl === undefined : directory === undefined;
    return isSettled || this.#sender.receiver() === 'server';
  }

  /** Says what comes after everything else. */
  sayLast(entries: readonly LocalEntry[]): void {
    for (const entry of entries) {
      const text = entryText(entry);
      this.#backlog.addLast({ text, calls: 1, ...(entry.kind === 'exit' && { isLocal: true }) });
    }
  }

  /**
   * Delivers what is left: at once where somebody listens and nobody hurries, otherwise into a file
   * that the next agent takes. Never rejects.
   */
  async end(hurry: Promise<void>): Promise<void> {
    const late = hurry.then(() => false);
    const isDelivered = await Promise.race([this.#sender.flush(this.#waitMs()), late]);
    if (!isDelivered) this.#leave(this.#sender.stop());
  }

  #waitMs(): number {
    // Nobody else would deliver it.
    return this.isDirect ? limits.runDirectEndMs : limits.runEndMs;
  }

  #leave(bodies: readonly string[]): void {
    const { directory } = this.#place;
    if (directory === undefined || bodies.length === 0) return;
    const path = join(directory, 'last-words', `${this.#clientId}.json`);
    try {
      writeFileSync(`${path}.tmp`, `${bodies.join('\n')}\n`, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    } catch {
      // There is no place for it; the command has nothing to do with that.
    }
  }
}
