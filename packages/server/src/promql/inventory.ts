/** What there is to ask for: names of metrics, labels, their values, and whole label sets. */
import { limits, type SeriesKey } from '@tacho/protocol';
import type { SessionSummary, Store } from '../store/store.ts';
import { cumulativeBuckets } from './buckets.ts';
import { type Budget, checkSize } from './budget.ts';
import {
  Catalogue,
  type Conditions,
  conditionsOf,
  isWholeFilter,
  type Shown,
  seriesFilter,
  sessionFilter,
  type TimeRange,
} from './catalogue.ts';
import {
  bareValue,
  edgeText,
  facetName,
  type Labels,
  labelName,
  labelsKey,
  metricName,
  nameLabel,
  sessionLabelNames,
} from './labels.ts';
import { facetsAsked, labelsOf, meetsRest } from './series-reader.ts';
import type { Matcher } from './syntax.ts';

/** What a question about names and labels is put to. */
export interface InventoryParts {
  store: Store;
  nowUs: number;
  budget: Budget;
  range: TimeRange;
}

/** Asks what there is. */
export class Inventory {
  readonly #parts: InventoryParts;
  readonly #catalogue: Catalogue;

  constructor(parts: InventoryParts) {
    this.#parts = parts;
    this.#catalogue = new Catalogue(parts.store, parts.nowUs, parts.budget);
  }

  /** Label sets that one of the selectors means; with the edges of buckets. */
  async *series(selectors: readonly (readonly Matcher[])[]): AsyncGenerator<Labels> {
    const seen = new Set<string>();
    for (const matchers of selectors) {
      for await (const labels of this.#series(conditionsOf(matchers), true)) {
        const key = labelsKey(labels);
        if (seen.has(key)) continue;
        seen.add(key);
        checkSize(seen.size, 1);
        yield labels;
      }
    }
  }

  /** Names of the labels that the selected series have, in order. */
  async labels(selectors: readonly (readonly Matcher[])[]): Promise<string[]> {
    const names = new Set<string>();
    for (const matchers of selectors) {
      const conditions = conditionsOf(matchers);
      if (!isWholeFilter(conditions)) {
        for await (const labels of this.#series(conditions, false)) {
          for (const name of labels.keys()) names.add(name);
          if (labels.get(nameLabel)?.endsWith('_bucket')) names.add('le');
        }
        continue;
      }
      const shown = await this.#catalogue.metrics(conditions, this.#parts.range);
      for (const { entry, facet } of shown) {
        for (const { key } of entry.tags) names.add(labelName(key));
        if (facet === 'bucket') names.add('le');
      }
      if (shown.length > 0) for (const name of [nameLabel, ...sessionLabelNames]) names.add(name);
    }
    return [...names].sort();
  }

  /** The values that a label has in the selected series, in order. */
  async values(label: string, selectors: readonly (readonly Matcher[])[]): Promise<string[]> {
    const values = new Set<string>();
    for (const matchers of selectors) {
      const conditions = conditionsOf(matchers);
      const isQuick = isWholeFilter(conditions) && label !== 'le' && label !== 'session';
      if (isQuick) await this.#quickValues(label, conditions, values);
      else {
        for await (const labels of this.#series(conditions, label === 'le')) {
          const value = labels.get(label);
          if (value !== undefined) values.add(value);
          checkSize(values.size, 1);
        }
      }
    }
    return [...values].sort();
  }

  async #quickValues(label: string, conditions: Conditions, values: Set<string>): Promise<void> {
    const { store, nowUs, range } = this.#parts;
    const shown = await this.#catalogue.metrics(conditions, range);
    if (label === nameLabel) {
      for (const { entry, facet } of shown) values.add(metricName(facetName(entry.name, facet)));
      return;
    }
    if (shown.length === 0) return;
    const keys = sessionLabelNames.some((name) => name === label)
      ? [{ by: label as 'product' }]
      : [...tagKeys(label, shown)].map((key) => ({ by: 'tag' as const, key }));
    for (const key of keys) {
      const groups = await store.aggregate({
        filter: sessionFilter(conditions, range),
        nowUs,
        metric: seriesFilter(conditions, shown),
        by: [key],
        quantiles: [],
        exact: false,
      });
      for (const {
        values: [value = null],
      } of groups) {
        if (value !== null) values.add(String(value) || bareValue);
      }
      await this.#parts.budget.pause();
    }
  }

  async *#series(conditions: Conditions, withEdges: boolean): AsyncGenerator<Map<string, string>> {
    const { range, budget } = this.#parts;
    const shown = await this.#catalogue.metrics(conditions, range);
    for await (const session of this.#catalogue.sessions(conditions, range, shown)) {
      for (const key of await this.#catalogue.keys(session, conditions, shown)) {
        for (const facet of facetsAsked(key, conditions)) {
          const labels = labelsOf(key, facet, session);
          const edges =
            facet === 'bucket' && withEdges ? await this.#edges(session, key) : [undefined];
          for (const edge of edges) {
            const all = edge === undefined ? labels : new Map(labels).set('le', edge);
            if (meetsRest(all, conditions)) yield all;
          }
        }
        if (budget.work(1_000)) await budget.pause();
      }
    }
  }

  /** The edges of a histogram's buckets, by its last sample. */
  async #edges({ id }: SessionSummary, { name, type, unit, tags }: SeriesKey): Promise<string[]> {
    const page = await this.#parts.store.samples({
      id,
      filter: { names: [name], types: [type], unit, tags },
      descending: true,
      limit: 1,
    });
    const buckets = cumulativeBuckets(page?.details.get(0)?.metadata ?? {});
    return buckets === undefined ? [] : [...buckets.bounds, undefined].map(edgeText);
  }
}

function tagKeys(label: string, shown: readonly Shown[]): Set<string> {
  const keys = shown.flatMap(({ entry }) => entry.tags.map(({ key }) => key));
  return new Set(keys.filter((key) => labelName(key) === label));
}

/** A selector that everything meets, for questions without one. */
export const everything: readonly Matcher[] = [];

/** What is known of a metric beside its samples. */
export interface Description {
  name: string;
  type: 'gauge' | 'counter' | 'histogram';
  unit: string;
}

/** The metrics by the names that Prometheus knows them by; timers are gauges to it. */
export async function describe({
  store,
  nowUs,
  budget,
  range,
}: InventoryParts): Promise<Description[]> {
  const catalogue = new Catalogue(store, nowUs, budget);
  const shown = await catalogue.metrics(conditionsOf(everything), range);
  const own = shown.filter(({ facet }) => facet === 'value').slice(0, limits.promqlSeriesMax);
  return own.map(({ entry: { name, type, unit } }) => ({
    name: metricName(name),
    type: type === 'timer' ? 'gauge' : type,
    unit,
  }));
}
