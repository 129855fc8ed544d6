/** Text on a terminal: what others sent made harmless, measured in cells, cut and laid out. */
import { type Look, type Paint, paint } from './look.ts';

/**
 * What a sender wrote, in one line and without power over the terminal: control characters, and those
 * that turn the direction of writing, are shown as what they are.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (char) => {
    if (char === '\n' || char === '\r') return '⏎';
    if (char === '\t') return ' ';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Cells of a terminal that a text without colours takes. */
export function cellsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let cells = 0;
  for (const char of text) cells += cellsOfChar(char);
  return cells;
}

/** Combining marks take none; East Asian wide characters and emoji two (Unicode Annex 11, in short). */
function cellsOfChar(char: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(char)) return 0;
  return wide.test(char) ? 2 : 1;
}

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** A text of at most so many cells; what is cut off is shown by an ellipsis. */
export function fit(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  if (cells <= 0) return '';
  let cut = '';
  let used = 0;
  for (const char of text) {
    const size = cellsOfChar(char);
    if (used + size > cells - 1) break;
    cut += char;
    used += size;
  }
  return `${cut}…`;
}

/** A text filled up to so many cells. */
export function pad(text: string, cells: number, isRight = false): string {
  const blank = ' '.repeat(Math.max(0, cells - cellsOf(text)));
  return isRight ? blank + text : text + blank;
}

/** A column of a table. */
export interface Column {
  title: string;
  /** Numbers stand at the right. */
  isRight?: boolean;
  /** The column goes when there is no room: the greatest number first; 0 stays. */
  expendable?: number;
  /** May be cut to this many cells, and takes the room that is left. */
  shrinksTo?: number;
}

/** A cell of a table; its text must be harmless. */
export interface Cell {
  text: string;
  paint?: Paint | undefined;
}

const gap = 2;

/**
 * The lines of a table that fits the terminal: columns that can be done without go first, then those
 * that may shrink are cut.
 */
export function tableLines(
  look: Look,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): string[] {
  const natural = columns.map(({ title }, i) =>
    rows.reduce((most, row) => Math.max(most, cellsOf(row[i]?.text ?? '')), cellsOf(title)),
  );
  const shown = chooseColumns(columns, natural, look.width);
  const widths = shrink(shown, columns, natural, look.width);
  const line = (cells: readonly Cell[]): string =>
    shown
      .map((i, place) => {
        const { text = '', paint: how } = cells[i] ?? {};
        const cell = fit(text, widths[place] as number);
        const isLast = place === shown.length - 1;
        const { isRight = false } = columns[i] as Column;
        const width = isLast && !isRight ? 0 : (widths[place] as number);
        const blank = pad(cell, width, isRight);
        return blank.replace(cell, () => paint(look, how, cell));
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const head = columns.map(({ title }): Cell => ({ text: title, paint: 'faint' }));
  return [line(head), ...rows.map(line)];
}

/** Indexes of the columns that are shown. */
function chooseColumns(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): number[] {
  let shown = columns.map((_, i) => i);
  const least = (i: number): number =>
    Math.min(natural[i] as number, columns[i]?.shrinksTo ?? Number.POSITIVE_INFINITY);
  const needed = (): number =>
    shown.reduce((sum, i) => sum + least(i), 0) + gap * (shown.length - 1);
  while (needed() > width) {
    const worst = shown.reduce((a, b) =>
      (columns[b]?.expendable ?? 0) > (columns[a]?.expendable ?? 0) ? b : a,
    );
    if ((columns[worst]?.expendable ?? 0) === 0) break;
    shown = shown.filter((i) => i !== worst);
  }
  return shown;
}

/** Widths of the shown columns: the widest that may shrink gives way, cell by cell. */
function shrink(
  shown: readonly number[],
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): number[] {
  const widths = shown.map((i) => natural[i] as number);
  let excess = widths.reduce((sum, cells) => sum + cells, 0) + gap * (shown.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [place, i] of shown.entries()) {
      const { shrinksTo } = columns[i] as Column;
      if (shrinksTo === undefined || (widths[place] as number) <= shrinksTo) continue;
      if (widest < 0 || (widths[place] as number) > (widths[widest] as number)) widest = place;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] as number) - 1;
    excess -= 1;
  }
  return widths;
}

/** A text broken at blanks into lines of at most so many cells. */
export function wrap(text: string, cells: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (cellsOf(longer) <= cells || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}
