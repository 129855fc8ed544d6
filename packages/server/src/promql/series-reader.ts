/** Reads the series of a selector from the store, one session at a time, as Prometheus would see them. */
import { limits, type SeriesKey } from '@tacho/protocol';
import type { SampleDetail, SamplePlace, SessionSummary, Store } from '../store/store.ts';
import { cumulativeBuckets } from './buckets.ts';
import type { Budget } from './budget.ts';
import {
  type Catalogue,
  type Conditions,
  conditionsOf,
  meetsName,
  type Shown,
  seriesFilter,
  type TimeRange,
} from './catalogue.ts';
import {
  edgeText,
  type Facet,
  facetName,
  facetsOf,
  type Labels,
  labelsKey,
  metricName,
  nameLabel,
  type SessionLabels,
  sessionLabel,
  sessionLabelNames,
  tagLabels,
  tellingLabels,
} from './labels.ts';
import type { Matcher } from './syntax.ts';
import type { Samples } from './window.ts';

/** A series as Prometheus would see it. */
export interface Series {
  labels: Labels;
  samples: Samples;
}

/** Parts of the reader that a question has anyway. */
export interface ReaderParts {
  store: Store;
  catalogue: Catalogue;
  budget: Budget;
}

/** The series that meet the conditions and have samples in the range. */
export async function* readSeries(
  parts: ReaderParts,
  matchers: readonly Matcher[],
  range: Required<TimeRange>,
): AsyncGenerator<Series> {
  const conditions = conditionsOf(matchers);
  const shown = await parts.catalogue.metrics(conditions, range);
  const waiting: Promise<Series[]>[] = [];
  for await (const session of parts.catalogue.sessions(conditions, range, shown)) {
    const reading = readSession(parts, session, conditions, shown, range);
    // Whoever leaves early has no use for the errors of the others.
    reading.catch(() => undefined);
    waiting.push(reading);
    if (waiting.length >= readAhead) yield* await waiting.shift()!;
  }
  for (const each of waiting) yield* await each;
}

/** Sessions that are read at once: the store answers some of them while we work on others. */
const readAhead = 4;

async function readSession(
  { store, budget }: ReaderParts,
  session: SessionSummary,
  conditions: Conditions,
  shown: readonly Shown[],
  { fromUs, toUs }: Required<TimeRange>,
): Promise<Series[]> {
  const filter = seriesFilter(conditions, shown);
  const gatherers = new Map<string, Gatherer>();
  let after: SamplePlace | undefined;
  do {
    const page = await store.samples({
      id: session.id,
      filter,
      fromUs,
      toUs: toUs + 1,
      descending: false,
      limit: limits.samplesPageMax,
      ...(after !== undefined && { after }),
    });
    if (page === undefined) break;
    budget.read(page.series.length);
    const own = page.keys.map((key) => gathererOf(gatherers, key, session, conditions));
    for (let row = 0; row < page.series.length; row++) {
      own[page.series[row]!]!.add(page.timesUs[row]!, page.values[row]!, page.details.get(row));
    }
    if (budget.work(page.series.length)) await budget.pause();
    after = page.next;
  } while (after !== undefined);
  return toldApart([...gatherers.values()]);
}

function gathererOf(
  known: Map<string, Gatherer>,
  key: SeriesKey,
  session: SessionLabels,
  conditions: Conditions,
): Gatherer {
  const text = JSON.stringify([key.name, key.type, key.unit, key.tags]);
  const found = known.get(text) ?? new Gatherer(key, session, conditions);
  known.set(text, found);
  return found;
}

/** Labels of a series under one of its names, without the edge of a bucket. */
export function labelsOf(
  key: SeriesKey,
  facet: Facet,
  session: SessionLabels,
): Map<string, string> {
  const labels = tagLabels(key.tags);
  labels.set(nameLabel, metricName(facetName(key.name, facet)));
  for (const name of sessionLabelNames) {
    const value = sessionLabel(session, name);
    if (value !== '') labels.set(name, value);
  }
  return labels;
}

/** Names under which a series is asked for. */
export function facetsAsked(key: SeriesKey, conditions: Conditions): Facet[] {
  return facetsOf(key.type).filter((facet) => meetsName(facetName(key.name, facet), conditions));
}

/** Whether labels meet the conditions that are not about the session or the name. */
export function meetsRest(labels: Labels, { rest }: Conditions): boolean {
  return rest.every(({ label, meets }) => meets(labels.get(label) ?? ''));
}

/** Gathers the samples of one recorded series into the series that it is shown as. */
class Gatherer {
  readonly key: SeriesKey;
  /** By the text of the edge for buckets, by part for the others. */
  readonly made = new Map<string, Growing | undefined>();
  readonly #facets: Facet[];
  readonly #session: SessionLabels;
  readonly #conditions: Conditions;

  constructor(key: SeriesKey, session: SessionLabels, conditions: Conditions) {
    this.key = key;
    this.#facets = facetsAsked(key, conditions);
    this.#session = session;
    this.#conditions = conditions;
  }

  add(atUs: number, value: number, detail: SampleDetail | undefined): void {
    for (const facet of this.#facets) {
      if (facet === 'value') {
        this.#growing(facet)?.add(atUs, value);
        continue;
      }
      const buckets = detail?.metadata && cumulativeBuckets(detail.metadata);
      if (buckets === undefined) continue;
      if (facet !== 'bucket') {
        this.#growing(facet)?.add(atUs, facet === 'sum' ? buckets.sum : buckets.count);
        continue;
      }
      buckets.counts.forEach((count, i) => {
        this.#growing(facet, edgeText(buckets.bounds[i]))?.add(atUs, count);
      });
    }
  }

  /** Undefined for what the conditions keep out. */
  #growing(facet: Facet, edge?: string): Growing | undefined {
    const id = edge ?? facet;
    if (this.made.has(id)) return this.made.get(id);
    const labels = labelsOf(this.key, facet, this.#session);
    if (edge !== undefined) labels.set('le', edge);
    const growing = meetsRest(labels, this.#conditions) ? new Growing(labels) : undefined;
    this.made.set(id, growing);
    return growing;
  }
}

/** Samples of a series that is being read. */
class Growing {
  readonly labels: Map<string, string>;
  #timesUs = new Float64Array(16);
  #values = new Float64Array(16);
  #length = 0;

  constructor(labels: Map<string, string>) {
    this.labels = labels;
  }

  /** Prometheus knows one value of an instant; of several the last to arrive stands. */
  add(atUs: number, value: number): void {
    if (this.#length > 0 && this.#timesUs[this.#length - 1] === atUs) this.#length--;
    if (this.#length === this.#timesUs.length) {
      this.#timesUs = doubled(this.#timesUs);
      this.#values = doubled(this.#values);
    }
    this.#timesUs[this.#length] = atUs;
    this.#values[this.#length++] = value;
  }

  samples(): Samples {
    return {
      timesUs: this.#timesUs.subarray(0, this.#length),
      values: this.#values.subarray(0, this.#length),
    };
  }
}

function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}

/** The series; those of one session that would look the same say what tells them apart. */
function toldApart(gatherers: readonly Gatherer[]): Series[] {
  const byLabels = new Map<string, { key: SeriesKey; growing: Growing }[]>();
  for (const { key, made } of gatherers) {
    for (const growing of made.values()) {
      if (growing === undefined) continue;
      const text = labelsKey(growing.labels);
      const same = byLabels.get(text);
      if (same) same.push({ key, growing });
      else byLabels.set(text, [{ key, growing }]);
    }
  }
  return [...byLabels.values()].flatMap((same) =>
    same.map(({ key, growing }) => {
      if (same.length > 1) {
        for (const [name, value] of tellingLabels(key)) growing.labels.set(name, value);
      }
      return { labels: growing.labels, samples: growing.samples() };
    }),
  );
}
