/** Integers as bytes: variable-length integers and rows of integers of equal bit width. */

const two32 = 4294967296;

/** Number of bits of an integer 0 … 2^53. */
export function bitLength(value: number): number {
  return value < two32 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / two32);
}

/** Bytes that `count` integers of `width` bits take (see `pack` and `packWide`). */
export function packedBytes(count: number, width: number): number {
  return width <= 32 ? (count * width + 7) >>> 3 : count * 4 + ((count * (width - 32) + 7) >>> 3);
}

/**
 * Writes `source[0, count)`, each below 2^width, lowest bit first. `width` is 0 … 32.
 * Returns the position after the last byte.
 */
export function pack(
  source: Uint32Array,
  count: number,
  width: number,
  out: Uint8Array,
  start: number,
): number {
  if (width === 0) return start;
  let at = start;
  let word = 0;
  let used = 0;
  for (let i = 0; i < count; i++) {
    const value = source[i]!;
    word |= value << used;
    used += width;
    if (used >= 32) {
      out[at] = word;
      out[at + 1] = word >>> 8;
      out[at + 2] = word >>> 16;
      out[at + 3] = word >>> 24;
      at += 4;
      used -= 32;
      word = used === 0 ? 0 : value >>> (width - used);
    }
  }
  for (; used > 0; used -= 8) {
    out[at++] = word;
    word >>>= 8;
  }
  return at;
}

/**
 * Reads `count` integers of `width` bits (0 … 32) into `target`.
 * May look at up to three bytes after the row, which the checksum of a blob always provides.
 */
export function unpack(
  data: Uint8Array,
  start: number,
  count: number,
  width: number,
  target: Uint32Array,
): void {
  if (width === 0) {
    target.fill(0, 0, count);
    return;
  }
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let at = start;
  let word = 0;
  let left = 0;
  for (let i = 0; i < count; i++) {
    if (left >= width) {
      target[i] = word & mask;
      word >>>= width;
      left -= width;
    } else {
      const next = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
      at += 4;
      target[i] = (word | (next << left)) & mask;
      const taken = width - left;
      word = taken === 32 ? 0 : next >>> taken;
      left = 32 - taken;
    }
  }
}

/** Writes an integer 0 … 2^53 − 1; returns the position after it. */
export function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 128) {
    out[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  out[at] = rest;
  return at + 1;
}

/** Writes an integer −2^53 … 2^53; returns the position after it. Zero has one form. */
export function writeSigned(out: Uint8Array, start: number, value: number): number {
  const magnitude = Math.abs(value);
  const first = (magnitude % 64) | (value < 0 ? 64 : 0);
  if (magnitude < 64) {
    out[start] = first;
    return start + 1;
  }
  out[start] = first | 128;
  return writeVarint(out, start + 1, Math.floor(magnitude / 64));
}

/** Reads numbers one after the other; positions beyond the end read as zero and leave `at` > end. */
export class Reader {
  readonly data: Uint8Array;
  at: number;

  constructor(data: Uint8Array, at: number) {
    this.data = data;
    this.at = at;
  }

  /** The next byte. */
  byte(): number {
    const at = this.at++;
    return at < this.data.length ? this.data[at]! : 0;
  }

  /** Little-endian unsigned 32 bits. */
  u32(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  /** What `writeVarint` wrote. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    return value;
  }

  /** What `writeSigned` wrote. */
  signed(): number {
    const first = this.byte();
    let magnitude = first & 63;
    if (first >= 128) magnitude += this.varint() * 64;
    return (first & 64) === 0 ? magnitude : -magnitude;
  }
}
