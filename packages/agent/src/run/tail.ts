/** The last lines of a stream: the bytes are kept as they come, and are made lines of only when somebody asks. */
import { stripVTControlCharacters } from 'node:util';
import { limits } from '@tacho/protocol';

/** Keeps the last bytes of a stream. */
export class Tail {
  #ring: Buffer | undefined;
  #end = 0;
  #isFull = false;

  push(piece: Buffer): void {
    const size = limits.runTailBytesMax;
    this.#ring ??= Buffer.allocUnsafe(size);
    const kept = piece.length > size ? piece.subarray(piece.length - size) : piece;
    if (piece.length > size) this.#isFull = true;
    const first = Math.min(kept.length, size - this.#end);
    kept.copy(this.#ring, this.#end, 0, first);
    if (first < kept.length) kept.copy(this.#ring, 0, first);
    if (this.#end + kept.length >= size) this.#isFull = true;
    this.#end = (this.#end + kept.length) % size;
  }

  /** The last lines as a terminal would show them, without colours; at most `count`, each bounded. */
  lines(count: number): string[] {
    if (this.#ring === undefined || count === 0) return [];
    const parts = this.#isFull
      ? [this.#ring.subarray(this.#end), this.#ring.subarray(0, this.#end)]
      : [this.#ring.subarray(0, this.#end)];
    const lines = Buffer.concat(parts).toString('utf8').split('\n');
    // Of the oldest one the beginning is missing.
    if (this.#isFull && lines.length > 1) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count).map(shownLine);
  }
}

/** What a line looks like in the end: progress bars are written over and over. */
function shownLine(line: string): string {
  const drawn = line.replace(/\r+$/, '');
  const text = withoutControls(drawn.slice(drawn.lastIndexOf('\r') + 1));
  const max = limits.runLineLengthMax;
  // Half of a pair would be no text.
  return text.length > max ? `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

/** Colours, movements of the cursor and titles are for terminals. */
function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/(?!\t)\p{Cc}/gu, '');
}
