/** Text that comes in pieces, cut: into its lines, or into the items of the JSON array that it is. */

/** A line or an item, and where it begins. */
export interface Cut {
  text: string;
  /** Number of its first line, from 1. */
  line: number;
}

/** The lines of a text, without their ends; empty ones are left out. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<Cut> {
  let rest = '';
  let line = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      const text = (rest + piece.slice(from, end)).trim();
      rest = '';
      from = end + 1;
      line += 1;
      if (text !== '') yield { text, line };
    }
    rest += piece.slice(from);
  }
  if (rest.trim() !== '') yield { text: rest.trim(), line: line + 1 };
}

/** The text of a JSON array's items, one after the other; throws SyntaxError when it is none. */
export async function* itemsOf(pieces: AsyncIterable<string>): AsyncGenerator<Cut> {
  const cutter = new ItemCutter();
  for await (const piece of pieces) yield* cutter.take(piece);
  cutter.finish();
}

/** Follows brackets and strings only; whether an item is JSON shows when it is read. */
class ItemCutter {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isDone = false;
  #item = '';
  #itemLine = 1;
  #line = 1;

  *take(piece: string): Generator<Cut> {
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (code === lineFeed) this.#line += 1;
      if (this.#isInString) {
        this.#inString(code);
        continue;
      }
      if (code === quote) this.#isInString = true;
      else if (code === openBrace || code === openBracket) {
        this.#depth += 1;
        if (this.#depth === 1) {
          if (code !== openBracket || this.#isDone) throw notAnArray();
          from = i + 1;
          this.#itemLine = this.#line;
        }
      } else if (code === closeBrace || code === closeBracket) {
        this.#depth -= 1;
        if (this.#depth < 0) throw notAnArray();
      }
      const isBoundary = (code === comma && this.#depth === 1) || this.#depth === 0;
      if (!isBoundary) continue;
      if (code !== comma && code !== closeBracket) {
        if (!isBlank(code)) throw notAnArray();
        from = i + 1;
        continue;
      }
      const text = (this.#item + piece.slice(from, i)).trim();
      this.#item = '';
      from = i + 1;
      if (code === closeBracket) this.#isDone = true;
      if (text !== '') yield { text, line: this.#itemLine };
      this.#itemLine = this.#line;
    }
    if (this.#depth > 0) this.#item += piece.slice(from);
  }

  finish(): void {
    if (!this.#isDone) throw new SyntaxError('the array does not end');
  }

  #inString(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === backslash) this.#isEscaped = true;
    else if (code === quote) this.#isInString = false;
  }
}

function notAnArray(): SyntaxError {
  return new SyntaxError('this is not one JSON array');
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === lineFeed || code === 0x0d;
}

const lineFeed = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
