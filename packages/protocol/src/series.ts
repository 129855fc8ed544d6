/** Series keys: the one canonical form of name, type, unit and tags, and their numbers in a session. */
import { limits } from './limits.ts';

/** Kinds of metric. */
export const metricTypes = ['gauge', 'counter', 'histogram', 'timer'] as const;

/** Kind of metric. */
export type MetricType = (typeof metricTypes)[number];

/** What tells one series of a session from another; tags are compared as a set. */
export interface SeriesKey {
  readonly name: string;
  readonly type: MetricType;
  /** Unit as the sender named it; empty for none. */
  readonly unit: string;
  /** In the order first sent, each once. */
  readonly tags: readonly string[];
}

/** Where the samples go whose series would be one too many for their session. */
export const overflowSeries: SeriesKey = {
  name: 'tacho.series_overflow',
  type: 'gauge',
  unit: '',
  tags: [],
};

/**
 * Canonical text of a series key: equal for equal name, type, unit and set of tags, different for
 * anything else, whatever characters they hold. It is a JSON array, so it can be stored as text.
 */
export function seriesKeyText(key: SeriesKey): string {
  return canonicalText(key.name, key.type, key.unit, key.tags);
}

/** Reads what `seriesKeyText` wrote, tags in canonical order; throws SyntaxError for other text. */
export function parseSeriesKey(text: string): SeriesKey {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts) || parts.length < 3 || !parts.every((part) => typeof part === 'string'))
    throw new SyntaxError('series key is not an array of three or more strings');
  const [name, type, unit, ...tags] = parts as [string, string, string, ...string[]];
  const known = metricTypes.find((candidate) => candidate === type);
  if (known === undefined) throw new SyntaxError(`series key has the unknown type ${type}`);
  return { name, type: known, unit, tags };
}

/** A step on the way from a name to a series: its name, then type, then unit, then tag by tag. */
interface Step {
  /** Index of the series that ends here, or -1. */
  series: number;
  /** The step last taken from here; a table of few combinations needs no map. */
  lastText: string;
  lastStep: Step | undefined;
  /** All steps from here, once there are two. */
  steps: Map<string, Step> | undefined;
}

/**
 * The series of one session by local index, in order of first appearance.
 *
 * `index` is called for every sample, so a series that was seen before with its tags in the same
 * order is found by comparing strings along a tree, without building or sorting anything. Only a
 * series or an order of tags that was not seen before pays for the canonical text.
 */
export class SeriesTable {
  /** Keys by index; only `index` may add to it. */
  readonly keys: SeriesKey[] = [];
  /** How many samples went to the overflow series instead of one of their own. */
  overflowed = 0;

  readonly #root: Step = newStep();
  readonly #byText = new Map<string, number>();
  /** Orders of tags remembered beside the first one of each series. */
  #aliases = 0;

  /** `keys` keep their positions as indexes, also beyond the limit. */
  constructor(keys: Iterable<SeriesKey> = []) {
    for (const key of keys) this.#add(key, seriesKeyText(key));
  }

  /**
   * Index of a series in `keys`, added when it is new. Once `limits.seriesPerSessionMax` series are
   * there, new ones get the index of `overflowSeries`, and `overflowed` counts them.
   */
  index(name: string, type: MetricType, unit: string, tags: readonly string[]): number {
    let step = next(next(next(this.#root, name), type), unit);
    for (let i = 0; i < tags.length; i++) step = next(step, tags[i] as string);
    return step !== undefined && step.series >= 0
      ? step.series
      : this.#indexByText(name, type, unit, tags);
  }

  #indexByText(name: string, type: MetricType, unit: string, tags: readonly string[]): number {
    const text = canonicalText(name, type, unit, tags);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      this.#addAlias(known, name, type, unit, tags);
      return known;
    }
    if (this.keys.length < limits.seriesPerSessionMax) {
      return this.#add({ name, type, unit, tags: [...new Set(tags)] }, text);
    }
    this.overflowed++;
    const overflowText = seriesKeyText(overflowSeries);
    return this.#byText.get(overflowText) ?? this.#add(overflowSeries, overflowText);
  }

  #add(key: SeriesKey, text: string): number {
    const index = this.keys.push(key) - 1;
    if (this.#byText.has(text)) return index;
    this.#byText.set(text, index);
    makeStep(this.#root, [key.name, key.type, key.unit, ...key.tags]).series = index;
    return index;
  }

  /** Remembers another order of a series' tags; a sender of ever new orders gets no more memory. */
  #addAlias(
    index: number,
    name: string,
    type: MetricType,
    unit: string,
    tags: readonly string[],
  ): void {
    if (this.#aliases >= limits.seriesPerSessionMax || tags.length > limits.tagsMax) return;
    this.#aliases++;
    makeStep(this.#root, [name, type, unit, ...tags]).series = index;
  }
}

function canonicalText(name: string, type: string, unit: string, tags: readonly string[]): string {
  return JSON.stringify([name, type, unit, ...[...new Set(tags)].sort()]);
}

function newStep(): Step {
  return { series: -1, lastText: '', lastStep: undefined, steps: undefined };
}

function next(step: Step | undefined, text: string): Step | undefined {
  if (step === undefined) return undefined;
  if (step.lastText === text) return step.lastStep;
  const found = step.steps?.get(text);
  if (found !== undefined) {
    step.lastText = text;
    step.lastStep = found;
  }
  return found;
}

/** The step at the end of a path, made together with the ones before it where they are missing. */
function makeStep(root: Step, path: readonly string[]): Step {
  let step = root;
  for (const text of path) step = next(step, text) ?? branch(step, text);
  return step;
}

function branch(from: Step, text: string): Step {
  const step = newStep();
  if (from.lastStep === undefined) {
    from.lastText = text;
    from.lastStep = step;
    return step;
  }
  from.steps ??= new Map([[from.lastText, from.lastStep]]);
  from.steps.set(text, step);
  from.lastText = text;
  from.lastStep = step;
  return step;
}
