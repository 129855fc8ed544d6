/** What was said and not yet cut into batches, merged so that little is sent and nothing changes its meaning. */
import {
  limits,
  type MetricInput,
  type TotalSnapshot,
  Totals,
  type WireColumns,
  type WireEntry,
  type WireSeries,
} from '@tacho/protocol';
import type { Said } from './session-record.ts';

/**
 * Merges entries of many sessions until they are taken: of heartbeats the last one stays, samples of
 * a series become columns, growth becomes totals. Patches and events stay as they are, in order.
 */
export class Pending {
  readonly #totals = new Totals();
  #sessions = new Map<string, Gathered>();
  #entries = 0;

  /** Entries gathered since they were last taken, before merging. */
  get size(): number {
    return this.#entries;
  }

  /** How often growth was left out because its session has too many series. */
  get overflowed(): number {
    return this.#totals.overflowed;
  }

  /** Gathers what is to be told of a session. */
  add(entry: Said): void {
    this.#entries++;
    switch (entry.kind) {
      case 'growth':
        this.#totals.add(entry);
        return;
      case 'start':
        this.#of(entry.session).start = entry;
        return;
      case 'patch':
      case 'event':
        this.#of(entry.session).said.push(entry);
        return;
      case 'heartbeat':
        addHeartbeat(this.#of(entry.session), entry);
        return;
      case 'metric':
        addMetric(this.#of(entry.session), entry);
        return;
      case 'columns':
        addColumns(this.#of(entry.session), entry);
        return;
      case 'end':
      case 'crash':
        this.#of(entry.session).ends.push(entry);
    }
  }

  /**
   * All that is to be sent, sessions in the order in which they spoke, the end of a session after
   * everything else of it.
   */
  take(): WireEntry[] {
    const taken: WireEntry[] = [];
    for (const entry of this.#totals.take()) this.#of(entry.session).totals.push(entry);
    for (const [session, gathered] of this.#sessions) {
      if (gathered.start !== undefined) taken.push(gathered.start);
      for (const entry of gathered.said) if (entry !== undefined) taken.push(entry);
      for (const group of gathered.columns.values()) taken.push(...columnsOf(session, group));
      taken.push(...gathered.metrics, ...gathered.totals, ...gathered.ends);
    }
    this.#sessions = new Map();
    this.#entries = 0;
    return taken;
  }

  /** Forgets the totals of a session. */
  forget(session: string): void {
    this.#totals.forget(session);
  }

  /** The totals so far, for a checkpoint; all else has to be taken before. */
  totals(): TotalSnapshot[] {
    return this.#totals.snapshot();
  }

  /** Adds totals of a checkpoint. */
  restoreTotals(totals: readonly TotalSnapshot[]): void {
    this.#totals.restore(totals);
  }

  #of(session: string): Gathered {
    let gathered = this.#sessions.get(session);
    if (gathered === undefined) {
      gathered = newGathered();
      this.#sessions.set(session, gathered);
    }
    return gathered;
  }
}

type Heartbeat = Extract<WireEntry, { kind: 'heartbeat' }>;
type MetricEntry = Extract<WireEntry, { kind: 'metric' }>;

/** What was gathered of one session. */
interface Gathered {
  start: WireEntry | undefined;
  /** Patches, events and the last heartbeat, in order; a place is empty where one was replaced. */
  said: (WireEntry | undefined)[];
  /** Place of the heartbeat; -1 for none. */
  heartbeat: number;
  /** Samples that are more than a value at a time. */
  metrics: WireEntry[];
  /** By the series that share their times. */
  columns: Map<string, ColumnGroup>;
  totals: WireEntry[];
  ends: WireEntry[];
}

/** Columns of the same series. */
interface ColumnGroup {
  /** As they came; those of single samples are put together when they are taken. */
  parts: WireColumns[];
  /** Samples that came one by one, all of one series. */
  times: number[];
  values: number[];
  series: Omit<WireSeries, 'values'>[];
}

function newGathered(): Gathered {
  const lists = { said: [], metrics: [], totals: [], ends: [] };
  return { start: undefined, heartbeat: -1, columns: new Map(), ...lists };
}

function addHeartbeat(gathered: Gathered, entry: Heartbeat): void {
  if (gathered.heartbeat >= 0) gathered.said[gathered.heartbeat] = undefined;
  gathered.heartbeat = gathered.said.push(entry) - 1;
}

/** A value and a time need no entry of their own. */
function addMetric(gathered: Gathered, entry: MetricEntry): void {
  const { metric } = entry;
  if (metric.count !== undefined || metric.metadata !== undefined || metric.atUs === undefined) {
    gathered.metrics.push(entry);
    return;
  }
  const group = groupOf(gathered, [metric]);
  group.times.push(metric.atUs);
  group.values.push(metric.value);
}

function addColumns(gathered: Gathered, entry: WireColumns): void {
  const group = groupOf(gathered, entry.series);
  closeSingles(group, entry.session);
  group.parts.push(entry);
}

type SeriesName = Pick<MetricInput, 'name' | 'type' | 'unit' | 'tags'>;

function groupOf(gathered: Gathered, series: readonly SeriesName[]): ColumnGroup {
  const key = series.map(keyOf).join();
  let group = gathered.columns.get(key);
  if (group === undefined) {
    const keys = series.map(({ name, type, unit, tags }) => ({ name, type, unit, tags }));
    group = { parts: [], times: [], values: [], series: keys };
    gathered.columns.set(key, group);
  }
  return group;
}

/** Distinct for distinct series; other orders of the same tags only make columns of their own. */
function keyOf({ name, type, unit, tags }: SeriesName): string {
  return JSON.stringify([name, type, unit, tags]);
}

/** Makes columns of the samples that came one by one. */
function closeSingles(group: ColumnGroup, session: string): void {
  if (group.times.length === 0) return;
  const [series] = group.series as [Omit<WireSeries, 'values'>];
  group.parts.push({
    kind: 'columns',
    session,
    timesUs: Float64Array.from(group.times),
    series: [{ ...series, values: Float64Array.from(group.values) }],
  });
  group.times = [];
  group.values = [];
}

/** The columns of a group: as few entries as fit, none with more samples than one batch should have. */
function columnsOf(session: string, group: ColumnGroup): WireColumns[] {
  closeSingles(group, session);
  const all = group.parts.length === 1 ? (group.parts[0] as WireColumns) : joined(session, group);
  const rowsMax = Math.max(1, Math.floor(limits.agentColumnsSamplesMax / group.series.length));
  if (all.timesUs.length <= rowsMax) return [all];
  const slices: WireColumns[] = [];
  for (let from = 0; from < all.timesUs.length; from += rowsMax) {
    slices.push({
      ...all,
      timesUs: all.timesUs.subarray(from, from + rowsMax),
      series: all.series.map((series) => ({
        ...series,
        values: series.values.subarray(from, from + rowsMax),
      })),
    });
  }
  return slices;
}

function joined(session: string, { parts, series }: ColumnGroup): WireColumns {
  return {
    kind: 'columns',
    session,
    timesUs: concat(parts.map(({ timesUs }) => timesUs)),
    series: series.map((key, i) => ({
      ...key,
      values: concat(parts.map((part) => (part.series[i] as WireSeries).values)),
    })),
  };
}

function concat(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
