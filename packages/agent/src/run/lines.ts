/** Lines of a stream, found as its pieces pass by: all of them, or only those that speak to us. */
import { limits } from '@tacho/protocol';

/** How lines begin that speak to us. */
export const saidPrefix = 'tacho:';

const newline = 0x0a;
const prefix = Buffer.from(saidPrefix);
const prefixAfterNewline = Buffer.from(`\n${saidPrefix}`);

/**
 * Cuts a stream into lines. Longer ones than `limits.runLineLengthMax` bytes are left out: what is
 * searched for in a line must not take long.
 */
export class Lines {
  readonly #isAll: boolean;
  readonly #onLine: (line: string) => void;
  /** Beginning of the line that has not ended; undefined once it is too long. */
  #open: Buffer | undefined = Buffer.alloc(0);

  /** `isAll`: also lines without the prefix; a carriage return then ends a line as well. */
  constructor(isAll: boolean, onLine: (line: string) => void) {
    this.#isAll = isAll;
    this.#onLine = onLine;
  }

  push(piece: Buffer): void {
    const first = piece.indexOf(newline);
    if (first < 0) {
      this.#grow(piece);
      return;
    }
    this.#grow(piece.subarray(0, first));
    this.#close();
    const last = piece.lastIndexOf(newline);
    if (this.#isAll) this.#offerAll(piece, first + 1, last);
    else this.#offerSaid(piece, first, last);
    this.#open = Buffer.alloc(0);
    this.#grow(piece.subarray(last + 1));
  }

  /** The stream has ended, maybe within a line. */
  end(): void {
    this.#close();
  }

  #grow(part: Buffer): void {
    if (this.#open === undefined || part.length === 0) return;
    const rest = this.#isAll ? this.#offerReturned(part) : part;
    const length = this.#open.length + rest.length;
    // Most lines do not speak to us, which shows at once.
    const isOff = !this.#isAll && !mayBeSaid(this.#open, rest);
    this.#open =
      length > limits.runLineLengthMax || isOff ? undefined : Buffer.concat([this.#open, rest]);
  }

  /** Progress bars end their lines with a carriage return. */
  #offerReturned(part: Buffer): Buffer {
    const last = part.lastIndexOf('\r');
    if (last < 0 || this.#open === undefined) return part;
    for (const line of Buffer.concat([this.#open, part.subarray(0, last)])
      .toString()
      .split('\r')) {
      this.#offer(line);
    }
    this.#open = Buffer.alloc(0);
    return part.subarray(last + 1);
  }

  #close(): void {
    const line = this.#open;
    this.#open = undefined;
    if (line !== undefined && line.length > 0) this.#offer(line.toString('utf8'));
  }

  #offerAll(piece: Buffer, start: number, last: number): void {
    if (start > last) return;
    for (const line of piece.toString('utf8', start, last).split(/[\r\n]+/)) this.#offer(line);
  }

  #offerSaid(piece: Buffer, first: number, last: number): void {
    let at = piece.indexOf(prefixAfterNewline, first);
    while (at >= 0 && at < last) {
      const end = piece.indexOf(newline, at + 1);
      this.#offer(piece.toString('utf8', at + 1, end));
      at = piece.indexOf(prefixAfterNewline, end);
    }
  }

  #offer(line: string): void {
    if (line !== '' && line.length <= limits.runLineLengthMax)
      this.#onLine(line.replace(/\r$/, ''));
  }
}

function mayBeSaid(open: Buffer, part: Buffer): boolean {
  const known = open.length >= prefix.length ? open : Buffer.concat([open, part.subarray(0, 16)]);
  const length = Math.min(known.length, prefix.length);
  return known.compare(prefix, 0, length, 0, length) === 0;
}
