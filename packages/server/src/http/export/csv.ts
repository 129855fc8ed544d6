/** Tables as CSV by RFC 4180, in pieces of whole rows. */
import { formatTime, stringifyJson } from '@tacho/protocol';
import type { SampleRows } from '../../store/store.ts';
import { numberBytesMax, writeDigits, writeExact } from '../digits.ts';
import type { TableWriter } from './table-writer.ts';
import { type Cell, type Column, seriesCells } from './tables.ts';

/** Bytes of a piece; large enough that the pieces cost nothing, small beside a socket's buffer. */
const pieceBytes = 64 * 1024;

/** Bytes of an instant with six decimals. */
const instantBytes = 27;

const [comma, carriageReturn, newline] = [0x2c, 0x0d, 0x0a];

/** Writes the rows of one table. */
export class CsvWriter implements TableWriter {
  readonly #columns: readonly Column[];
  readonly #day = new DayText();
  #bytes = Buffer.allocUnsafe(2 * pieceBytes);
  #end = 0;
  /** What comes before the instant in the rows of each series of one session. */
  #heads: Buffer[] = [];
  #headsOf: readonly Cell[] | undefined;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#text(`${columns.map(({ name }) => name).join(',')}\r\n`);
  }

  get isFull(): boolean {
    return this.#end >= pieceBytes;
  }

  row(cells: readonly Cell[]): void {
    const fields = cells.map((cell, i) => {
      if (cell === null) return '';
      if (typeof cell === 'string') return fieldText(cell);
      return this.#columns[i]!.type === 'instant' ? microsecondsText(cell) : numberText(cell);
    });
    this.#text(`${fields.join(',')}\r\n`);
  }

  samples(session: readonly Cell[], rows: SampleRows, from: number, to: number): void {
    if (this.#headsOf !== session) {
      this.#headsOf = session;
      this.#heads = [];
    }
    for (let row = from; row < to; row++) {
      const series = rows.series[row]!;
      this.#heads[series] ??= headOf(session, rows, series);
      const head = this.#heads[series];
      const detail = rows.details?.get(row);
      // Nearly all samples have none: two empty fields.
      let rest = ',,\r\n';
      if (detail !== undefined) {
        const { count, metadata } = detail;
        const fields = metadata === undefined ? '' : fieldText(stringifyJson(metadata));
        rest = `,${count ?? ''},${fields}\r\n`;
      }
      this.#reserve(head.length + instantBytes + numberBytesMax + 1 + 3 * rest.length);
      const bytes = this.#bytes;
      bytes.set(head, this.#end);
      let at = this.#day.write(bytes, this.#end + head.length, rows.timesUs[row]!);
      bytes[at++] = comma;
      // NaN, Infinity and -Infinity are the words that JavaScript, Python and databases know.
      at = writeExact(bytes, at, rows.values[row]!, '');
      if (detail !== undefined) at += bytes.write(rest, at);
      else {
        bytes[at++] = comma;
        bytes[at++] = comma;
        bytes[at++] = carriageReturn;
        bytes[at++] = newline;
      }
      this.#end = at;
    }
  }

  /** What was written since; the next piece gets a buffer of its own, as this one is on its way. */
  async take(): Promise<Buffer> {
    const taken = this.#bytes.subarray(0, this.#end);
    this.#bytes = Buffer.allocUnsafe(this.#bytes.length);
    this.#end = 0;
    return taken;
  }

  end(): Promise<Buffer> {
    return this.take();
  }

  #text(text: string): void {
    this.#reserve(3 * text.length);
    this.#end += this.#bytes.write(text, this.#end);
  }

  #reserve(more: number): void {
    const needed = this.#end + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * needed);
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

function headOf(session: readonly Cell[], { keys }: SampleRows, series: number): Buffer {
  const cells = [...session, ...seriesCells(keys[series]!)];
  return Buffer.from(
    `${cells.map((cell) => (cell === null ? '' : fieldText(String(cell)))).join(',')},`,
  );
}

/**
 * A text as a field. In quotation marks stands what holds a separator or one of these, what has a
 * blank at an end, and the empty text, which tells it from none.
 */
function fieldText(text: string): string {
  return /[",\r\n]|^\s|\s$|^$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** JavaScript writes a negative zero without its sign. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function microsecondsText(us: number): string {
  const text = formatTime(us);
  return text.length === instantBytes ? text : text.replace('Z', '000Z');
}

const dayUs = 86_400e6;

/** Instants with six decimals; the text of the day is kept, because the next one is mostly of it too. */
class DayText {
  #startUs = Number.NaN;
  readonly #date = Buffer.alloc('2026-11-30T'.length);

  write(bytes: Buffer, from: number, us: number): number {
    let rest = us - this.#startUs;
    if (!(rest >= 0 && rest < dayUs)) {
      this.#startUs = Math.floor(us / dayUs) * dayUs;
      rest = us - this.#startUs;
      this.#date.write(formatTime(us));
    }
    for (let i = 0; i < this.#date.length; i++) bytes[from + i] = this.#date[i]!;
    const seconds = Math.floor(rest / 1e6);
    const minutes = Math.floor(seconds / 60);
    let at = writeDigits(bytes, from + this.#date.length, Math.floor(minutes / 60), 2);
    bytes[at++] = colon;
    at = writeDigits(bytes, at, minutes % 60, 2);
    bytes[at++] = colon;
    at = writeDigits(bytes, at, seconds % 60, 2);
    bytes[at++] = point;
    at = writeDigits(bytes, at, rest - seconds * 1e6, 6);
    bytes[at++] = utc;
    return at;
  }
}

const [colon, point, utc] = [0x3a, 0x2e, 0x5a];
