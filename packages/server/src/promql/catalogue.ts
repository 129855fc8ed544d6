/** From the conditions of a selector to the metrics, the sessions and the series that can meet it. */
import { limits, type SeriesKey, type SessionFilter } from '@tacho/protocol';
import type { MetricEntry, SeriesFilter, SessionSummary, Store } from '../store/store.ts';
import { type Budget, checkSize } from './budget.ts';
import {
  bareValue,
  type Facet,
  facetName,
  facetsOf,
  labelName,
  metricName,
  nameLabel,
  type SessionLabels,
  sessionLabel,
  sessionLabelNames,
} from './labels.ts';
import { compileMatcher, type Meets, wordsOf } from './matcher.ts';
import { type Matcher, QueryError } from './syntax.ts';

/** A condition ready to be asked. */
interface Condition extends Matcher {
  meets: Meets;
}

/** The conditions of a selector, by what they are about. */
export interface Conditions {
  /** On the name of the metric. */
  names: Condition[];
  /** On facts of the session. */
  session: (Condition & { label: (typeof sessionLabelNames)[number] })[];
  /** On everything else: tags and edges of buckets. */
  rest: Condition[];
}

/** Sorts the conditions of a selector. */
export function conditionsOf(matchers: readonly Matcher[]): Conditions {
  const all = matchers.map((matcher) => ({ ...matcher, meets: compileMatcher(matcher) }));
  const isName = ({ label }: Matcher): boolean => label === nameLabel;
  const isSession = ({ label }: Matcher): boolean => sessionLabelNames.some((one) => one === label);
  return {
    names: all.filter(isName),
    session: all.filter(isSession) as Conditions['session'],
    rest: all.filter((each) => !isName(each) && !isSession(each)),
  };
}

/** A metric under one of the names that it is shown by. */
export interface Shown {
  entry: MetricEntry;
  facet: Facet;
}

/** Asks a store for what the selectors of one question are about. */
export class Catalogue {
  readonly #store: Store;
  readonly #nowUs: number;
  readonly #budget: Budget;

  constructor(store: Store, nowUs: number, budget: Budget) {
    this.#store = store;
    this.#nowUs = nowUs;
    this.#budget = budget;
  }

  /** The metrics whose names meet the conditions, of sessions that can. */
  async metrics(conditions: Conditions, range: TimeRange): Promise<Shown[]> {
    const filter = sessionFilter(conditions, range);
    const part = literalPart(conditions.names);
    const found: Shown[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#store.metrics({
        filter,
        limit: limits.pageRowsMax,
        nowUs: this.#nowUs,
        ...(part !== undefined && { name: part }),
        ...(cursor !== undefined && { cursor }),
      });
      for (const entry of page.rows) {
        for (const facet of facetsOf(entry.type)) {
          if (meetsName(facetName(entry.name, facet), conditions)) found.push({ entry, facet });
        }
      }
      cursor = page.next;
      await this.#budget.pause();
    } while (cursor !== undefined);
    return found;
  }

  /** The sessions that can have such series in a range of time, oldest first. */
  async *sessions(
    conditions: Conditions,
    range: TimeRange,
    shown: readonly Shown[],
  ): AsyncGenerator<SessionSummary> {
    if (shown.length === 0) return;
    const filter = sessionFilter(conditions, range);
    const products = new Set(shown.flatMap(({ entry }) => entry.products));
    const chosen = filter.products?.filter((product) => products.has(product)) ?? [...products];
    if (chosen.length === 0) return;
    let cursor: string | undefined;
    let looked = 0;
    do {
      const page = await this.#store.sessions({
        filter: { ...filter, products: chosen },
        sort: 'created',
        descending: false,
        limit: 500,
        totals: false,
        nowUs: this.#nowUs,
        ...(cursor !== undefined && { cursor }),
      });
      looked += page.rows.length;
      if (looked > limits.promqlSessionsMax) throw tooManySessions();
      for (const { summary } of page.rows) {
        if (meetsSession(summary, conditions)) yield summary;
      }
      cursor = page.next;
      await this.#budget.pause();
    } while (cursor !== undefined);
  }

  /** Keys of the series of a session that can meet the conditions. */
  async keys(
    session: SessionLabels,
    conditions: Conditions,
    shown: readonly Shown[],
  ): Promise<SeriesKey[]> {
    const filter = seriesFilter(conditions, shown);
    const found = await this.#store.series({ id: session.id, filter });
    checkSize(found?.length ?? 0, 1);
    return (found ?? []).map(({ key }) => key);
  }
}

/** Instants in microseconds, both part of it. */
export interface TimeRange {
  fromUs?: number;
  toUs?: number;
}

function tooManySessions(): QueryError {
  return new QueryError(
    'execution',
    `more than ${limits.promqlSessionsMax} sessions lie in the time asked for; narrow the selector by product, version, machine or hostname, or ask for less time`,
  );
}

/** Whether a name, as recorded or as Prometheus can write it, meets the conditions. */
export function meetsName(name: string, { names }: Pick<Conditions, 'names'>): boolean {
  const shown = metricName(name);
  return names.every(({ meets, operator }) =>
    // A denial must hold for both, or it would let through what it is meant to keep out.
    operator.startsWith('!') ? meets(name) && meets(shown) : meets(name) || meets(shown),
  );
}

/** Whether a session's facts meet the conditions. */
function meetsSession(session: SessionLabels, { session: asked }: Conditions): boolean {
  return asked.every(({ label, meets }) => meets(sessionLabel(session, label)));
}

const filterFields = {
  ...{ product: 'products', version: 'versions', machine: 'machines' },
  ...{ hostname: 'hostnames', session: 'ids' },
} as const;

/** What the store can choose sessions by; the conditions are held against what it gives. */
export function sessionFilter({ session }: Conditions, { fromUs, toUs }: TimeRange): SessionFilter {
  const filter: Record<string, unknown> = {};
  if (fromUs !== undefined) filter.fromUs = Math.max(0, fromUs);
  if (toUs !== undefined) filter.toUs = Math.max(0, toUs + 1);
  for (const condition of session) {
    const field = filterFields[condition.label];
    const texts = textsOf(condition);
    if (texts === undefined || texts.length > limits.paramValuesMax) continue;
    // Ids are also found by how they begin, so one that is none finds nothing.
    const values = field === 'ids' ? texts.filter((text) => /^[0-9a-f-]{36}$/.test(text)) : texts;
    filter[field] ??= values.length > 0 ? values : ['-'];
  }
  return filter;
}

/** The only texts that can meet a condition, none of them empty; undefined when there are others. */
function textsOf({ operator, value }: Matcher): string[] | undefined {
  const texts = operator === '=' ? [value] : operator === '=~' ? wordsOf(value) : undefined;
  return texts === undefined || texts.includes('') ? undefined : texts;
}

/** Whether what the store chooses by the conditions is all that they mean, so that its counts are exact. */
export function isWholeFilter({ session, rest }: Conditions): boolean {
  const labels = session.map(({ label }) => label);
  return (
    rest.length === 0 &&
    new Set(labels).size === labels.length &&
    session.every((each) => (textsOf(each)?.length ?? Infinity) <= limits.paramValuesMax)
  );
}

/** Letters and digits that every name which meets the conditions holds, to ask the store for fewer. */
function literalPart(names: readonly Condition[]): string | undefined {
  const exact = names.find(({ operator }) => operator === '=');
  if (exact === undefined) return undefined;
  const bare = exact.value.replace(/_(bucket|sum|count)$/, '');
  const parts = bare.match(/[a-zA-Z0-9]+/g) ?? [];
  return parts.sort((a, b) => b.length - a.length)[0];
}

/** What the store can choose series by; the conditions are held against what it gives. */
export function seriesFilter({ rest }: Conditions, shown: readonly Shown[]): SeriesFilter {
  const names = [...new Set(shown.map(({ entry }) => entry.name))];
  const types = [...new Set(shown.map(({ entry }) => entry.type))];
  const tags: string[] = [];
  for (const { label, operator, value } of rest) {
    // Several values of one key are joined by commas, so one with a comma may be several; "true" may
    // be that of a bare tag.
    if (operator !== '=' || value === '' || value === bareValue || value.includes(',')) continue;
    const keys = new Set(
      shown
        .flatMap(({ entry }) => entry.tags.map(({ key }) => key))
        .filter((key) => labelName(key) === label),
    );
    const [key] = keys;
    if (keys.size === 1 && key !== undefined) tags.push(`${key}:${value}`);
  }
  return { names, types, ...(tags.length > 0 && { tags }) };
}
