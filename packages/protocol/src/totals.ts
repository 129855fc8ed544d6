/** Totals: series that were told as growth, summed up since the start of their sessions. */
import type { WireEntry } from './entry.ts';
import { defaultBounds, type Histogram, mergeHistograms } from './histogram.ts';
import { limits } from './limits.ts';
import type { CounterGrowth, Growth, HistogramGrowth } from './local.ts';
import { type Metric, sampleOf } from './metric.ts';
import { seriesKeyText } from './series.ts';

/** A total as it is sent: an ordinary metric. */
export type TotalEntry = Extract<WireEntry, { kind: 'metric' }>;

/** Totals as JSON, for a checkpoint: what was grown so far, and whether it is still to be sent. */
export interface TotalSnapshot {
  growth: Growth;
  changed: boolean;
}

/**
 * Running totals of counters and histograms. Growth adds up whatever its slices, and only what
 * changed since it was last taken is given out again.
 */
export class Totals {
  /** How often growth was left out because its series would have been one too many. */
  overflowed = 0;

  readonly #sessions = new Map<string, Map<string, Total>>();
  #changed = new Set<Total>();

  /** Series that are known. */
  get size(): number {
    let size = 0;
    for (const series of this.#sessions.values()) size += series.size;
    return size;
  }

  /** Series that changed since they were last taken. */
  get changed(): number {
    return this.#changed.size;
  }

  /**
   * Adds growth; keeps none of its arrays. False where nothing changed: growth of nothing, a delta
   * that is not finite, which would spoil the total for ever, or a new series beyond
   * `limits.seriesPerSessionMax`.
   */
  add(growth: Growth): boolean {
    if (growth.type === 'counter' && !Number.isFinite(growth.delta)) return false;
    const series = this.#seriesOf(growth.session);
    const key = keyOf(growth);
    const known = series.get(key);
    if (known === undefined) {
      if (series.size >= limits.seriesPerSessionMax) {
        this.overflowed++;
        return false;
      }
      const total = { growth: copyOf(growth) };
      series.set(key, total);
      this.#changed.add(total);
      return true;
    }
    if (!isGrowth(growth)) return false;
    known.growth = sumOf(known.growth, growth);
    this.#changed.add(known);
    return true;
  }

  /** The series that changed since the last call, with their totals, in the order they changed. */
  take(): TotalEntry[] {
    const taken = [...this.#changed].map(({ growth }) => entryOf(growth));
    this.#changed = new Set();
    return taken;
  }

  /** Forgets the totals of a session that says nothing any more, also those not yet taken. */
  forget(session: string): void {
    for (const total of this.#sessions.get(session)?.values() ?? []) this.#changed.delete(total);
    this.#sessions.delete(session);
  }

  /** All totals, in the order first seen within each session. */
  snapshot(): TotalSnapshot[] {
    const all: TotalSnapshot[] = [];
    for (const series of this.#sessions.values()) {
      for (const total of series.values()) {
        all.push({ growth: copyOf(total.growth), changed: this.#changed.has(total) });
      }
    }
    return all;
  }

  /** Adds what a snapshot holds; what was not to be sent in it does not become so by that alone. */
  restore(snapshot: readonly TotalSnapshot[]): void {
    for (const { growth, changed } of snapshot) {
      const series = this.#seriesOf(growth.session);
      const key = keyOf(growth);
      const known = series.get(key);
      const total = { growth: known === undefined ? copyOf(growth) : sumOf(known.growth, growth) };
      series.set(key, total);
      if (changed || (known !== undefined && this.#changed.has(known))) this.#changed.add(total);
      if (known !== undefined) this.#changed.delete(known);
    }
  }

  #seriesOf(session: string): Map<string, Total> {
    let series = this.#sessions.get(session);
    if (series === undefined) {
      series = new Map();
      this.#sessions.set(session, series);
    }
    return series;
  }
}

interface Total {
  growth: Growth;
}

/** Series are told apart by their bounds as well: counts of different buckets do not add up. */
function keyOf(growth: Growth): string {
  const text = seriesKeyText(growth);
  if (growth.type === 'counter' || growth.bounds === defaultBounds) return text;
  const bounds = growth.bounds.join();
  return bounds === defaultBoundsText ? text : `${text}${bounds}`;
}

const defaultBoundsText = defaultBounds.join();

function isGrowth(growth: Growth): boolean {
  if (growth.type === 'counter') return growth.delta !== 0;
  return growth.notFinite > 0 || growth.counts.some((count) => count > 0);
}

/** Both in one; unit and tags are those that came first. */
function sumOf(a: Growth, b: Growth): Growth {
  const atUs = Math.max(a.atUs, b.atUs);
  if (a.type === 'counter') {
    return { ...a, atUs, delta: finite(a.delta + (b as CounterGrowth).delta) };
  }
  const { bounds, counts, sum, min, max, notFinite } = mergeHistograms(
    histogramOf(a),
    histogramOf(b as HistogramGrowth),
  );
  return { ...a, atUs, bounds, counts, sum: finite(sum), min, max, notFinite };
}

function copyOf(growth: Growth): Growth {
  if (growth.type === 'counter') return { ...growth, tags: [...growth.tags] };
  const { counts, bounds, sum } = growth;
  return {
    ...growth,
    tags: [...growth.tags],
    counts: [...counts],
    bounds: bounds === defaultBounds ? bounds : [...bounds],
    sum: finite(sum),
  };
}

/** A sum that left the range of doubles stays at its edge, where it can be written as a number. */
function finite(sum: number): number {
  if (Number.isNaN(sum)) return 0;
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, sum));
}

function histogramOf({ bounds, counts, sum, min, max, notFinite }: HistogramGrowth): Histogram {
  const count = counts.reduce((total, each) => total + each, 0);
  return { bounds, counts, count, sum, min, max, notFinite };
}

function entryOf(growth: Growth): TotalEntry {
  const { type, session, name, unit, tags, atUs } = growth;
  const metric: Metric =
    type === 'counter'
      ? { type, delta: growth.delta, atUs }
      : { type, histogram: histogramOf(growth), atUs };
  return { kind: 'metric', session, metric: { name, type, unit, tags, atUs, ...sampleOf(metric) } };
}
