/** Works out an expression over a grid of instants. */
import type { Store } from '../store/store.ts';
import { aggregate } from './aggregate.ts';
import { Budget, checkSize } from './budget.ts';
import { Catalogue, type TimeRange } from './catalogue.ts';
import { call } from './functions.ts';
import { labelsKey, nameLabel, pickLabels } from './labels.ts';
import { binary } from './operators.ts';
import { readSeries, type Series } from './series-reader.ts';
import { type Expression, QueryError, type Selector } from './syntax.ts';
import { type Column, emptyColumn, type Grid, hasAny, type Value } from './vector.ts';
import { type Look, quantileOf, type WindowFunction, walk, windowFunctions } from './window.ts';

/** What a question is put to. */
export interface Asked {
  store: Store;
  nowUs: number;
  grid: Grid;
  /** Age from which the last value of a series is no longer its value. */
  lookbackMs: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** What an expression gives at each instant; throws QueryError. */
export async function evaluate(found: Expression, asked: Asked): Promise<Value> {
  const evaluation = new Evaluation(asked);
  const value = await evaluation.value(found);
  if (value.kind === 'vector') requireDifferent(value.columns);
  return value;
}

/** The samples themselves that a range selector stands for at the only instant of the grid. */
export async function readMatrix(found: Selector, asked: Asked): Promise<Series[]> {
  const evaluation = new Evaluation(asked);
  return evaluation.matrix(found);
}

class Evaluation {
  readonly #asked: Asked;
  readonly #budget: Budget;
  readonly #catalogue: Catalogue;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#budget = new Budget(asked.signal, asked.timeoutMs);
    this.#catalogue = new Catalogue(asked.store, asked.nowUs, this.#budget);
  }

  async value(found: Expression): Promise<Value> {
    const { grid } = this.#asked;
    switch (found.kind) {
      case 'number':
        return { kind: 'scalar', values: new Float64Array(grid.points).fill(found.value) };
      case 'text':
        return { kind: 'text', text: found.text };
      case 'selector':
        return { kind: 'vector', columns: await this.#instants(found) };
      case 'negative':
        return negative(await this.value(found.body));
      case 'aggregate': {
        const parameter = found.parameter && (await this.value(found.parameter));
        const body = columnsOf(await this.value(found.body));
        await this.#rest(body);
        return { kind: 'vector', columns: aggregate(found, body, parameter, grid) };
      }
      case 'binary': {
        const left = await this.value(found.left);
        const right = await this.value(found.right);
        if (left.kind === 'vector') await this.#rest(left.columns);
        if (right.kind === 'vector') await this.#rest(right.columns);
        const value = binary(found, left, right, grid);
        if (value.kind === 'vector') checkSize(value.columns.length, grid.points);
        return value;
      }
      case 'call':
        return this.#call(found.name, found.args);
    }
  }

  async matrix(selector: Selector): Promise<Series[]> {
    const found: Series[] = [];
    for await (const series of this.#read(selector, selector.rangeMs!)) {
      if (series.samples.timesUs.length > 0) found.push(series);
      checkSize(found.length, 1);
    }
    return found;
  }

  async #call(name: string, args: readonly Expression[]): Promise<Value> {
    const { grid } = this.#asked;
    const selector = args.at(-1);
    if (selector?.kind === 'selector' && selector.rangeMs !== undefined) {
      const of =
        name === 'quantile_over_time' ? await this.#quantile(args[0]!) : windowFunctions[name]!;
      // The last value is that of the series itself, so it keeps its name.
      const keepsName = name === 'last_over_time';
      return { kind: 'vector', columns: await this.#windows(selector, of, keepsName) };
    }
    if (name === 'timestamp' && selector?.kind === 'selector') {
      return { kind: 'vector', columns: await this.#instants(selector, true) };
    }
    const values: Value[] = [];
    for (const arg of args) values.push(await this.value(arg));
    for (const value of values) if (value.kind === 'vector') await this.#rest(value.columns);
    return call(name, values, grid, args);
  }

  async #quantile(given: Expression): Promise<WindowFunction> {
    const q = await this.value(given);
    if (q.kind !== 'scalar') throw new Error('a quantile is a scalar');
    return ({ samples, from, to }, point) =>
      quantileOf(samples.values.subarray(from, to), q.values[point]!);
  }

  async #instants(selector: Selector, asTimes = false): Promise<Column[]> {
    const rangeMs = this.#asked.lookbackMs;
    const look: Look = {
      rangeMs,
      offsetMs: selector.offsetMs,
      of: ({ samples, to }) => (asTimes ? samples.timesUs[to - 1]! / 1e6 : samples.values[to - 1]),
    };
    return this.#columns(this.#read(selector, rangeMs), look, !asTimes, () => 1);
  }

  async #windows(selector: Selector, of: WindowFunction, keepsName: boolean): Promise<Column[]> {
    const rangeMs = selector.rangeMs!;
    const look: Look = { rangeMs, offsetMs: selector.offsetMs, of };
    return this.#columns(this.#read(selector, rangeMs), look, keepsName, (seen) => seen);
  }

  async #columns(
    all: AsyncGenerator<Series>,
    look: Look,
    keepsName: boolean,
    workOf: (seen: number) => number,
  ): Promise<Column[]> {
    const { grid } = this.#asked;
    const columns: Column[] = [];
    for await (const { labels, samples } of all) {
      const column = emptyColumn(keepsName ? labels : withoutName(labels), grid.points);
      for (const [point, value, seen] of walk(samples, grid, look)) {
        if (value !== undefined) {
          column.values[point] = value;
          column.has[point] = 1;
        }
        if (this.#budget.work(workOf(seen))) await this.#budget.pause();
      }
      if (hasAny(column)) columns.push(column);
      checkSize(columns.length, grid.points);
    }
    return columns;
  }

  #read(selector: Selector, rangeMs: number): AsyncGenerator<Series> {
    const { store, grid } = this.#asked;
    const { offsetMs, matchers } = selector;
    const range: Required<TimeRange> = {
      fromUs: (grid.startMs - offsetMs - rangeMs) * 1000 + 1,
      toUs: (grid.startMs + (grid.points - 1) * grid.stepMs - offsetMs) * 1000,
    };
    if (range.toUs < 0) return nothing();
    const parts = { store, catalogue: this.#catalogue, budget: this.#budget };
    return readSeries(parts, matchers, { ...range, fromUs: Math.max(0, range.fromUs) });
  }

  /** Leaves others their turn before work in one piece. */
  async #rest(columns: readonly Column[]): Promise<void> {
    if (this.#budget.work(columns.length * this.#asked.grid.points)) await this.#budget.pause();
  }
}

async function* nothing(): AsyncGenerator<Series> {}

function withoutName(labels: Column['labels']): Map<string, string> {
  return pickLabels(labels, (name) => name !== nameLabel);
}

function negative(value: Value): Value {
  if (value.kind === 'scalar') return { kind: 'scalar', values: value.values.map((one) => -one) };
  const columns = columnsOf(value).map(({ labels, values, has }) => ({
    labels: withoutName(labels),
    values: values.map((one) => -one),
    has,
  }));
  return { kind: 'vector', columns };
}

/** The columns of a vector; what is none was refused by the parser. */
function columnsOf(value: Value): Column[] {
  if (value.kind === 'vector') return value.columns;
  throw new Error('expected a vector');
}

/** Two series of an answer with equal labels could not be told apart, so it is no answer. */
function requireDifferent(columns: readonly Column[]): void {
  const seen = new Map<string, Column>();
  for (const column of columns) {
    const key = labelsKey(column.labels);
    const other = seen.get(key);
    seen.set(key, column);
    // Never at one instant is fine: what has a value then is one of them.
    if (other?.has.some((has, i) => has === 1 && column.has[i] === 1)) {
      const message = 'vector cannot contain metrics with the same labelset';
      throw new QueryError('execution', message);
    }
    if (other) mergeInto(column, other);
  }
  const kept = new Set(seen.values());
  const all = columns as Column[];
  all.splice(0, all.length, ...all.filter((column) => kept.has(column)));
}

function mergeInto(column: Column, other: Column): void {
  other.has.forEach((has, i) => {
    if (has === 0) return;
    column.values[i] = other.values[i]!;
    column.has[i] = 1;
  });
}
