/** All series of a session: made when they are first used, refused when they are too many or make no sense. */
import { defaultBounds, limits, makeHistogram } from '@tacho/protocol';
import type { DropReason } from './drops.ts';
import { readName, readTags, SeriesIndex, type Tagged } from './series.ts';
import { shown, type Warnings } from './warnings.ts';

/** Series of all types and units. */
export class SeriesBook {
  readonly #warnings: Warnings;
  readonly #indexes = new Map<string, SeriesIndex<Tagged>>();
  #size = 0;

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  /** The series that agree in this text: all that tells series apart beside name and tags. */
  index<S extends Tagged>(text: string): SeriesIndex<S> {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = new SeriesIndex();
      this.#indexes.set(text, index);
    }
    return index as SeriesIndex<S>;
  }

  /** The series, made if need be; the reason why there is none otherwise. */
  find<S extends Tagged>(
    index: SeriesIndex<S>,
    method: string,
    { name, tags }: { name: unknown; tags: unknown },
    make: (key: { name: string; tags: readonly string[] }) => S,
  ): S | DropReason {
    const key = readName(name, limits.metricNameLengthMax);
    if (key === undefined) {
      return refused(this.#warnings, method, `the name is ${shown(name)}; expected a text`);
    }
    const read = readTags(tags);
    if (read === undefined) {
      return refused(
        this.#warnings,
        method,
        `the tags are ${shown(tags)}; expected a list of texts`,
      );
    }
    const known = index.find(key, read);
    if (known !== undefined) return known;
    if (this.#size >= limits.seriesPerSessionMax) {
      this.#warnings.once('series', `more than ${limits.seriesPerSessionMax} series`);
      return 'series_limit';
    }
    const series = make({ name: key, tags: read });
    index.add(key, series);
    this.#size++;
    return series;
  }
}

/** Says why a call is ignored, once per kind. */
export function refused(warnings: Warnings, method: string, what: string): DropReason {
  warnings.once(`${method} ${what.slice(0, 12)}`, `${method}: ${what}; it is ignored`);
  return 'invalid';
}

/** What is said of a series beside its name: tags alone, or with the rest. */
export function readDetails(
  warnings: Warnings,
  method: string,
  details: unknown,
): { unit: string; tags: unknown; bounds?: unknown } {
  if (details === undefined || details === null) return { unit: '', tags: undefined };
  if (Array.isArray(details)) return { unit: '', tags: details };
  if (typeof details !== 'object') {
    warnings.once(`${method}-details`, `${method}: the tags are ${shown(details)}`);
    return { unit: '', tags: undefined };
  }
  const { unit, tags, bounds } = details as { unit?: unknown; tags?: unknown; bounds?: unknown };
  return {
    unit: typeof unit === 'string' ? unit.slice(0, limits.unitLengthMax) : '',
    tags,
    bounds,
  };
}

/** Bounds of a histogram in order; undefined for the default ones. */
export function readBounds(wanted: unknown): readonly number[] | undefined {
  if (!Array.isArray(wanted) || wanted.length > limits.bucketsMax) return undefined;
  const { bounds } = makeHistogram(wanted.filter((bound) => typeof bound === 'number'));
  return bounds.length === 0 || bounds.join() === defaultBounds.join() ? undefined : bounds;
}
