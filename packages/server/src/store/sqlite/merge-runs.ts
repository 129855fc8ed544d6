/** Merges sorted runs of samples into one order: by time, then series, then arrival. */
import type { SampleDetail } from '../store.ts';

/** Samples of one series in order of time. */
export interface Part {
  timesUs: Float64Array;
  values: Float64Array;
  details: Map<number, SampleDetail> | undefined;
}

/** A piece of a series that is loaded when its turn comes; damaged ones load as undefined. */
export interface Piece {
  tMinUs: number;
  tMaxUs: number;
  load: () => Part | undefined;
}

/** The pieces of one series in order of arrival. */
export interface SeriesPieces {
  /** Local index of the series. */
  series: number;
  pieces: Piece[];
}

/** A page of merged samples. */
export interface MergedPage {
  series: Uint32Array;
  timesUs: Float64Array;
  values: Float64Array;
  details: Map<number, SampleDetail> | undefined;
}

/** Pieces of one series that follow each other in time, so that one at a time is enough. */
interface Run {
  series: number;
  /** Order of arrival among runs of a series. */
  rank: number;
  pieces: Piece[];
  part: Part | undefined;
  at: number;
  timeUs: number;
}

/** Merges everything, `pageRows` samples a page. */
export function* mergeRuns(all: readonly SeriesPieces[], pageRows: number): Generator<MergedPage> {
  const heap = new RunHeap();
  for (const { series, pieces } of all) {
    for (const run of runsOf(series, pieces)) if (open(run)) heap.push(run);
  }
  let page = new PageBuilder(pageRows);
  while (heap.top) {
    const run = heap.top;
    page.add(run);
    run.at += 1;
    if (run.at < run.part!.timesUs.length) {
      run.timeUs = run.part!.timesUs[run.at]!;
      heap.sink();
    } else if (open(run)) {
      heap.sink();
    } else {
      heap.pop();
    }
    if (page.isFull) {
      yield page.finish();
      page = new PageBuilder(pageRows);
    }
  }
  if (page.rows > 0) yield page.finish();
}

/**
 * Chains pieces whose times do not overlap. Chains keep equal instants in order of arrival because a
 * piece joins the first chain that it can follow, and within an instant the lower rank comes first.
 */
function runsOf(series: number, pieces: readonly Piece[]): Run[] {
  const runs: (Run & { endUs: number })[] = [];
  for (const piece of pieces) {
    // Joining an older chain must not overtake an equal instant in a younger one.
    const last = runs.findLastIndex((run) => run.endUs >= piece.tMinUs);
    const run = runs[last + 1];
    if (run) {
      run.pieces.push(piece);
      run.endUs = piece.tMaxUs;
    } else {
      const rank = runs.length;
      const endUs = piece.tMaxUs;
      runs.push({ series, rank, pieces: [piece], part: undefined, at: 0, timeUs: 0, endUs });
    }
  }
  return runs;
}

/** Loads the next piece of a run that has samples; false when there is none. */
function open(run: Run): boolean {
  for (let piece = run.pieces.shift(); piece; piece = run.pieces.shift()) {
    const part = piece.load();
    if (!part || part.timesUs.length === 0) continue;
    run.part = part;
    run.at = 0;
    run.timeUs = part.timesUs[0]!;
    return true;
  }
  return false;
}

/** A binary heap of runs, the one with the first sample on top. */
class RunHeap {
  readonly #runs: Run[] = [];

  get top(): Run | undefined {
    return this.#runs[0];
  }

  push(run: Run): void {
    const runs = this.#runs;
    let i = runs.push(run) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!before(run, runs[up]!)) break;
      runs[i] = runs[up]!;
      i = up;
    }
    runs[i] = run;
  }

  pop(): void {
    const last = this.#runs.pop()!;
    if (this.#runs.length === 0) return;
    this.#runs[0] = last;
    this.sink();
  }

  /** Restores the order after the top has moved on. */
  sink(): void {
    const runs = this.#runs;
    const run = runs[0]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= runs.length) break;
      if (child + 1 < runs.length && before(runs[child + 1]!, runs[child]!)) child += 1;
      if (!before(runs[child]!, run)) break;
      runs[i] = runs[child]!;
      i = child;
    }
    runs[i] = run;
  }
}

function before(a: Run, b: Run): boolean {
  if (a.timeUs !== b.timeUs) return a.timeUs < b.timeUs;
  if (a.series !== b.series) return a.series < b.series;
  return a.rank < b.rank;
}

class PageBuilder {
  rows = 0;
  readonly #series: Uint32Array;
  readonly #timesUs: Float64Array;
  readonly #values: Float64Array;
  #details: Map<number, SampleDetail> | undefined;

  constructor(size: number) {
    this.#series = new Uint32Array(size);
    this.#timesUs = new Float64Array(size);
    this.#values = new Float64Array(size);
  }

  get isFull(): boolean {
    return this.rows === this.#series.length;
  }

  add({ series, part, at }: Run): void {
    const row = this.rows++;
    this.#series[row] = series;
    this.#timesUs[row] = part!.timesUs[at]!;
    this.#values[row] = part!.values[at]!;
    const detail = part!.details?.get(at);
    if (!detail) return;
    this.#details ??= new Map();
    this.#details.set(row, detail);
  }

  finish(): MergedPage {
    const n = this.rows;
    const whole = n === this.#series.length;
    return {
      series: whole ? this.#series : this.#series.slice(0, n),
      timesUs: whole ? this.#timesUs : this.#timesUs.slice(0, n),
      values: whole ? this.#values : this.#values.slice(0, n),
      details: this.#details,
    };
  }
}
