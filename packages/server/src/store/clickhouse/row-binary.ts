/** ClickHouse's RowBinary: rows as bytes, column after column, without anything between them. */

/** Writes values of the types that our tables have; what each takes is said by its name in ClickHouse. */
export class RowWriter {
  #bytes: Buffer;
  #end = 0;

  constructor(capacity = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** What was written; valid until the next value. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Forgets what was written. */
  clear(): void {
    this.#end = 0;
  }

  /** UInt8, Bool, and Enum8 by number. */
  uint8(value: number): void {
    this.#need(1);
    this.#bytes[this.#end++] = value;
  }

  /** Int8. */
  int8(value: number): void {
    this.uint8(value & 0xff);
  }

  /** UInt16, and Date by days since 1970. */
  uint16(value: number): void {
    this.#need(2);
    this.#end = this.#bytes.writeUInt16LE(value, this.#end);
  }

  /** UInt32. */
  uint32(value: number): void {
    this.#need(4);
    this.#end = this.#bytes.writeUInt32LE(value, this.#end);
  }

  /** UInt64. */
  uint64(value: bigint): void {
    this.#need(8);
    this.#end = this.#bytes.writeBigUInt64LE(value, this.#end);
  }

  /** Int64 of a whole number that a double holds exactly. */
  int64(value: number): void {
    this.#need(8);
    const high = Math.floor(value / 2 ** 32);
    this.#bytes.writeUInt32LE(value - high * 2 ** 32, this.#end);
    this.#end = this.#bytes.writeInt32LE(high, this.#end + 4);
  }

  /** Float64. */
  float64(value: number): void {
    this.#need(8);
    this.#end = this.#bytes.writeDoubleLE(value, this.#end);
  }

  /** String; its length goes before it, seven bits a byte. */
  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#need(length + 5);
    let rest = length;
    while (rest > 0x7f) {
      this.#bytes[this.#end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#end++] = rest;
    this.#end += this.#bytes.write(value, this.#end);
  }

  /** UUID: two halves, each from its last byte to its first. */
  uuid(id: string): void {
    const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
    if (bytes.length !== 16) throw new Error(`${id} is no UUID`);
    this.#need(16);
    bytes.subarray(0, 8).reverse();
    bytes.subarray(8).reverse();
    this.#end += bytes.copy(this.#bytes, this.#end);
  }

  #need(length: number): void {
    if (this.#end + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#end + length, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

/** There are fewer bytes than the value has. */
export class ShortRow extends Error {}

/** Reads what `RowWriter` writes, and what ClickHouse does. */
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
