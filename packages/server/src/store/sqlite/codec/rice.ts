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
    for (let i = 0; i < values.length; i++) bits += riceBits(values[i]!, k);
    if (bits < bestBits) {
      bestBits = bits;
      best = k;
    }
  }
  return best;
}

function riceBits(value: number, parameter: number): number {
  const quotient = quotientOf(value, parameter);
  if (quotient >= escapeQuotient) return escapeQuotient + lengthBits + bitLength(value);
  return quotient + 1 + parameter;
}

/** The part of the value above the lowest bits, or anything from the escape on. */
function quotientOf(value: number, parameter: number): number {
  return value < 2 ** 31 ? value >>> parameter : escapeQuotient;
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
    if (this.#at === this.#bytes.length) this.#grow();
    this.#bytes[this.#at++] = this.#word;
    this.#word >>>= 8;
  }

  #grow(): void {
    const larger = new Uint8Array(this.#at * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** Writes an integer 0 … 2^53 by its Rice code: quotient in ones, a zero, remainder. */
  rice(value: number, parameter: number): void {
    const quotient = quotientOf(value, parameter);
    if (quotient < escapeQuotient) {
      const ones = (1 << quotient) - 1;
      if (quotient + parameter < 24) {
        const rest = value & ((1 << parameter) - 1);
        this.bits(ones | (rest << (quotient + 1)), quotient + 1 + parameter);
      } else {
        this.bits(ones, quotient + 1);
        this.bits(value, parameter);
      }
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
  #next: number;
  #word = 0;
  #left = 0;

  constructor(data: Uint8Array, at: number) {
    this.#data = data;
    this.#next = at;
  }

  /** Position of the first byte of which no bit was read. */
  get at(): number {
    return this.#next - (this.#left >>> 3);
  }

  /** Makes at least 24 bits ready. */
  #fill(): void {
    while (this.#left < 24) {
      const byte = this.#next < this.#data.length ? this.#data[this.#next]! : 0;
      this.#next++;
      this.#word |= byte << this.#left;
      this.#left += 8;
    }
  }

  /** The next `count` bits (0 … 24). */
  bits(count: number): number {
    this.#fill();
    const value = this.#word & ((1 << count) - 1);
    this.#word >>>= count;
    this.#left -= count;
    return value;
  }

  /** An integer that `rice` wrote. */
  rice(parameter: number): number {
    this.#fill();
    const zeros = ~this.#word;
    // Position of the first zero bit.
    const quotient = 31 - Math.clz32(zeros & -zeros);
    if (quotient < escapeQuotient) {
      this.#word >>>= quotient + 1;
      this.#left -= quotient + 1;
      return (quotient << parameter) | this.bits(parameter);
    }
    this.bits(escapeQuotient);
    const length = this.bits(lengthBits);
    let value = 0;
    for (let done = 0; done < length; done += 16) {
      value += this.bits(Math.min(length - done, 16)) * 2 ** done;
    }
    return value;
  }
}
