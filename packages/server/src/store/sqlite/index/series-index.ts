/** The metrics of all sessions: which series of which sessions record them, with which tags. */
import type { MetricType } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';
import { parseSeriesText } from '../series-text.ts';
import { ColumnBlocks } from './column-blocks.ts';
import { GoneFeed } from './gone.ts';
import { Cursors } from './index-database.ts';
import type { IndexPart } from './index-part.ts';

/** A metric: what series of several sessions have in common. */
export interface Metric {
  /** Number in the index; it changes when the index is made anew. */
  no: number;
  name: string;
  type: MetricType;
  /** As sent; '' = none. */
  unit: string;
}

/** The series of a metric, by session and in order of appearance; deleted sessions may be among them. */
export interface MetricSeries {
  metric: Metric;
  /** Numbers of sessions. */
  sessions: Uint32Array;
  /** `series.no` in the main database. */
  series: Uint32Array;
  /** What `SeriesIndex.tags` turns into tags. */
  tagSets: Uint32Array;
}

/** Names and sets of tags whose numbers are kept in memory. */
const knownMax = 20_000;

/** Deleted sessions that one step takes up. */
const goneRows = 1_000;

/** Series taken up at once before a question. */
const catchUpRows = 2_000;

/** Follows table `series`. */
export class SeriesIndex implements IndexPart {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #cursors: Cursors;
  readonly #gone: GoneFeed;
  readonly #blocks: ColumnBlocks;
  readonly #metrics = new Map<string, number>();
  readonly #tagSets = new Map<string, number>();

  constructor(main: Database, index: Database) {
    this.#sql = prepareAll(main, index);
    this.#cursors = new Cursors(index);
    this.#gone = new GoneFeed(main);
    this.#blocks = new ColumnBlocks(index, 'series_block', ['u32', 'u32', 'u32']);
  }

  step(rows: number): boolean {
    const from = this.#cursors.get('series');
    if (from === 0) this.#cursors.set('series_gone', this.#gone.last());
    const found = this.#sql.after.all(from, rows) as unknown as SeriesTableRow[];
    this.#add(found.filter((row) => row.alive === 1));
    if (found.length > 0) this.#cursors.set('series', found.at(-1)!.no);
    const hasGone = this.#drop();
    return found.length === rows || hasGone;
  }

  forget(): void {
    this.#metrics.clear();
    this.#tagSets.clear();
  }

  /** Takes up everything that is committed. */
  catchUp(): void {
    while (this.step(catchUpRows));
  }

  /** Metrics in the order of their names; all of them, or those with one name. */
  metrics(name?: string): Metric[] {
    const rows = name === undefined ? this.#sql.metrics.all() : this.#sql.named.all(name);
    return rows as unknown as Metric[];
  }

  /** The series of a metric. */
  seriesOf(metric: Metric): MetricSeries {
    const blocks = this.#blocks.of(metric.no);
    const rows = blocks.reduce((sum, [sessions]) => sum + sessions!.length, 0);
    const columns = [0, 1, 2].map(() => new Uint32Array(rows)) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    let at = 0;
    for (const block of blocks) {
      columns.forEach((column, i) => void column.set(block[i]!, at));
      at += block[0]!.length;
    }
    const [sessions, series, tagSets] = columns;
    return { metric, sessions, series, tagSets };
  }

  /** The tags of a set, in the order first sent. */
  tags(tagSet: number): string[] {
    const row = this.#sql.tags.get(tagSet) as { tags: string } | undefined;
    return row ? (JSON.parse(row.tags) as string[]) : [];
  }

  #add(rows: readonly SeriesTableRow[]): void {
    const byMetric = new Map<number, [number[], number[], number[]]>();
    const uses = new Map<number, number>();
    for (const { no, session, key } of rows) {
      const { name, type, unit, tags } = parseSeriesText(key);
      const metric = this.#metricNo(name, type, unit);
      const tagSet = this.#tagSetNo(tags);
      uses.set(tagSet, (uses.get(tagSet) ?? 0) + 1);
      let columns = byMetric.get(metric);
      if (!columns) {
        columns = [[], [], []];
        byMetric.set(metric, columns);
      }
      columns[0].push(session);
      columns[1].push(no);
      columns[2].push(tagSet);
    }
    for (const [metric, columns] of byMetric) {
      this.#blocks.append(metric, columns);
      this.#sql.useMetric.run(columns[0].length, metric);
    }
    for (const [tagSet, count] of uses) this.#sql.useTags.run(count, tagSet);
  }

  /** Takes out some deleted sessions; false when there are none. */
  #drop(): boolean {
    const from = this.#cursors.get('series_gone');
    const { sessions, upto } = this.#gone.after(from, goneRows);
    if (sessions.size === 0) return false;
    const metrics = new Map<number, number>();
    const tagSets = new Map<number, number>();
    this.#blocks.drop(sessions, (metric, [, , sets], rows) => {
      metrics.set(metric, (metrics.get(metric) ?? 0) + rows.length);
      for (const row of rows) tagSets.set(sets![row]!, (tagSets.get(sets![row]!) ?? 0) + 1);
    });
    for (const [metric, count] of metrics) this.#sql.useMetric.run(-count, metric);
    for (const [tagSet, count] of tagSets) this.#sql.useTags.run(-count, tagSet);
    if (metrics.size > 0) {
      this.#sql.dropMetrics.run();
      this.#sql.dropTags.run();
      this.forget();
    }
    this.#cursors.set('series_gone', upto);
    return true;
  }

  #metricNo(name: string, type: MetricType, unit: string): number {
    const text = JSON.stringify([name, type, unit]);
    return known(this.#metrics, text, () => {
      this.#sql.addMetric.run(name, type, unit);
      return (this.#sql.metric.get(name, type, unit) as { no: number }).no;
    });
  }

  #tagSetNo(tags: readonly string[]): number {
    const text = JSON.stringify(tags);
    return known(this.#tagSets, text, () => {
      this.#sql.addTags.run(text);
      return (this.#sql.tagSet.get(text) as { no: number }).no;
    });
  }
}

interface SeriesTableRow {
  no: number;
  session: number;
  key: string;
  alive: 0 | 1;
}

function known(map: Map<string, number>, text: string, find: () => number): number {
  const before = map.get(text);
  if (before !== undefined) return before;
  const no = find();
  if (map.size >= knownMax) map.clear();
  map.set(text, no);
  return no;
}

function prepareAll(main: Database, index: Database) {
  const prepare = (sql: string): Statement => index.prepare(sql);
  return {
    after: main.prepare(
      `SELECT no, session, key, EXISTS(SELECT 1 FROM session WHERE session.no = series.session) AS alive
       FROM series WHERE no > ? ORDER BY no LIMIT ?`,
    ) as Statement,
    addMetric: prepare('INSERT OR IGNORE INTO metric(name, type, unit, series) VALUES(?, ?, ?, 0)'),
    metric: prepare('SELECT no FROM metric WHERE name = ? AND type = ? AND unit = ?'),
    metrics: prepare('SELECT no, name, type, unit FROM metric ORDER BY name, type, unit'),
    named: prepare('SELECT no, name, type, unit FROM metric WHERE name = ? ORDER BY type, unit'),
    useMetric: prepare('UPDATE metric SET series = series + ? WHERE no = ?'),
    dropMetrics: prepare('DELETE FROM metric WHERE series <= 0'),
    addTags: prepare('INSERT OR IGNORE INTO tag_set(tags, uses) VALUES(?, 0)'),
    tagSet: prepare('SELECT no FROM tag_set WHERE tags = ?'),
    tags: prepare('SELECT tags FROM tag_set WHERE no = ?'),
    useTags: prepare('UPDATE tag_set SET uses = uses + ? WHERE no = ?'),
    dropTags: prepare('DELETE FROM tag_set WHERE uses <= 0'),
  };
}
