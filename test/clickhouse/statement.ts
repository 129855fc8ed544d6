/** As much of ClickHouse's grammar as the shim needs: where a statement takes its data, and where it puts its rows. */
import { ClickHouseException } from './exception.ts';

/** What the shim does with a statement. */
export type Kind = 'insert' | 'rows' | 'other';

/** A statement that writes data which come after it. */
interface Insert {
  /** Where `FROM INFILE` goes. */
  fileAt: number;
  format: string;
  /** Where the words before the format end, and where the data begin. */
  formatAt: number;
  dataAt: number;
  /** The call of `input()`, and the text between its brackets. */
  input: { from: number; to: number; structure: string } | undefined;
}

interface Token {
  /** Words in capitals; any other sign as it is, a quoted text as its first quote. */
  text: string;
  from: number;
  to: number;
  depth: number;
}

const rowVerbs = new Set(['SELECT', 'WITH', '(', 'FROM', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS']);

/** What a statement is by its first word. */
export function kindOf(text: string): Kind {
  const verb = verbOf(text);
  if (verb === 'INSERT') return 'insert';
  return rowVerbs.has(verb) || verb === 'EXPLAIN' ? 'rows' : 'other';
}

/** The first word of a statement in capitals; empty when there is none. */
function verbOf(text: string): string {
  for (const token of tokensOf(text)) return token.text;
  return '';
}

/**
 * Cuts a request into statement and data, which may be any bytes. No data for what reads none, and
 * for a list of `VALUES` without more to come, which is part of its statement.
 */
export function splitData(
  bytes: Buffer,
  more: boolean,
): { text: string; data: Buffer | undefined } {
  // One character per byte: the grammar is ASCII, and positions stay those of the bytes.
  const letters = bytes.toString('latin1');
  const insert = kindOf(letters) === 'insert' ? readInsert(letters) : undefined;
  if (insert === undefined || (insert.format === 'Values' && !more)) {
    return { text: bytes.toString(), data: undefined };
  }
  const { dataAt } = insert;
  return { text: bytes.subarray(0, dataAt).toString(), data: bytes.subarray(dataAt) };
}

/** The same insert, reading its data from a file. */
export function withDataFrom(text: string, path: string): string {
  const insert = readInsert(text);
  if (insert === undefined) return text;
  const { fileAt, format, formatAt, input } = insert;
  if (input === undefined) {
    const between = text.slice(fileAt, formatAt);
    return `${text.slice(0, fileAt)} FROM INFILE '${path}' ${between} FORMAT ${format}`;
  }
  // The engine in one process takes no rows for input(): it would lose them without a word.
  const file = `file('${path}', ${format}, ${input.structure})`;
  return `${text.slice(0, input.from)}${file}${text.slice(input.to, formatAt)}`;
}

/** The format that a question names. */
export function formatOf(text: string): string | undefined {
  return formatClause(text)?.format;
}

/** The same question, writing its rows to a file, in the format it names or else in the one given. */
export function withRowsTo(text: string, path: string, otherFormat: string): string {
  const clause = formatClause(text);
  const end = endOf(text);
  const format = clause?.format ?? otherFormat;
  const settings = clause === undefined ? '' : text.slice(clause.to, end);
  return `${text.slice(0, clause?.from ?? end)}\nINTO OUTFILE '${path}' TRUNCATE FORMAT ${format}${settings}`;
}

/**
 * One request is one statement. The engine in one process would run several; a server does not.
 * @throws ClickHouseException as the server's
 */
export function refuseSeveral(text: string): void {
  let ended: Token | undefined;
  for (const token of tokensOf(text)) {
    if (ended !== undefined && token.text !== ';') {
      throw new ClickHouseException(
        62,
        'SYNTAX_ERROR',
        `Syntax error (Multi-statements are not allowed): failed at position ${ended.from + 1} (end of query): ${text.slice(ended.from)}. `,
      );
    }
    if (token.text === ';') ended = token;
  }
}

/** Where the data of an insert begin; nothing for an insert that selects from tables. */
function readInsert(text: string): Insert | undefined {
  let settingsAt: number | undefined;
  let selects = false;
  let input: Insert['input'];
  let word: Token | undefined;
  for (const token of tokensOf(text)) {
    if (selects) {
      if (word?.text === 'INPUT' && token.text === '(') input = inputCall(text, word, token);
    } else if (token.depth === 0) {
      if (token.text === 'SETTINGS') settingsAt ??= token.from;
      if (token.text === 'SELECT' || token.text === 'WITH') selects = true;
      if (token.text === 'VALUES') return plain('Values', token.from, token.to);
      if (word?.text === 'FORMAT' && isWord(token)) {
        const format = text.slice(token.from, token.to);
        return plain(format, word.from, afterBreak(text, token.to));
      }
    }
    word = token;
  }
  const clause = input === undefined ? undefined : formatClause(text);
  if (input === undefined || clause === undefined) return undefined;
  return { ...plain(clause.format, clause.from, text.length), input };

  function plain(format: string, formatAt: number, dataAt: number): Insert {
    return { fileAt: settingsAt ?? formatAt, format, formatAt, dataAt, input: undefined };
  }
}

function inputCall(text: string, name: Token, bracket: Token): Insert['input'] {
  for (const token of tokensOf(text)) {
    if (token.from > bracket.from && token.text === ')' && token.depth === bracket.depth) {
      return { from: name.from, to: token.to, structure: text.slice(bracket.to, token.from) };
    }
  }
  return undefined;
}

/** The server skips blanks and one line break between the format and its data. */
function afterBreak(text: string, from: number): number {
  const blanks = /^[ \t\f]*(\r?\n)?/.exec(text.slice(from, from + 4096));
  return from + (blanks?.[0].length ?? 0);
}

/** The `FORMAT` clause at the end of a question; only settings may follow it. */
function formatClause(text: string): { format: string; from: number; to: number } | undefined {
  let found: { format: string; from: number; to: number } | undefined;
  let previous: Token | undefined;
  let open = false;
  for (const token of tokensOf(text)) {
    if (open && token.text !== ';' && token.text !== 'SETTINGS') found = undefined;
    open = false;
    if (previous?.text === 'FORMAT' && token.depth === 0 && isWord(token)) {
      found = { format: text.slice(token.from, token.to), from: previous.from, to: token.to };
      open = true;
    }
    previous = token;
  }
  return found;
}

/** Where a statement ends, without the semicolon, blanks and comments after it. */
function endOf(text: string): number {
  let end = 0;
  for (const token of tokensOf(text)) if (token.text !== ';') end = token.to;
  return end;
}

function isWord(token: Token): boolean {
  return /^[A-Z_]/.test(token.text);
}

const blank = /(?:\s|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/)+/y;
const quoted = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`/y;
const heredoc = /\$(\w*)\$[\s\S]*?\$\1\$/y;
const wordLike = /[A-Za-z_][\w$]*|\d[\w.]*/y;

function* tokensOf(text: string): Generator<Token> {
  let depth = 0;
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    at += match(blank)?.length ?? 0;
    if (at >= text.length) return;
    const from = at;
    const name = match(wordLike);
    const sign = text[from] ?? '';
    at += (name ?? match(quoted) ?? match(heredoc) ?? sign).length;
    if (sign === ')' || sign === ']' || sign === '}') depth--;
    yield { text: name?.toUpperCase() ?? sign, from, to: at, depth };
    if (sign === '(' || sign === '[' || sign === '{') depth++;
  }
}
