/** Exports as text: one JSON document per line, from which sessions can be stored as they were. */
import {
  type ExportHeader,
  formatTime,
  type JsonObject,
  type JsonValue,
  parseJson,
  type SeriesKey,
  statusToWire,
  stringifyJson,
} from '@tacho/protocol';
import type { EventRow, PatchRow, SampleRows, SessionPart, SessionRow } from '../../store/store.ts';
import { numberBytesMax, writeExact, writeNumber } from '../digits.ts';

/** Characters of a piece; large enough that the pieces cost nothing, small beside a socket's buffer. */
const pieceLength = 64 * 1024;

/** Series of one `series` line, so that no line is longer than a batch may be. */
const seriesPerLine = 1_000;

/** The first line. */
export function headerLine(header: ExportHeader): string {
  return `${JSON.stringify(header)}\n`;
}

/**
 * The lines of one session from its parts, in pieces of whole lines: start, patches, events, series,
 * samples, and its status at the end. Yields nothing when there are no parts.
 */
export async function* sessionLines(parts: AsyncIterable<SessionPart>): AsyncGenerator<string> {
  let text = '';
  let row: SessionRow | undefined;
  let series = 0;
  for await (const part of parts) {
    if (part.kind === 'session') {
      ({ row } = part);
      text += startLine(row);
      continue;
    }
    if (row === undefined) continue;
    if (part.kind === 'samples') {
      const { keys } = part.rows;
      for (; series < keys.length; series += seriesPerLine) {
        text += seriesLine(row.id, keys.slice(series, series + seriesPerLine));
      }
    }
    for (const line of linesOf(part, row.id)) {
      text += line;
      if (text.length >= pieceLength) {
        yield text;
        text = '';
      }
    }
  }
  if (row !== undefined) yield text + statusLine(row);
}

function startLine(row: SessionRow): string {
  const { product, version } = row;
  const state = parseJson(row.startState) as JsonObject;
  // The start says them anyway, and the state has its own limit of size.
  if (state.product === product) delete state.product;
  if (state.version === version) delete state.version;
  const line: JsonObject = { kind: 'start', session: row.id, at: formatTime(row.createdUs) };
  line.product = product;
  line.version = version;
  if (row.machineId !== undefined) line.machine_id = row.machineId;
  if (row.hostname !== undefined) line.hostname = row.hostname;
  if (row.bootId !== undefined) line.boot_id = row.bootId;
  if (row.agentId !== undefined) line.agent_id = row.agentId;
  line.state = state;
  return lineOf(line);
}

function statusLine({ id, status, clockSkewUs }: SessionRow): string {
  const wire = statusToWire({ status, ...(clockSkewUs !== undefined && { clockSkewUs }) });
  return lineOf({ kind: 'status', session: id, ...wire });
}

function seriesLine(session: string, keys: readonly SeriesKey[]): string {
  const series = keys.map((key) => ({ ...keyFields(key) }));
  return lineOf({ kind: 'series', session, series });
}

function linesOf(
  part: Exclude<SessionPart, { kind: 'session' }>,
  session: string,
): Iterable<string> {
  switch (part.kind) {
    case 'patches':
      return part.rows.map((row) => patchLine(row, session));
    case 'events':
      return part.rows.map((row) => eventLine(row, session));
    case 'samples':
      return sampleLines(part.rows, session);
  }
}

function patchLine({ atUs, patch }: PatchRow, session: string): string {
  return `{"kind":"patch","session":"${session}","at":"${formatTime(atUs)}","patch":${patch}}\n`;
}

function eventLine({ atUs, event }: EventRow, session: string): string {
  const head = `{"kind":"event","session":"${session}","at":"${formatTime(atUs)}",`;
  return `${head}${stringifyJson(event as unknown as JsonObject).slice(1)}\n`;
}

/**
 * Samples by series: what is in order of time comes back in order of time, whatever the order of the
 * lines, as long as each series keeps its own. Series that were sampled together share one line.
 * A series with counts or metadata in these rows goes sample by sample.
 */
function* sampleLines(rows: SampleRows, session: string): Generator<string> {
  const detailed = new Set<number>();
  for (const row of rows.details?.keys() ?? []) detailed.add(rows.series[row]!);
  const together = new Map<string, { times: Float64Array; columns: [SeriesKey, string][] }>();
  for (const { series, own } of rowsBySeries(rows)) {
    if (detailed.has(series)) {
      yield* metricLines(rows, own, session);
      continue;
    }
    const times = new Float64Array(own.length);
    for (let i = 0; i < own.length; i++) times[i] = rows.timesUs[own[i]!]!;
    const key = rows.keys[series]!;
    const values = valuesText(rows.values, own);
    const name = timesName(times);
    const known = together.get(name);
    if (known === undefined) together.set(name, { times, columns: [[key, values]] });
    else known.columns.push([key, values]);
  }
  for (const { times, columns } of together.values()) yield columnsLine(session, times, columns);
}

/** The rows of each series, in the order in which the series first come. */
function rowsBySeries({ keys, series }: SampleRows): { series: number; own: Uint32Array }[] {
  const counts = new Uint32Array(keys.length);
  for (let row = 0; row < series.length; row++) counts[series[row]!]! += 1;
  const found: { series: number; own: Uint32Array }[] = [];
  const rowsOf: Uint32Array[] = [];
  const ends = new Uint32Array(keys.length);
  for (let row = 0; row < series.length; row++) {
    const one = series[row]!;
    let own = rowsOf[one];
    if (own === undefined) {
      own = new Uint32Array(counts[one]!);
      rowsOf[one] = own;
      found.push({ series: one, own });
    }
    own[ends[one]!++] = row;
  }
  return found;
}

/** A text that is equal for equal times and for no others. */
function timesName(times: Float64Array): string {
  return Buffer.from(times.buffer).toString('latin1');
}

function columnsLine(
  session: string,
  times: Float64Array,
  columns: readonly [SeriesKey, string][],
): string {
  const startMs = Math.floor(times[0]! / 1000);
  const series = columns.map(([key, values]) => {
    return `{${JSON.stringify(keyFields(key)).slice(1, -1)},"values":[${values}]}`;
  });
  const head = `{"kind":"columns","session":"${session}","startMs":${startMs}`;
  return `${head},"times":[${offsetsText(times, startMs)}],"series":[${series.join(',')}]}\n`;
}

/** Where numbers are written, one column at a time; it grows to the longest one. */
let bytes: Buffer = Buffer.allocUnsafe(64 * 1024);

/** A number and the comma behind it. */
const placeBytes = numberBytesMax + 1;
const comma = 0x2c;

function valuesText(values: Float64Array, own: Uint32Array): string {
  reserve(own.length);
  let at = 0;
  for (let i = 0; i < own.length; i++) {
    // JSON has no words for NaN and the infinities.
    at = writeExact(bytes, at, values[own[i]!]!, '"');
    bytes[at++] = comma;
  }
  return bytes.toString('latin1', 0, at - 1);
}

function offsetsText(times: Float64Array, startMs: number): string {
  reserve(times.length);
  let at = 0;
  for (let i = 0; i < times.length; i++) {
    at = writeNumber(bytes, at, (times[i]! - startMs * 1000) / 1000);
    bytes[at++] = comma;
  }
  return bytes.toString('latin1', 0, at - 1);
}

function reserve(numbers: number): void {
  const needed = numbers * placeBytes;
  if (bytes.length < needed) bytes = Buffer.allocUnsafe(needed);
}

function* metricLines(rows: SampleRows, own: Uint32Array, session: string) {
  for (const row of own) {
    const key = JSON.stringify(keyFields(rows.keys[rows.series[row] as number] as SeriesKey));
    const { count, metadata } = rows.details?.get(row) ?? {};
    let rest = '';
    if (count !== undefined) rest += `,"count":${count}`;
    if (metadata !== undefined) rest += `,"metadata":${stringifyJson(metadata)}`;
    const head = `{"kind":"metric","session":"${session}","at":${timeText(rows.timesUs[row])}`;
    const value = valueText(rows.values[row] as number);
    yield `${head},${key.slice(1, -1)},"value":${value}${rest}}\n`;
  }
}

function timeText(us: number | undefined): string {
  return `"${formatTime(us as number)}"`;
}

function keyFields({ name, type, unit, tags }: SeriesKey) {
  return { name, type, ...(unit !== '' && { unit }), ...(tags.length > 0 && { tags: [...tags] }) };
}

/** JSON has no words for some numbers, and JavaScript writes a negative zero without its sign. */
function valueText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? `${value}` : `"${value}"`;
}

function lineOf(line: JsonObject): string {
  return `${stringifyJson(line as JsonValue)}\n`;
}
