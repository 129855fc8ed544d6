/** What StatsD says between two flushes: one value for each series, in bounded memory. */
import {
  checkTime,
  type Histogram,
  histogramSample,
  limits,
  type MetricInput,
  makeHistogram,
  mergeHistograms,
  observe,
  optionalTexts,
  requiredText,
  TachoError,
} from '@tacho/protocol';
import type { DoorFact, DoorMetric, Said } from '../door.ts';
import { addRun, type Runs, sourceOf, type Tag } from '../run.ts';
import type { Source } from '../source.ts';
import type { StatsdEvent, StatsdMetric, StatsdType } from './line.ts';

/** Series, and members of one set, that are gathered between two flushes; events as well. */
const gatheredMax = 50_000;

/** 1, 2 and 5 of each power of ten: what is timed or counted is in milliseconds, bytes or anything. */
const bounds = Array.from({ length: 11 }, (_, i) =>
  [1, 2, 5].map((step) => step * 10 ** (i - 3)),
).flat();

const runTags = {
  product: ['product', 'service'],
  version: ['version'],
  session: ['session', 'session_id'],
  hostname: ['host'],
} as const;

interface Series {
  source: Source;
  name: string;
  type: StatsdType;
  tags: readonly string[];
  /** Increase of a counter; change of a gauge after what it was set to. */
  sum: number;
  /** What a gauge was last set to. */
  set: number | undefined;
  histogram: Histogram | undefined;
  members: Set<string> | undefined;
  atUs: number | undefined;
}

/** Gathers; `take` gives what it has. */
export class Gatherer {
  #series = new Map<string, Series>();
  #events: { source: Source; fact: DoorFact }[] = [];
  readonly #product: string;

  constructor(product: string) {
    this.#product = product;
  }

  /** Takes one line from a sender; throws `invalid_field`, and `overloaded` when there is no room. */
  add(line: StatsdMetric | StatsdEvent, sender: string, nowUs: number): void {
    const { source, rest } = sourceOf(line.tags, runTags, this.#product);
    source.instance ??= sender;
    const tags = rest.map(([key, value]: Tag) => (value === '' ? key : `${key}:${value}`));
    const max = line.kind === 'event' ? limits.labelsMax : limits.tagsMax;
    optionalTexts(tags, 'tags', max, limits.tagLengthMax);
    const atUs = line.atSeconds === undefined ? undefined : line.atSeconds * 1e6;
    if (atUs !== undefined) checkTime(atUs, 'timestamp', nowUs);
    if (line.kind === 'event') this.#addEvent(line, source, tags, atUs ?? nowUs);
    else this.#addMetric(line, source, tags, atUs);
  }

  /** What was gathered since it was last asked. */
  take(): Said[] {
    const runs: Runs = new Map();
    for (const series of this.#series.values())
      addRun(runs, series.source).metrics.push(metricOf(series));
    for (const { source, fact } of this.#events) addRun(runs, source).facts.push(fact);
    this.#series = new Map();
    this.#events = [];
    return [...runs.values()];
  }

  #addMetric(line: StatsdMetric, source: Source, tags: string[], atUs: number | undefined): void {
    const { name, type, values, rate } = line;
    requiredText(name, 'the name', limits.metricNameLengthMax);
    const key = JSON.stringify([source, name, type, tags, atUs]);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= gatheredMax) throw full('series');
      series = {
        ...{ source, name, type, tags, atUs, sum: 0, set: undefined },
        histogram: isTimed(type) ? makeHistogram(bounds) : undefined,
        members: type === 's' ? new Set() : undefined,
      };
      this.#series.set(key, series);
    }
    for (const value of values) addValue(series, value, rate);
  }

  #addEvent(line: StatsdEvent, source: Source, labels: string[], atUs: number): void {
    if (this.#events.length >= gatheredMax) throw full('events');
    const { name, message, level, category } = line;
    requiredText(name, 'the name', limits.eventNameLengthMax);
    if (message.length > limits.messageLengthMax) throw full('characters of a message');
    const event = { name, level, category, group: '', labels, message, data: null };
    this.#events.push({ source, fact: { kind: 'event', atUs, event } });
  }
}

function addValue(series: Series, text: string, rate: number): void {
  const { type, members, histogram } = series;
  if (members !== undefined) {
    if (members.size >= gatheredMax && !members.has(text)) throw full('members of a set');
    members.add(text);
    return;
  }
  const value = Number(text);
  if (type === 'c') series.sum += value / rate;
  else if (histogram !== undefined) observe(histogram, value, Math.round(1 / rate));
  else if (/^[+-]/.test(text)) series.sum += value;
  else {
    series.set = value;
    series.sum = 0;
  }
}

/** The sample that a series has become; what is told as a change goes on from what was before. */
function metricOf(series: Series): DoorMetric {
  const { name, type, tags, atUs, sum, set, members, histogram } = series;
  const made = (type: MetricInput['type'], value: number): MetricInput => ({
    ...{ name, type, unit: series.type === 'ms' ? 'ms' : '', tags, value },
    ...(atUs !== undefined && { atUs }),
  });
  if (members !== undefined) return { metric: made('gauge', members.size) };
  const total = JSON.stringify([series.source, name, type, tags]);
  if (histogram !== undefined) {
    const by = (before: unknown) => {
      const all = mergeHistograms(
        (before as Histogram | undefined) ?? makeHistogram(bounds),
        histogram,
      );
      return { total: all, metric: { ...made('histogram', 0), ...histogramSample(all) } };
    };
    return { metric: made('histogram', 0), grow: { total, by } };
  }
  const by = (before: unknown) => {
    const value = (set ?? (before as number | undefined) ?? 0) + sum;
    return { total: value, metric: made(type === 'c' ? 'counter' : 'gauge', value) };
  };
  return { metric: made(type === 'c' ? 'counter' : 'gauge', sum), grow: { total, by } };
}

function isTimed(type: StatsdType): boolean {
  return type === 'ms' || type === 'h' || type === 'd';
}

function full(what: string): TachoError {
  return new TachoError(
    'overloaded',
    `there are more than ${gatheredMax} ${what} between two flushes`,
  );
}
