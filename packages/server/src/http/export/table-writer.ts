/** Writing a table of sessions, piece by piece, whatever its format. */
import type { ExportTable } from '@tacho/protocol';
import type { SampleRows, SessionPart } from '../../store/store.ts';
import { type Cell, eventCells, sessionCells, sessionTableCells } from './tables.ts';

/** A format that takes rows and gives bytes. */
export interface TableWriter {
  /** Whether it has as much as a piece of its own should have. */
  readonly isFull: boolean;
  /** Adds one row of any table. */
  row(cells: readonly Cell[]): void;
  /** Adds rows of the table of samples, from one index of `rows` to before another. */
  samples(session: readonly Cell[], rows: SampleRows, from: number, to: number): void;
  /** The bytes of what was added since the last time. */
  take(): Promise<Buffer>;
  /** The last bytes. */
  end(): Promise<Buffer>;
}

/** Samples added in one go, so that no piece becomes much larger than its format wants it. */
const samplesAtOnce = 1_024;

/** The rows of one session as bytes; what is not enough for a piece stays with the writer. */
export async function* sessionRows(
  parts: AsyncIterable<SessionPart>,
  table: ExportTable,
  writer: TableWriter,
): AsyncGenerator<Buffer> {
  let session: Cell[] = [];
  for await (const part of parts) {
    if (part.kind === 'session') session = sessionCells(part.row);
    for (const _step of addPart(part, session, table, writer)) {
      if (writer.isFull) yield await writer.take();
    }
  }
}

/** Adds a part step by step; after each step the writer may be full. */
function* addPart(
  part: SessionPart,
  session: readonly Cell[],
  table: ExportTable,
  writer: TableWriter,
): Generator<void> {
  switch (part.kind) {
    case 'session':
      if (table === 'sessions') writer.row(sessionTableCells(part.row));
      yield;
      return;
    case 'patches':
      return;
    case 'events':
      for (const row of part.rows) {
        writer.row(eventCells(session, row));
        yield;
      }
      return;
    case 'samples':
      for (let from = 0; from < part.rows.series.length; from += samplesAtOnce) {
        const to = Math.min(from + samplesAtOnce, part.rows.series.length);
        writer.samples(session, part.rows, from, to);
        yield;
      }
  }
}
