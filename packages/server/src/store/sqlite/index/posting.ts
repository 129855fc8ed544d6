/** Postings: at which places of a segment a term stands, as bytes; and leaves: sorted terms with theirs. */
import { type Bits, hasBit, setBit } from './bits.ts';

/** First byte of a posting: gaps between places as variable-length numbers, or a bit per place. */
const gaps = 0;
const flags = 1;

/** A leaf is closed once it is this large, in bytes; a lookup reads one whole. */
const leafBytes = 2 * 1024;

/** Places, ascending and below `size`, as bytes. */
export function encodePosting(places: ArrayLike<number>, size: number): Uint8Array {
  // A gap takes a byte at least, so that bits are shorter from here on.
  if (places.length * 8 > size) {
    const bytes = new Uint8Array(1 + ((size + 7) >>> 3));
    bytes[0] = flags;
    for (let i = 0; i < places.length; i++) bytes[1 + (places[i]! >>> 3)]! |= 1 << (places[i]! & 7);
    return bytes;
  }
  const bytes: number[] = [gaps];
  let before = -1;
  for (let i = 0; i < places.length; i++) {
    pushNumber(bytes, places[i]! - before - 1);
    before = places[i]!;
  }
  return Uint8Array.from(bytes);
}

/** Puts the places of a posting into a set. */
export function addPosting(posting: Uint8Array, into: Bits): void {
  if (posting[0] === flags) {
    for (let i = 1; i < posting.length; i++) {
      const place = (i - 1) * 8;
      if (posting[i] !== 0) into[place >>> 5]! |= posting[i]! << (place & 31);
    }
    return;
  }
  let place = -1;
  for (let i = 1; i < posting.length; ) {
    let gap = 0;
    let byte: number;
    let shift = 0;
    do {
      byte = posting[i++]!;
      gap |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    place += gap + 1;
    setBit(into, place);
  }
}

/** Appends the places of a posting that are in `live`, all moved up by `shift`, to a list. */
export function pushPlaces(posting: Uint8Array, shift: number, live: Bits, list: number[]): void {
  const push = (place: number): void => {
    if (hasBit(live, place)) list.push(place);
  };
  if (posting[0] === flags) {
    for (let i = 1; i < posting.length; i++) {
      for (let bit = 0; posting[i]! >> bit !== 0; bit++) {
        if ((posting[i]! >> bit) & 1) push((i - 1) * 8 + bit + shift);
      }
    }
    return;
  }
  const at = { i: 1 };
  let place = shift - 1;
  while (at.i < posting.length) {
    place += readNumber(posting, at) + 1;
    push(place);
  }
}

/** Packs terms, which come sorted and each once, into leaves; `write` gets each as it is complete. */
export class LeafWriter {
  /** The first term of each leaf. */
  readonly directory: string[] = [];
  readonly #write: (ordinal: number, data: Uint8Array) => void;
  #bytes = new Uint8Array(leafBytes * 2);
  #length = 0;
  #last = '';

  constructor(write: (ordinal: number, data: Uint8Array) => void) {
    this.#write = write;
  }

  add(term: string, posting: Uint8Array): void {
    if (this.#length === 0) {
      this.directory.push(term);
      this.#last = '';
    }
    let shared = 0;
    while (shared < this.#last.length && this.#last[shared] === term[shared]) shared++;
    const rest = term.slice(shared);
    const head: number[] = [];
    pushNumber(head, shared);
    pushNumber(head, rest.length);
    for (let i = 0; i < rest.length; i++) head.push(rest.charCodeAt(i));
    pushNumber(head, posting.length);
    this.#reserve(head.length + posting.length);
    this.#bytes.set(head, this.#length);
    this.#bytes.set(posting, this.#length + head.length);
    this.#length += head.length + posting.length;
    this.#last = term;
    if (this.#length >= leafBytes) this.end();
  }

  /** Writes what is left. */
  end(): void {
    if (this.#length === 0) return;
    this.#write(this.directory.length - 1, this.#bytes.slice(0, this.#length));
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array((this.#length + more) * 2);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** A term of a leaf with its posting. */
export interface Term {
  term: string;
  posting: Uint8Array;
}

/** The terms of a leaf, in order. */
export function* leafTerms(data: Uint8Array): Generator<Term> {
  const at = { i: 0 };
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let term = '';
  while (at.i < data.length) {
    const shared = readNumber(data, at);
    const length = readNumber(data, at);
    term = term.slice(0, shared) + bytes.toString('latin1', at.i, at.i + length);
    at.i += length;
    const size = readNumber(data, at);
    yield { term, posting: data.subarray(at.i, at.i + size) };
    at.i += size;
  }
}

function pushNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

function readNumber(data: Uint8Array, at: { i: number }): number {
  let value = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = data[at.i++]!;
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  return value;
}
