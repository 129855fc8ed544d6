/** The catalogue of metrics from the index. */
import { compareTexts } from '@tacho/protocol';
import { readCursor, writeCursor } from '../../page-cursor.ts';
import type { MetricEntry, MetricPage, MetricQuery } from '../../store.ts';
import { type Bits, hasBit, membersOf, newBits, setBit } from './bits.ts';
import type { Metric, SeriesIndex } from './series-index.ts';
import type { SessionFacts } from './session-facts.ts';

/** Answers `SearchQuestions.metrics`. */
export class MetricCatalogue {
  readonly #series: SeriesIndex;
  readonly #facts: SessionFacts;

  /** Both have caught up. */
  constructor(series: SeriesIndex, facts: SessionFacts) {
    this.#series = series;
    this.#facts = facts;
  }

  /** A page of the metrics of some sessions. */
  page({ name = '', limit, cursor }: MetricQuery, sessions: Bits): MetricPage {
    const part = name.toLowerCase();
    const after =
      cursor === undefined
        ? undefined
        : (readCursor('metrics', cursor, ['string', 'string', 'string']) as string[]);
    const rows: MetricEntry[] = [];
    for (const metric of this.#series.metrics()) {
      if (!metric.name.toLowerCase().includes(part)) continue;
      if (after && comparePlaces(placeOf(metric), after) <= 0) continue;
      const entry = this.#entry(metric, sessions);
      if (!entry) continue;
      if (rows.length === limit) {
        return { rows, next: writeCursor('metrics', placeOf(rows.at(-1)!)) };
      }
      rows.push(entry);
    }
    return { rows };
  }

  #entry(metric: Metric, sessions: Bits): MetricEntry | undefined {
    const columns = this.#series.seriesOf(metric);
    const having = newBits(this.#facts.size);
    const tagSets = new Set<number>();
    let series = 0;
    for (let i = 0; i < columns.sessions.length; i++) {
      const session = columns.sessions[i]!;
      if (!hasBit(sessions, session)) continue;
      setBit(having, session);
      tagSets.add(columns.tagSets[i]!);
      series++;
    }
    if (series === 0) return undefined;
    const { name, type, unit } = metric;
    return { name, type, unit, series, tags: this.#tags(tagSets), ...this.#summary(having) };
  }

  #summary(having: Bits) {
    const members = membersOf(having);
    const products = new Set<string>();
    const codes = newBits(this.#facts.versions);
    let [firstUs, lastUs] = [Infinity, -Infinity];
    for (const session of members) {
      setBit(codes, this.#facts.versionCode(session));
      const createdUs = this.#facts.createdUs(session);
      if (createdUs < firstUs) firstUs = createdUs;
      if (createdUs > lastUs) lastUs = createdUs;
    }
    for (const code of membersOf(codes)) products.add(this.#facts.version(code).product);
    return {
      sessions: members.length,
      products: [...products].sort(compareTexts),
      firstUs,
      lastUs,
    };
  }

  #tags(tagSets: ReadonlySet<number>): MetricEntry['tags'] {
    const found = new Map<string, Set<string>>();
    for (const tag of [...tagSets].flatMap((tagSet) => this.#series.tags(tagSet))) {
      const colon = tag.indexOf(':');
      const key = colon < 0 ? tag : tag.slice(0, colon);
      const values = found.get(key);
      if (values) values.add(tag);
      else found.set(key, new Set([tag]));
    }
    return [...found]
      .map(([key, values]) => ({ key, values: values.size }))
      .sort((a, b) => compareTexts(a.key, b.key));
  }
}

function placeOf({ name, type, unit }: Omit<Metric, 'no'>): [string, string, string] {
  return [name, type, unit];
}

function comparePlaces(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const order = compareTexts(left, b[i]!);
    if (order !== 0) return order;
  }
  return 0;
}
