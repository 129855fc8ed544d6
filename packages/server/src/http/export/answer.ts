/** The answer to a question for an export: its bytes as they come, and what they are. */
import { randomUUID } from 'node:crypto';
import {
  type ExportFormat,
  type ExportTable,
  formatTime,
  type SessionFilter,
  TachoError,
} from '@tacho/protocol';
import type { SessionPart } from '../../store/store.ts';
import { version } from '../../version.ts';
import type { StreamForm } from '../reply.ts';
import type { Service } from '../service.ts';
import { CsvWriter } from './csv.ts';
import { headerLine, sessionLines } from './lines.ts';
import { ParquetWriter } from './parquet/writer.ts';
import { type OpenSession, openSessions } from './read-ahead.ts';
import { sessionRows, type TableWriter } from './table-writer.ts';
import { tables } from './tables.ts';

/** What was asked for. */
export interface ExportQuestion {
  format: ExportFormat;
  /** Table of CSV and Parquet; samples when undefined. */
  what: ExportTable | undefined;
  filter: SessionFilter;
  nowUs: number;
}

/** Media types, and what ends the names of files. */
const forms = {
  ndjson: { type: 'application/x-ndjson', end: '' },
  csv: { type: 'text/csv; charset=utf-8; header=present', end: '' },
  parquet: { type: 'application/vnd.apache.parquet', end: '', isCompressed: true },
} as const satisfies Record<ExportFormat, StreamForm>;

/** Reads the chosen sessions one after the other; throws `invalid_field` for a table of NDJSON. */
export function exportAnswer(
  service: Service,
  question: ExportQuestion,
): { form: StreamForm; bytes: AsyncGenerator<string | Buffer> } {
  const { format, what } = question;
  if (format === 'ndjson') {
    if (what !== undefined) {
      const details = `what is "${what}", which is for csv and parquet; expected none with ndjson.`;
      throw new TachoError('invalid_field', details);
    }
    const form = { ...forms.ndjson, file: fileName(question, 'sessions') };
    return { form, bytes: lines(service, question) };
  }
  const table = what ?? 'samples';
  const form = { ...forms[format], file: fileName(question, table) };
  const writer =
    format === 'csv'
      ? new CsvWriter(tables[table])
      : new ParquetWriter(tables[table], `tacho ${version}`);
  return { form, bytes: rows(service, question, table, writer) };
}

/** The session stands in the name where there is only one; nothing else may stand in a header. */
function fileName({ format, filter: { ids = [] } }: ExportQuestion, what: string): string {
  const [id = ''] = ids;
  const isOne = ids.length === 1 && /^[0-9a-f-]+$/.test(id);
  return `${isOne ? `${id}${format === 'ndjson' ? '' : `-${what}`}` : what}.${format}`;
}

const everything = { patches: true, events: true, samples: true };

async function* lines(service: Service, question: ExportQuestion): AsyncGenerator<string> {
  const ids = await chosenIds(service, question);
  yield headerLine({
    format: 'tacho-export',
    version: 1,
    export: randomUUID(),
    exported_at: formatTime(question.nowUs),
    tacho: version,
  });
  const sessions = openSessions(service.store, ids, everything);
  yield* eachSession(service, sessions, sessionLines);
}

async function* rows(
  service: Service,
  question: ExportQuestion,
  table: ExportTable,
  writer: TableWriter,
): AsyncGenerator<Buffer> {
  const ids = await chosenIds(service, question);
  const parts = { events: table === 'events', samples: table === 'samples' };
  const sessions = openSessions(service.store, ids, parts);
  yield* eachSession(service, sessions, (read) => sessionRows(read, table, writer));
  yield await writer.end();
}

async function* eachSession<T>(
  { log }: Service,
  sessions: AsyncIterable<OpenSession>,
  write: (parts: AsyncIterable<SessionPart>) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  for await (const { id, parts } of sessions) {
    try {
      yield* write(parts);
    } catch (error) {
      log.error({ err: error, session: id }, 'a session cannot be read; the export ends here');
      throw error;
    }
  }
}

/** The chosen sessions; what is wrong with the filter shows before anything is sent. */
async function chosenIds(
  service: Service,
  question: ExportQuestion,
): Promise<AsyncGenerator<string>> {
  const pages = idsOf(service, question);
  const first = await pages.next();
  return (async function* () {
    for (let page = first; !page.done; page = await pages.next()) yield* page.value;
  })();
}

/** Sessions in order of creation; without a filter also those that an index would not show. */
async function* idsOf(
  { store }: Service,
  { filter, nowUs }: ExportQuestion,
): AsyncGenerator<string[], undefined> {
  if (Object.keys(filter).length === 0) {
    yield* store.ids();
    return;
  }
  let cursor: string | undefined;
  do {
    const page = await store.sessions({
      filter,
      sort: 'created',
      descending: false,
      limit: idPage,
      totals: false,
      nowUs,
      ...(cursor !== undefined && { cursor }),
    });
    yield page.rows.map(({ summary }) => summary.id);
    cursor = page.next;
  } while (cursor !== undefined);
}

const idPage = 500;
