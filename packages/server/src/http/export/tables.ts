/** The tables of an export: the columns of samples, events and sessions, and the rows of the latter two. */
import type { ExportTable } from '@tacho/protocol';
import { type JsonValue, type SeriesKey, stringifyJson } from '@tacho/protocol';
import type { EventRow, SessionRow } from '../../store/store.ts';

/** What stands in one column of one row; instants are epoch microseconds, null says that there is none. */
export type Cell = string | number | null;

/** One column. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'instant' | 'whole' | 'number';
  /** Whether there may be none. */
  readonly isOptional: boolean;
}

/** Columns that say which session a row of any table is of; `sessionCells` are their cells. */
const sessionColumns = [text('session'), text('product'), text('version'), optional('machine')];

/** Columns that say which series a sample is of; `seriesCells` are their cells. */
const seriesColumns = [text('name'), text('type'), optional('unit'), text('tags')];

/** The columns of each table. */
export const tables: Readonly<Record<ExportTable, readonly Column[]>> = {
  samples: [
    ...sessionColumns,
    ...seriesColumns,
    column('timestamp', 'instant'),
    column('value', 'number'),
    optional('count', 'whole'),
    optional('metadata'),
  ],
  events: [
    ...sessionColumns,
    column('timestamp', 'instant'),
    ...[text('name'), text('level'), text('category'), text('group'), text('message')],
    ...[optional('labels'), optional('data')],
    ...[optional('exception_type'), optional('exception_msg'), optional('stacktrace')],
    ...[optional('source_file'), optional('source_function'), optional('source_line', 'whole')],
  ],
  sessions: [
    ...sessionColumns,
    optional('hostname'),
    column('created', 'instant'),
    optional('ended', 'instant'),
    text('lifecycle'),
    ...[optional('reason'), optional('cause')],
    ...[column('hangs', 'whole'), column('hung_us', 'whole'), column('recoveries', 'whole')],
    ...[column('patches', 'whole'), column('events', 'whole'), column('samples', 'whole')],
    text('state'),
  ],
};

/** How many columns of the table of samples are equal for all samples of a series. */
export const samplesHeadColumns = sessionColumns.length + seriesColumns.length;

/** The session in the first columns of any table. */
export function sessionCells({ id, product, version, machineId }: SessionRow): Cell[] {
  return [id, product, version, machineId ?? null];
}

/** The series in the columns after them. */
export function seriesCells({ name, type, unit, tags }: SeriesKey): Cell[] {
  return [name, type, unit === '' ? null : unit, JSON.stringify(tags)];
}

/** A row of the table of events. */
export function eventCells(session: readonly Cell[], { atUs, event }: EventRow): Cell[] {
  return [
    ...session,
    atUs,
    ...[event.name, event.level, event.category, event.group, event.message],
    ...[json(event.labels), json(event.data)],
    ...[event.exception_type ?? null, event.exception_msg ?? null, json(event.stacktrace)],
    ...[event.source_file ?? null, event.source_function ?? null, event.source_line ?? null],
  ];
}

/** A row of the table of sessions. */
export function sessionTableCells(row: SessionRow): Cell[] {
  const { endedUs, lifecycle, reason, cause, hangs, hungUs, recoveries } = row.status;
  return [
    ...sessionCells(row),
    row.hostname ?? null,
    ...[row.createdUs, endedUs, lifecycle, reason, cause?.kind ?? null],
    ...[hangs, hungUs, recoveries, row.patches, row.events, row.samples],
    row.state,
  ];
}

function json(value: JsonValue | readonly string[] | undefined): string | null {
  return value === null || value === undefined ? null : stringifyJson(value as JsonValue);
}

function text(name: string): Column {
  return column(name, 'text');
}

function optional(name: string, type: Column['type'] = 'text'): Column {
  return { name, type, isOptional: true };
}

function column(name: string, type: Column['type']): Column {
  return { name, type, isOptional: false };
}
