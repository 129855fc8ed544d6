/** Finding a series by its name and tags, for every call of a program: no text is built on the usual way. */
import { limits } from '@tacho/protocol';

/** What is found: something with tags. */
export interface Tagged {
  readonly tags: readonly string[];
}

/** The series of one name. */
interface Named<S extends Tagged> {
  /** The one without tags. */
  plain: S | undefined;
  /** The one with tags that was asked for last. */
  last: S | undefined;
  byTags: Map<string, S>;
}

const separator = '\u0000';

/**
 * Series of one type and unit. Tags in another order are another series here and the same one for
 * whoever receives them. Contents are compared, not identities: a program may change its arrays.
 */
export class SeriesIndex<S extends Tagged> {
  /** Series in it. */
  size = 0;

  readonly #names = new Map<string, Named<S>>();

  /** The series, if it is known by exactly these tags; throws for what is not even like a list. */
  find(name: string, tags: readonly string[] | undefined): S | undefined {
    const named = this.#names.get(name);
    if (named === undefined) return undefined;
    if (tags === undefined || tags.length === 0) return named.plain;
    const { last } = named;
    if (last !== undefined && isSame(last.tags, tags)) return last;
    const found = named.byTags.get(tags.join(separator));
    if (found === undefined || !isSame(found.tags, tags)) return undefined;
    named.last = found;
    return found;
  }

  /** Adds a series under its name; its tags came from `readTags`. */
  add(name: string, series: S): void {
    let named = this.#names.get(name);
    if (named === undefined) {
      named = { plain: undefined, last: undefined, byTags: new Map() };
      this.#names.set(name, named);
    }
    if (series.tags.length === 0) named.plain = series;
    else named.byTags.set(series.tags.join(separator), series);
    this.size++;
  }
}

/** A name as it can be sent; undefined when it cannot. */
export function readName(name: unknown, lengthMax: number): string | undefined {
  return typeof name === 'string' && name !== '' && name.length <= lengthMax ? name : undefined;
}

/** Tags as they can be sent: a copy, without those that cannot; undefined when it is no list. */
export function readTags(tags: unknown): string[] | undefined {
  if (tags === undefined || tags === null) return [];
  if (!Array.isArray(tags)) return undefined;
  const read: string[] = [];
  for (const tag of tags.slice(0, limits.tagsMax)) {
    if (typeof tag !== 'string' && typeof tag !== 'number' && typeof tag !== 'boolean') continue;
    const text = String(tag).replaceAll(separator, ' ').slice(0, limits.tagLengthMax);
    if (text !== '') read.push(text);
  }
  return read;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
