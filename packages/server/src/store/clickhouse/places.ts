/** A state as columns that ClickHouse can look into: its places with their values in the ways they are compared. */
import { type JsonObject, limits, statePlaces, stateText, stringifyJson } from '@tacho/protocol';

/** How the value of a place compares: an object does not, digits of a bigint are no double. */
export const placeKinds = { object: 0, text: 1, number: 2, bigint: 3, other: 4 } as const;

/** The places of a state, one index each. */
export interface PlaceColumns {
  paths: string[];
  /** Values as `stateText` has them; empty for objects. */
  texts: string[];
  kinds: number[];
  /** Numbers as the nearest doubles; 0 for everything else. */
  numbers: number[];
  /** Values as JSON where they count as values of a state; empty elsewhere. */
  jsons: string[];
}

/** The places of a state. */
export function placeColumns(state: JsonObject): PlaceColumns {
  const columns: PlaceColumns = { paths: [], texts: [], kinds: [], numbers: [], jsons: [] };
  for (const { path, value } of statePlaces(state)) {
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const json = value === undefined ? '' : stringifyJson(value);
    const isCounted =
      columns.paths.length < limits.statePlacesMax && json.length <= limits.stateValueLengthMax;
    columns.paths.push(path);
    columns.texts.push(value === undefined ? '' : stateText(value));
    columns.kinds.push(kindOf(value));
    columns.numbers.push(isNumber ? Number(value) : 0);
    columns.jsons.push(isCounted ? json : '');
  }
  return columns;
}

function kindOf(value: unknown): number {
  switch (typeof value) {
    case 'undefined':
      return placeKinds.object;
    case 'string':
      return placeKinds.text;
    case 'number':
      return placeKinds.number;
    case 'bigint':
      return placeKinds.bigint;
    default:
      return placeKinds.other;
  }
}
