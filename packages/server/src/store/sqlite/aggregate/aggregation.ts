/** One aggregate under way: takes series after series, from summaries where they are enough. */
import { limits } from '@tacho/protocol';
import { type AggregateGroup, type AggregateQuery, orderedGroups } from '../../store.ts';
import { type Database, openReader, type Statement } from '../database.ts';
import type { AggregatePlan } from '../index/aggregate-plan.ts';
import { type Cluster, clustersOf, loadCluster } from '../series/clusters.ts';
import type { Damage } from '../writer.ts';
import { Cell, type QuantileMode, type Reading } from './cell.ts';
import { SeriesSource, type SketchedPiece } from './series-source.ts';

/** A slice of work ends after so long, so that aggregates take turns. */
const sliceMs = 8;

/** Sees one moment of the database, through a connection of its own, until it is closed. */
export class Aggregation {
  readonly #plan: AggregatePlan;
  readonly #query: AggregateQuery;
  readonly #mode: QuantileMode;
  readonly #db: Database;
  readonly #source: SeriesSource;
  readonly #sessionId: Statement;
  /** By group, then by step. */
  readonly #cells: Map<number, Cell>[];
  #next = 0;

  constructor(file: string, plan: AggregatePlan, query: AggregateQuery) {
    this.#plan = plan;
    this.#query = query;
    this.#mode = query.quantiles.length === 0 ? 'none' : query.exact ? 'exact' : 'sketch';
    this.#cells = plan.groups.map(() => new Map());
    this.#db = openReader(file);
    this.#db.exec('BEGIN');
    this.#source = new SeriesSource(this.#db, new Set(plan.series));
    this.#sessionId = this.#db.prepare('SELECT id FROM session WHERE no = ?');
  }

  /** Damage met so far. */
  get damages(): Damage[] {
    return this.#source.damages;
  }

  /** Goes on for a slice; true while there is more. */
  step(): boolean {
    const startMs = performance.now();
    const { series } = this.#plan;
    while (this.#next < series.length) {
      this.#addSeries(this.#next++);
      if (performance.now() - startMs > sliceMs) break;
    }
    return this.#next < series.length;
  }

  /** The groups, when all series were taken. */
  finish(): AggregateGroup[] {
    const { quantiles } = this.#query;
    const groups = this.#cells.flatMap((steps, group) =>
      [...steps].map(([stepUs, cell]) => ({
        values: this.#valuesOf(group),
        stepUs: this.#query.steps ? stepUs : null,
        sessions: cell.sessions,
        series: cell.series,
        count: cell.count,
        nans: cell.nans,
        min: cell.min,
        max: cell.max,
        sum: cell.sum,
        increase: cell.increase,
        seconds: cell.seconds,
        quantiles: cell.quantiles(quantiles),
      })),
    );
    return orderedGroups(groups, limits.groupsMax);
  }

  /** The values of a group as answers have them: sessions by their ids. */
  #valuesOf(group: number): AggregateGroup['values'] {
    return this.#plan.groups[group]!.map((value, k) =>
      this.#query.by[k]?.by === 'session'
        ? (this.#sessionId.get(value) as { id: string }).id
        : value,
    );
  }

  close(): void {
    // Statements keep a closed connection alive until they are collected, and with it the moment seen.
    this.#db.exec('COMMIT');
    this.#db.close();
  }

  #addSeries(i: number): void {
    const isCounter = this.#plan.counter[i] === 1;
    const { fromUs = -Infinity, toUs = Infinity } = this.#query;
    let previous: Reading = { value: Number.NaN, atUs: Number.NaN };
    for (const cluster of clustersOf(this.#source.pieces(this.#plan.series[i]!, isCounter))) {
      if (cluster.tMinUs >= toUs) return;
      // What lies before the range only matters to a counter, as what its growth counts from.
      if (cluster.tMaxUs < fromUs && !isCounter) continue;
      previous = this.#addWhole(i, cluster, previous) ?? this.#addSamples(i, cluster, previous);
    }
  }

  /** Takes a cluster from its summary; undefined when that is not enough. */
  #addWhole(i: number, cluster: Cluster<SketchedPiece>, previous: Reading): Reading | undefined {
    const { fromUs = -Infinity, toUs = Infinity } = this.#query;
    const { pieces, tMinUs, tMaxUs } = cluster;
    const [piece] = pieces;
    if (pieces.length !== 1 || !piece || this.#mode === 'exact') return undefined;
    if (tMinUs < fromUs || tMaxUs >= toUs) return undefined;
    if (this.#stepOf(i, tMinUs) !== this.#stepOf(i, tMaxUs)) return undefined;
    const isCounter = this.#plan.counter[i] === 1;
    const cell = this.#cell(i, tMinUs);
    const head = cell.read(piece);
    if (!head || (isCounter && head.growth === null)) return undefined;
    cell.addSummary(head);
    if (!isCounter) return previous;
    cell.grow(previous, { value: head.first, atUs: tMinUs });
    cell.increase += head.growth!;
    cell.seconds += (tMaxUs - tMinUs) / 1e6;
    return { value: head.last, atUs: tMaxUs };
  }

  /** Takes a cluster sample by sample. */
  #addSamples(i: number, cluster: Cluster, previous: Reading): Reading {
    const { fromUs = -Infinity, toUs = Infinity } = this.#query;
    const isCounter = this.#plan.counter[i] === 1;
    const { timesUs, values } = loadCluster(cluster, false);
    let last = previous;
    for (let from = 0; from < timesUs.length; ) {
      const step = this.#stepOf(i, timesUs[from]!);
      const isInside = timesUs[from]! >= fromUs && timesUs[from]! < toUs;
      let to = from + 1;
      while (
        to < timesUs.length &&
        this.#stepOf(i, timesUs[to]!) === step &&
        (timesUs[to]! >= fromUs && timesUs[to]! < toUs) === isInside
      ) {
        to++;
      }
      const cell = isInside ? this.#cell(i, timesUs[from]!) : undefined;
      cell?.addValues(values.subarray(from, to));
      for (let k = from; isCounter && k < to; k++) {
        if (Number.isNaN(values[k]!)) continue;
        const reading = { value: values[k]!, atUs: timesUs[k]! };
        cell?.grow(last, reading);
        last = reading;
      }
      from = to;
    }
    return last;
  }

  /** The cell of an instant; the series has samples there. */
  #cell(i: number, atUs: number): Cell {
    const steps = this.#cells[this.#plan.group[i]!]!;
    const step = this.#stepOf(i, atUs);
    let cell = steps.get(step);
    if (!cell) {
      cell = new Cell(this.#mode);
      steps.set(step, cell);
    }
    cell.enter(this.#plan.sessions[i]!, this.#plan.series[i]!);
    return cell;
  }

  #stepOf(i: number, atUs: number): number {
    const { steps } = this.#query;
    if (!steps) return 0;
    const zeroUs = steps.since === 'start' ? this.#plan.createdUs[i]! : 0;
    return Math.floor((atUs - zeroUs) / steps.widthUs) * steps.widthUs;
  }
}
