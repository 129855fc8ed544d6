/** ClickHouse's RowBinary: rows as bytes, column after column, without anything between them. */

/** There are fewer bytes than the value has. */
export class ShortRow extends Error {}

/** Reads values of the types that our tables have; what each takes is said by its name in ClickHouse. */
export class RowReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Place of the next value. */
  get at(): number {
    return this.#at;
  }

  /** Whether all was read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  /** @throws when a double does not hold the number exactly */
  int64(): number {
    const value = Number(this.#bytes.readBigInt64LE(this.#take(8)));
    if (!Number.isSafeInteger(value)) throw new Error(`${value} is beyond what is exact`);
    return value;
  }

  float64(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.uint8();
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const from = this.#take(length);
    return this.#bytes.toString('utf8', from, from + length);
  }

  uuid(): string {
    const from = this.#take(16);
    const bytes = Buffer.from(this.#bytes.subarray(from, from + 16));
    bytes.subarray(0, 8).reverse();
    bytes.subarray(8).reverse();
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  #take(length: number): number {
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new ShortRow('a row ends before its values do');
    this.#at += length;
    return from;
  }
}
