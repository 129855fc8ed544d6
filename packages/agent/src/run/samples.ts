/** Metrics found in the output of a command: gathered per series until they are sent. */
import { type LocalEntry, limits, type MetricType, seriesKeyText } from '@tacho/protocol';

/** One value of one series. */
export interface Reading {
  name: string;
  value: number;
  type: MetricType;
  unit: string;
  tags: string[];
}

const types: readonly string[] = ['gauge', 'counter', 'histogram', 'timer'] satisfies MetricType[];

/** A reading from words as people write them; undefined when they make none. */
export function readingOf(
  words: Readonly<Record<string, string | undefined>>,
): Reading | undefined {
  const { name = '', value: text = '', type = 'gauge', unit = '', tags = '' } = words;
  // Thousands are written with commas or underscores between digits.
  const value = Number(text.replace(/(?<=\d)[,_](?=\d{3})/g, ''));
  if (name === '' || name.length > limits.metricNameLengthMax) return undefined;
  if (text.trim() === '' || !Number.isFinite(value) || !types.includes(type)) return undefined;
  if (unit.length > limits.unitLengthMax) return undefined;
  const list = tags.split(',').map((tag) => tag.trim().slice(0, limits.tagLengthMax));
  return { name, value, type: type as MetricType, unit, tags: list.filter((tag) => tag !== '') };
}

/** A series by what tells it from others. */
export type SeriesName = Pick<Reading, 'name' | 'unit' | 'tags'>;

/** Takes what is measured, in whatever form it travels. */
export interface Ledger {
  say(entry: LocalEntry): void;
  /** A counter grew. */
  count(series: SeriesName, atUs: number, delta: number): void;
  /** A histogram gets a value. */
  observe(series: SeriesName, atUs: number, value: number): void;
}

interface Levels extends SeriesName {
  type: 'gauge' | 'timer';
  timesUs: number[];
  values: number[];
}

/** Readings of levels, gathered per series until they are sent; what grows is handed on at once. */
export class Samples {
  /** Readings left out because there were too many at once. */
  dropped = 0;

  readonly #session: string;
  readonly #tags: readonly string[];
  readonly #ledger: Ledger;
  #series = new Map<string, Levels>();
  #count = 0;

  /** `tags` go on every metric. */
  constructor(session: string, tags: readonly string[], ledger: Ledger) {
    this.#session = session;
    this.#tags = tags;
    this.#ledger = ledger;
  }

  add({ name, type, unit, tags: own, value }: Reading, atUs: number): void {
    if (this.#count >= limits.runSamplesMax) {
      this.dropped++;
      return;
    }
    this.#count++;
    const tags = [...this.#tags, ...own].slice(0, limits.tagsMax);
    if (type === 'counter') this.#ledger.count({ name, unit, tags }, atUs, value);
    else if (type === 'histogram') this.#ledger.observe({ name, unit, tags }, atUs, value);
    else this.#gather({ name, type, unit, tags }, atUs, value);
  }

  #gather(name: Pick<Levels, 'name' | 'type' | 'unit' | 'tags'>, atUs: number, value: number) {
    const key = seriesKeyText(name);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { ...name, timesUs: [], values: [] };
      this.#series.set(key, series);
    }
    series.timesUs.push(atUs);
    series.values.push(value);
  }

  /** Says what is there. */
  flush(): void {
    for (const { timesUs, values, ...series } of this.#series.values()) {
      this.#ledger.say({
        kind: 'columns',
        session: this.#session,
        timesUs: Float64Array.from(timesUs),
        series: [{ ...series, values: Float64Array.from(values) }],
      });
    }
    this.#series = new Map();
    this.#count = 0;
  }
}
