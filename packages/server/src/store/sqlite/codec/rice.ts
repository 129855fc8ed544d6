/** Small non-negative integers in as few bits as their size asks for: Rice codes with an escape. */
import { bitLength } from './bits.ts';

/** From this quotient on, an integer is written with its length instead. */
const escapeQuotient = 20;
/** Bits of the length after an escape: integers have 0 … 53 bits. */
const lengthBits = 6;
/** Largest parameter, so that one fits half a byte. */
const parameterMax = 15;

/** The parameter that makes these integers about shortest. */
export function riceParameter(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += Math.min(value, 2 ** 20);
  // The best parameter lies next to the logarithm of the mean.
  const guess = values.length === 0 ? 0 : bitLength(sum / values.length) - 1;
  let best = 0;
  let bestBits = Number.POSITIVE_INFINITY;
  for (let k = Math.max(0, guess - 1); k <= Math.min(parameterMax, Math.max(0, guess + 1)); k++) {
    let bits = 0;
    for (const value of values) bits += riceBits(value, k);
    if (bits < bestBits) {
      bestBits = bits;
      best = k;
    }
  }
  return best;
}

function riceBits(value: number, parameter: number): number {
  const quotient = Math.floor(value / 2 ** parameter);
  if (quotient >= escapeQuotient) return escapeQuotient + lengthBits + bitLength(value);
  return quotient + 1 + parameter;
}

/** Writes bits, lowest first, into a byte array that grows. */
export class BitWriter {
  #bytes = new Uint8Array(256);
  #at = 0;
  #word = 0;
  #used = 0;

  /** Writes the lowest `count` bits (0 … 24) of `value`. */
  bits(value: number, count: number): void {
    this.#word |= (value & ((1 << count) - 1)) << this.#used;
    this.#used += count;
    while (this.#used >= 8) {
      this.#byte();
      this.#used -= 8;
    }
  }

  #byte(): void {
    if (this.#at === this.#bytes.length) {
      const larger = new Uint8Array(this.#at * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#at++] = this.#word;
    this.#word >>>= 8;
  }

  /** Writes an integer 0 … 2^53 by its Rice code: quotient in ones, a zero, remainder. */
  rice(value: number, parameter: number): void {
    const quotient = Math.floor(value / 2 ** parameter);
    if (quotient < escapeQuotient) {
      this.bits((1 << quotient) - 1, quotient + 1);
      this.bits(value, parameter);
      return;
    }
    this.bits((1 << escapeQuotient) - 1, escapeQuotient);
    const length = bitLength(value);
    this.bits(length, lengthBits);
    let rest = value;
    for (let left = length; left > 0; left -= 16) {
      this.bits(rest % 65_536, Math.min(left, 16));
      rest = Math.floor(rest / 65_536);
    }
  }

  /** What was written, filled with zero bits to a whole byte. */
  finish(): Uint8Array {
    if (this.#used > 0) this.#byte();
    this.#used = 0;
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Reads what a `BitWriter` wrote; beyond the end it reads zeros, and `at` tells. */
export class BitReader {
  readonly #data: Uint8Array;
  /** Position of the next byte. */
  at: number;
  #word = 0;
  #left = 0;

  constructor(data: Uint8Array, at: number) {
    this.#data = data;
    this.at = at;
  }

  /** The next `count` bits (0 … 24). */
  bits(count: number): number {
    while (this.#left < count) {
      const byte = this.at < this.#data.length ? this.#data[this.at]! : 0;
      this.at++;
      this.#word |= byte << this.#left;
      this.#left += 8;
    }
    const value = this.#word & ((1 << count) - 1);
    this.#word >>>= count;
    this.#left -= count;
    return value;
  }

  /** An integer that `rice` wrote. */
  rice(parameter: number): number {
    let quotient = 0;
    while (quotient < escapeQuotient && this.bits(1) === 1) quotient++;
    if (quotient < escapeQuotient) return quotient * 2 ** parameter + this.bits(parameter);
    const length = this.bits(lengthBits);
    let value = 0;
    for (let done = 0; done < length; done += 16) {
      value += this.bits(Math.min(length - done, 16)) * 2 ** done;
    }
    return value;
  }
}
