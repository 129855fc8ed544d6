/** Cursors of pages: opaque texts that say after which row the next page begins. */
import { compareTexts, TachoError } from '@tacho/protocol';

/** The place of a row in a list. */
export type PlaceParts = readonly (string | number)[];

/** A cursor of a list; `list` names it with everything that decides about its order. */
export function writeCursor(list: string, place: PlaceParts): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString('base64url');
}

/**
 * The place that a cursor of this list stands for, its parts of these types. Throws TachoError
 * `invalid_field` for any other text.
 */
export function readCursor(
  list: string,
  cursor: string,
  types: readonly ('string' | 'number')[],
): (string | number)[] {
  const place = parse(cursor);
  const isOurs =
    place !== undefined &&
    place.length === types.length + 1 &&
    place[0] === list &&
    types.every((type, i) => typeof place[i + 1] === type);
  if (isOurs) return place.slice(1) as (string | number)[];
  throw new TachoError(
    'invalid_field',
    'cursor is none of this list; expected `next` of the page before, asked for in the same way.',
  );
}

/** The order of places that are texts, part by part. */
export function compareTextPlaces(a: readonly string[], b: readonly string[]): number {
  for (const [i, left] of a.entries()) {
    const order = compareTexts(left, b[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function parse(cursor: string): unknown[] | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(place) ? place : undefined;
  } catch {
    return undefined;
  }
}
