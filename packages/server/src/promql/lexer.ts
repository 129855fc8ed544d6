/** Cuts PromQL into words. */
import { parseError } from './syntax.ts';

/** A word of a text. */
export interface Token {
  kind: 'name' | 'number' | 'duration' | 'text' | 'sign' | 'end';
  /** As written; of a text in quotes what it stands for. */
  text: string;
  at: number;
}

/** Longest first, because the first that fits is taken. */
const signs = [
  ...['=~', '!~', '==', '!=', '<=', '>=', '=', '<', '>', '+', '-', '*', '/', '%', '^'],
  ...['(', ')', '{', '}', '[', ']', ',', ':', '@'],
];

const spaceForm = /(?:[ \t\r\n]+|#[^\n]*)+/y;
const durationForm = /(?:\d+(?:ms|s|m|h|d|w|y))+(?![0-9a-zA-Z_])/y;
const numberForm = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![0-9a-zA-Z_.])/y;
const nameForm = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

/** All words of a text, the last one being its end. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    return form.exec(text)?.[0];
  };
  for (;;) {
    at += take(spaceForm)?.length ?? 0;
    if (at >= text.length) break;
    const start = at;
    const first = text[at]!;
    if (first === '"' || first === "'" || first === '`') {
      const quoted = readText(text, at);
      at = quoted.end;
      tokens.push({ kind: 'text', text: quoted.value, at: start });
      continue;
    }
    // Between brackets a colon parts a range from its step; elsewhere it is part of a name.
    const name = first === ':' && tokens.at(-1)?.kind === 'duration' ? undefined : take(nameForm);
    const word = name ?? take(durationForm) ?? take(numberForm);
    const sign = word === undefined ? signs.find((each) => text.startsWith(each, at)) : undefined;
    if (word === undefined && sign === undefined) {
      const what = /[0-9.]/.test(first) ? 'bad number or duration' : 'unexpected character';
      throw parseError(text, at, `${what}: ${JSON.stringify(characterAt(text, at))}`);
    }
    const kind = word === undefined ? 'sign' : name !== undefined ? 'name' : kindOf(word);
    tokens.push({ kind, text: (word ?? sign)!, at: start });
    at += (word ?? sign)!.length;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

function kindOf(word: string): 'number' | 'duration' {
  return /[smhdwy]$/.test(word) ? 'duration' : 'number';
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

const unitMs = {
  ...{ ms: 1, s: 1000, m: 60_000, h: 3_600_000 },
  ...{ d: 86_400_000, w: 604_800_000, y: 31_536_000_000 },
} as const;

/** Milliseconds of a duration such as `1h30m`; undefined when it is none, or units do not fall. */
export function durationMs(text: string): number | undefined {
  if (!/^(?:\d{1,12}(?:ms|s|m|h|d|w|y))+$/.test(text)) return undefined;
  let [total, last] = [0, Infinity];
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|s|m|h|d|w|y)/g)) {
    const size = unitMs[unit as keyof typeof unitMs];
    if (size >= last) return undefined;
    last = size;
    total += Number(digits) * size;
  }
  return total <= Number.MAX_SAFE_INTEGER / 1000 ? total : undefined;
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
};

/** A text in quotes, with the escapes of Go; between backquotes there are none. */
function readText(text: string, start: number): { value: string; end: number } {
  const quote = text[start]!;
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === quote) return { value, end: at + 1 };
    if (quote === '`' || (char !== '\\' && char !== '\n')) {
      value += char;
      continue;
    }
    if (char === '\n') break;
    const code = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(00[0-9a-fA-F]{6})|([0-7]{3}))/y;
    code.lastIndex = at;
    const found = code.exec(text);
    const point = found ? pointOf(found) : undefined;
    const plain = escapes[text[at + 1] ?? ''];
    if (point !== undefined) value += String.fromCodePoint(point);
    else if (plain !== undefined) value += plain;
    else throw parseError(text, at, `unknown escape: ${JSON.stringify(text.slice(at, at + 2))}`);
    at += found && point !== undefined ? found[0].length - 1 : 1;
  }
  throw parseError(text, start, 'unterminated quoted string');
}

function pointOf([, short, four, eight, octal]: RegExpExecArray): number | undefined {
  const hex = short ?? four ?? eight;
  const point = hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16);
  return point <= 0x10ffff ? point : undefined;
}
