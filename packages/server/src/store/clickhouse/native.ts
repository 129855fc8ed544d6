/** ClickHouse's format Native: a block of rows, column after column, as the engine itself keeps them. */

/** Builds one block of a fixed number of rows; columns are added in any order. */
export class NativeBlock {
  readonly #rows: number;
  readonly #pieces: Buffer[] = [];
  #columns = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** The block as bytes, in pieces. */
  get pieces(): Buffer[] {
    return [Buffer.concat([varint(this.#columns), varint(this.#rows)]), ...this.#pieces];
  }

  /** Adds a column whose bytes are there. */
  add(name: string, type: string, bytes: Uint8Array): void {
    this.#columns += 1;
    this.#pieces.push(Buffer.concat([prefixed(name), prefixed(type)]));
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Adds a column of texts; the same one again and again costs a copy of its bytes. */
  addTexts(name: string, texts: readonly string[]): void {
    const known = new Map<string, Buffer>();
    const parts = texts.map((text) => {
      const bytes = known.get(text) ?? prefixed(text);
      if (known.size < 1_000) known.set(text, bytes);
      return bytes;
    });
    this.add(name, 'String', Buffer.concat(parts));
  }
}

/** Whole numbers of 64 bits that doubles hold exactly, as their low and high halves. */
export class Int64Column {
  readonly words: Uint32Array;

  constructor(rows: number) {
    this.words = new Uint32Array(rows * 2);
  }

  /** The bytes of all rows. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer);
  }

  /** Sets a row. */
  set(row: number, value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.words[2 * row] = value - high * 2 ** 32;
    this.words[2 * row + 1] = high;
  }
}

/** A UUID as its two halves of 64 bits, each as its low and high half. */
export function uuidWords(id: string): Uint32Array {
  const hex = id.replaceAll('-', '');
  const word = (at: number): number => Number.parseInt(hex.slice(at, at + 8), 16);
  return Uint32Array.of(word(8), word(0), word(24), word(16));
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** A length, seven bits a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
