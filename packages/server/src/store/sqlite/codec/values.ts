/** Columns of samples' values. */
import { appendColumn, decodeColumn, encodeColumn } from './column.ts';

/** Encodes doubles of any kind, bit for bit (NaN, infinities and -0 included). */
export function encodeValues(values: Float64Array): Uint8Array {
  return encodeColumn('values', values);
}

/** The values of a blob. Throws CorruptError. */
export function decodeValues(data: Uint8Array): Float64Array {
  return decodeColumn('values', data);
}

/** The blob of all values of `data` and then `more`. Throws CorruptError. */
export function appendValues(data: Uint8Array, more: Float64Array): Uint8Array {
  return appendColumn('values', data, more);
}
