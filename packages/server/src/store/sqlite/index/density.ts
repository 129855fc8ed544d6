/** Densities: how the many events of one session lie in time, in bins that get wider as the session gets longer. */

/** Bins of a density; a profile has a tenth of them, so bins that lie across two of its buckets matter little. */
const bins = 512;

/** Width of a bin at first, in microseconds; a density is then half a second long. */
const firstWidthUs = 1_024;

const headBytes = 16;

/** What lies in a bin. */
export interface Bin {
  atUs: number;
  events: number;
  errors: number;
  hangs: number;
}

/** Counts events by time from the start of their session on. */
export class Density {
  readonly #head: Float64Array;
  readonly #counts: Uint32Array;
  /** The density as it is kept. */
  readonly bytes: Uint8Array;

  private constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.#head = new Float64Array(bytes.buffer, bytes.byteOffset, 2);
    this.#counts = new Uint32Array(bytes.buffer, bytes.byteOffset + headBytes, 3 * bins);
  }

  /** An empty density of a session that began at `fromUs`. */
  static begin(fromUs: number): Density {
    const density = new Density(new Uint8Array(headBytes + 3 * bins * 4));
    density.#head.set([fromUs, firstWidthUs]);
    return density;
  }

  /** Inverse of `bytes`; undefined when they are none of a density. */
  static read(bytes: Uint8Array): Density | undefined {
    return bytes.length === headBytes + 3 * bins * 4 ? new Density(bytes.slice()) : undefined;
  }

  /** Counts an event; one from before the start of the session is in the first bin. */
  add(atUs: number, isError: boolean, isHang: boolean): void {
    const [fromUs, widthUs] = this.#head as unknown as [number, number];
    const bin = Math.max(0, Math.floor((atUs - fromUs) / widthUs));
    if (bin >= bins) {
      this.#widen();
      this.add(atUs, isError, isHang);
      return;
    }
    const counts = this.#counts;
    counts[bin * 3]! += 1;
    if (isError) counts[bin * 3 + 1]! += 1;
    if (isHang) counts[bin * 3 + 2]! += 1;
  }

  /** Bins that are not empty, at their middles. */
  *[Symbol.iterator](): Generator<Bin> {
    const [fromUs, widthUs] = this.#head as unknown as [number, number];
    for (let bin = 0; bin < bins; bin++) {
      const [events = 0, errors = 0, hangs = 0] = this.#counts.subarray(bin * 3, bin * 3 + 3);
      if (events > 0) yield { atUs: fromUs + (bin + 0.5) * widthUs, events, errors, hangs };
    }
  }

  /** Makes bins twice as wide. */
  #widen(): void {
    const counts = this.#counts;
    for (let i = 0; i < 3 * bins; i++) {
      const bin = Math.floor(i / 3);
      const from = 2 * bin * 3 + (i % 3);
      counts[i] = bin < bins / 2 ? counts[from]! + counts[from + 3]! : 0;
    }
    this.#head[1]! *= 2;
  }
}
