/** Parquet's hybrid of runs and packed bits, for numbers that are small or repeat. */

/** Equal numbers in a row from which a run is smaller than packed bits. */
const runMin = 16;

/** Bits that the numbers up to `max` need. */
export function bitsOf(max: number): number {
  return max === 0 ? 0 : 32 - Math.clz32(max);
}

/** The first `count` numbers, each of at most so many bits, 24 at the most. */
export function hybridBytes(
  numbers: Uint32Array | Uint8Array,
  count: number,
  bits: number,
): Buffer {
  const out = new HybridWriter(count, bits);
  let from = 0;
  while (from < count) {
    let to = from + 1;
    while (to < count && numbers[to] === numbers[from]) to++;
    // Packed numbers come in eights, so a run may begin only where eight of them are complete.
    const missing = out.pending;
    const packed = Math.min(to - from, missing);
    for (let i = 0; i < packed; i++) out.pack(numbers[from]!);
    from += packed;
    if (to - from >= runMin) out.run(numbers[from]!, to - from);
    else for (; from < to; from++) out.pack(numbers[from]!);
    from = to;
  }
  return out.end();
}

class HybridWriter {
  readonly #bits: number;
  readonly #bytes: Buffer;
  #end = 0;
  /** Where the head of the packed numbers under way stands; -1 when there are none. */
  #head = -1;
  #packed = 0;
  #rest = 0;
  #restBits = 0;

  constructor(count: number, bits: number) {
    this.#bits = bits;
    // Packed numbers with their heads; a run is never larger than what it stands for.
    this.#bytes = Buffer.allocUnsafe(Math.ceil((count + 8) / 8) * (bits + 5) + 16);
  }

  /** Numbers that are missing to complete eight packed ones. */
  get pending(): number {
    return (8 - (this.#packed % 8)) % 8;
  }

  pack(number: number): void {
    if (this.#head < 0) {
      // The head is written when the count is known; two bytes are enough for the most of one head.
      this.#head = this.#end;
      this.#end += 2;
    }
    this.#rest |= number << this.#restBits;
    this.#restBits += this.#bits;
    while (this.#restBits >= 8) {
      this.#bytes[this.#end++] = this.#rest & 255;
      this.#rest >>>= 8;
      this.#restBits -= 8;
    }
    this.#packed += 1;
    if (this.#packed === packedMax) this.#close();
  }

  run(number: number, length: number): void {
    this.#close();
    this.#varint(length * 2);
    for (let shift = 0; shift < this.#bits; shift += 8) {
      this.#bytes[this.#end++] = (number >>> shift) & 255;
    }
  }

  end(): Buffer {
    // The reader knows the count; what fills the last eight is not looked at.
    while (this.pending > 0) this.pack(0);
    this.#close();
    return this.#bytes.subarray(0, this.#end);
  }

  /** Completes the head of the packed numbers: their eights, and a set bit that tells them from a run. */
  #close(): void {
    if (this.#head < 0) return;
    const head = (this.#packed / 8) * 2 + 1;
    this.#bytes[this.#head] = (head & 0x7f) | 0x80;
    this.#bytes[this.#head + 1] = head >>> 7;
    this.#head = -1;
    this.#packed = 0;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#end++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#end++] = rest;
  }
}

/** Numbers under one head of two bytes: 13 bits of eights. */
const packedMax = 8_191 * 8;
