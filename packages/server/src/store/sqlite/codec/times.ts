/** Columns of instants. */
import { appendColumn, decodeColumn, encodeColumn } from './column.ts';

/**
 * Encodes epoch microseconds in ascending order; about half a byte each when they come at jittered
 * milliseconds. Other doubles survive as well, at the price of values.
 */
export function encodeTimes(timesUs: Float64Array): Uint8Array {
  return encodeColumn('times', timesUs);
}

/** The instants of a blob. Throws CorruptError. */
export function decodeTimes(data: Uint8Array): Float64Array {
  return decodeColumn('times', data);
}

/** The blob of all instants of `data` and then `more`. Throws CorruptError. */
export function appendTimes(data: Uint8Array, more: Float64Array): Uint8Array {
  return appendColumn('times', data, more);
}
