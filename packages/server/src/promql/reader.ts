/** The words of a PromQL text in a row, and what is said where they make no sense. */
import { durationMs, type Token, tokensOf } from './lexer.ts';
import { parseError, type QueryError } from './syntax.ts';

/** The words of a text, one after the other. */
export class Reader {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  depth = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokensOf(text);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  isSign(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'sign' && token.text === text;
  }

  /** Whether a keyword comes, in any case. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'name' && token.text.toLowerCase() === word;
  }

  takeIf(sign: string): boolean {
    const is = this.isSign(sign);
    if (is) this.#next++;
    return is;
  }

  expect(sign: string): void {
    if (!this.takeIf(sign)) throw this.unexpected(`"${sign}"`);
  }

  /** A duration, longer than none unless `orZero`. */
  duration(): number {
    const token = this.take();
    const ms = token.kind === 'duration' ? durationMs(token.text) : undefined;
    if (ms === undefined || ms === 0) {
      throw parseError(this.text, token.at, 'expected a duration such as 5m, 30s or 1h30m');
    }
    return ms;
  }

  fail(message: string, at = this.peek().at): QueryError {
    return parseError(this.text, at, message);
  }

  unexpected(expected?: string): QueryError {
    const { kind, text } = this.peek();
    const what = kind === 'end' ? 'end of input' : `${kind} ${JSON.stringify(text.slice(0, 100))}`;
    return this.fail(`unexpected ${what}${expected === undefined ? '' : `, expected ${expected}`}`);
  }
}
