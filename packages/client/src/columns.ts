/** Samples until they are sent: per series one column of times and values, filled without allocating. */
import { limits } from '@tacho/protocol';
import { numberText } from './json-text.ts';

/** A series that keeps every sample: a gauge, or a timer. */
export class ColumnSeries {
  readonly tags: readonly string[];
  /** Its name, type, unit and tags as JSON fields. */
  readonly head: string;
  /** Time and value in turn; the chunk that is being filled. */
  chunk: Float64Array = nothing;
  /** Numbers in the chunk that are filled. */
  used = 0;
  /** Chunks of full length that are full, the oldest first. */
  full: Float64Array[] = [];
  isWaiting = false;

  constructor(head: SeriesHead) {
    this.tags = head.tags;
    this.head = headText(head);
  }
}

/** What a series is. */
export interface SeriesHead {
  name: string;
  type: 'gauge' | 'timer';
  unit: string;
  tags: readonly string[];
}

const nothing = new Float64Array(0);
/** Numbers of the first chunk of a series, and of one that holds all samples of an entry. */
const chunkNumbersMin = 32;
const chunkNumbersMax = 2 * limits.clientColumnSamplesMax;
/** Chunks of full length that are kept for the next need. */
const sparesMax = 16;

/** All columns of one session. */
export class Columns {
  /** Bytes held by chunks that are in use. */
  bytes = 0;

  readonly #bytesMax: number;
  readonly #onFirst: () => void;
  readonly #spares: Float64Array[] = [];
  #waiting: ColumnSeries[] = [];
  #next = 0;

  /** `onFirst` is told when there is something to send after there was nothing. */
  constructor(bytesMax: number, onFirst: () => void) {
    this.#bytesMax = bytesMax;
    this.#onFirst = onFirst;
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** Keeps a sample; false when there is no room for it. */
  add(series: ColumnSeries, ms: number, value: number): boolean {
    let { used } = series;
    if (used === series.chunk.length) {
      if (!this.#turn(series)) return false;
      used = series.used;
    }
    series.chunk[used] = ms;
    series.chunk[used + 1] = value;
    series.used = used + 2;
    if (!series.isWaiting) this.#wait(series);
    return true;
  }

  /** Takes a chunk of the series that waits longest, as text of an entry; undefined when none does. */
  take(session: string): { text: string; calls: number } | undefined {
    const series = this.#waiting[this.#next];
    if (series === undefined) return undefined;
    const isFull = series.full.length > 0;
    const chunk = isFull ? (series.full.shift() as Float64Array) : series.chunk;
    const used = isFull ? chunk.length : series.used;
    const text = entryText(session, series, chunk, used);
    if (isFull) this.#release(chunk);
    else this.#empty(series);
    if (series.full.length === 0 && series.used === 0) this.#rest(series);
    return { text, calls: used / 2 };
  }

  /** Gives the series room for its next sample: a larger chunk, or a further one of full length. */
  #turn(series: ColumnSeries): boolean {
    const { chunk } = series;
    const length = Math.min(Math.max(chunk.length * 4, chunkNumbersMin), chunkNumbersMax);
    const isFull = chunk.length === chunkNumbersMax;
    const moreBytes = isFull ? length * 8 : (length - chunk.length) * 8;
    if (this.bytes + moreBytes > this.#bytesMax) return false;
    this.bytes += moreBytes;
    const spare = length === chunkNumbersMax ? this.#spares.pop() : undefined;
    series.chunk = spare ?? new Float64Array(length);
    if (isFull) {
      series.full.push(chunk);
      series.used = 0;
    } else series.chunk.set(chunk);
    return true;
  }

  #wait(series: ColumnSeries): void {
    series.isWaiting = true;
    const isFirst = this.isEmpty;
    this.#waiting.push(series);
    if (isFirst) this.#onFirst();
  }

  #rest(series: ColumnSeries): void {
    series.isWaiting = false;
    this.#next++;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
  }

  /** A series of few samples keeps its small chunk; a large one would be idle memory. */
  #empty(series: ColumnSeries): void {
    series.used = 0;
    if (series.chunk.length <= chunkNumbersMin * 4) return;
    this.#release(series.chunk);
    series.chunk = nothing;
  }

  #release(chunk: Float64Array): void {
    this.bytes -= chunk.length * 8;
    if (chunk.length === chunkNumbersMax && this.#spares.length < sparesMax) {
      this.#spares.push(chunk);
    }
  }
}

function headText({ name, type, unit, tags }: SeriesHead): string {
  const fields = [`"name":${JSON.stringify(name)}`];
  if (type !== 'gauge') fields.push(`"type":"${type}"`);
  if (unit !== '') fields.push(`"unit":${JSON.stringify(unit)}`);
  if (tags.length > 0) fields.push(`"tags":${JSON.stringify(tags)}`);
  return fields.join();
}

function entryText(
  session: string,
  { head }: ColumnSeries,
  chunk: Float64Array,
  used: number,
): string {
  const startMs = Math.floor(Math.round((chunk[0] as number) * 1000) / 1000);
  const startUs = startMs * 1000;
  // Arrays joined at once cost half of what adding texts to each other does.
  const times = new Array<number>(used / 2);
  const values = new Array<number | string>(used / 2);
  for (let i = 0; i < used; i += 2) {
    times[i / 2] = (Math.round((chunk[i] as number) * 1000) - startUs) / 1000;
    const value = chunk[i + 1] as number;
    values[i / 2] = value - value === 0 ? value : numberText(value);
  }
  return `{"kind":"columns","session":"${session}","startMs":${startMs},"times":[${times.join()}],"series":[{${head},"values":[${values.join()}]}]}`;
}
