/** HTML from templates in which every value is escaped, unless it is HTML already. */

/** A piece of HTML. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template; `undefined` and `false` stand for nothing. */
export type Piece = Html | string | number | false | undefined | readonly Piece[];

/** A piece of HTML from a template. */
export function html(parts: TemplateStringsArray, ...pieces: Piece[]): Html {
  const text = parts.map((part, i) => part + (i < pieces.length ? textOf(pieces[i]) : ''));
  return new Html(text.join(''));
}

/** A sentence whose words in backticks are code. */
export function prose(sentence: string): Html {
  const pieces = sentence
    .split('`')
    .map((piece, i) => (i % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`));
  return html`${pieces}`;
}

function textOf(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'object') return piece.map(textOf).join('');
  return String(piece).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
