/** Sessions as JSON text, piece by piece: memory stays flat however long a session is. */
import {
  applyPatch,
  causeOf,
  type ExceptionFact,
  formatTime,
  type JsonObject,
  parseJson,
  type SeriesKey,
  sessionView,
  stringifyJson,
} from '@tacho/protocol';
import type {
  EventRow,
  PatchRow,
  SampleDetail,
  SampleRows,
  SessionPart,
  SessionRow,
} from '../store/store.ts';
import { causeJson } from './session-row.ts';

/** What the text depends on beside the session. */
export interface DocumentOptions {
  nowUs: number;
  suspendedAfterUs: number;
  /** Adds `session_id`, as replies of create have it. */
  created?: boolean;
}

/** Characters of a piece; large enough that the pieces cost nothing, small beside a socket's buffer. */
const pieceLength = 64 * 1024;

/**
 * The text of one session from its parts: the fields of the session, then `state_history`, `events`,
 * `metrics` and `cause`. Yields nothing when there are no parts, which means that there is no such session.
 */
export async function* sessionDocument(
  parts: AsyncIterable<SessionPart>,
  options: DocumentOptions,
): AsyncGenerator<string> {
  let body: Body | undefined;
  let text = '';
  for await (const part of parts) {
    if (part.kind === 'session') {
      body = new Body(part.row);
      text = `${headText(part.row, options)}${openings[0]}`;
      continue;
    }
    if (body === undefined) continue;
    for (const item of body.items(part)) {
      text += item;
      if (text.length >= pieceLength) {
        yield text;
        text = '';
      }
    }
  }
  if (body !== undefined) yield `${text}${body.rest()}`;
}

/** The text of a session that has no history yet. */
export function freshDocument(row: SessionRow, options: DocumentOptions): string {
  return `${headText(row, options)}${openings.join('')}],"cause":${causeText(row, undefined)}}`;
}

/** The texts of many sessions as one array. */
export async function* sessionsDocument(
  sessions: AsyncIterable<AsyncIterable<string>>,
): AsyncGenerator<string> {
  let opening = '[';
  for await (const session of sessions) {
    for await (const piece of session) {
      yield `${opening}${piece}`;
      opening = '';
    }
    // A session that was deleted meanwhile has no pieces, and takes no comma.
    if (opening === '') opening = ',';
  }
  yield opening === '[' ? '[]' : ']';
}

const openings = ['"state_history":[', '],"events":[', '],"metrics":['] as const;

/** Fields before the history, in the order of the DataCat protocol. */
function headText(row: SessionRow, options: DocumentOptions): string {
  const { status, machineId, hostname } = row;
  const view = sessionView(status, options.nowUs, options);
  const { endedUs, lastHeartbeatUs } = status;
  const head: JsonObject = { id: row.id };
  if (options.created) head.session_id = row.id;
  head.created_at = formatTime(row.createdUs);
  head.updated_at = formatTime(row.updatedUs);
  head.ended_at = endedUs === null ? null : formatTime(endedUs);
  if (lastHeartbeatUs !== null) head.last_heartbeat = formatTime(lastHeartbeatUs);
  head.active = view.active;
  head.suspended = view.suspended;
  head.crashed = view.crashed;
  head.hung = view.hung;
  if (machineId !== undefined) head.machine_id = machineId;
  if (hostname !== undefined) head.hostname = hostname;
  return `${stringifyJson(head).slice(0, -1)},"state":${row.state},`;
}

/** The three arrays of one session; knows which one is open and what came before. */
class Body {
  #state: JsonObject | undefined;
  readonly #startState: string;
  readonly #samples = new SampleText();
  #open = 0;
  #comma = '';
  readonly #row: SessionRow;
  #exception: ExceptionFact | undefined;

  constructor(row: SessionRow) {
    this.#row = row;
    this.#startState = row.startState;
  }

  *items(part: Exclude<SessionPart, { kind: 'session' }>): Generator<string> {
    yield this.#openUpTo(part.kind === 'patches' ? 0 : part.kind === 'events' ? 1 : 2);
    if (part.kind === 'samples') {
      const { rows } = part;
      for (let row = 0; row < rows.values.length; row++) {
        yield this.#comma + this.#samples.text(rows, row);
        this.#comma = ',';
      }
      return;
    }
    for (const row of part.rows) {
      if ('event' in row) this.#noteException(row);
      yield this.#comma + ('patch' in row ? this.#snapshot(row) : eventText(row));
      this.#comma = ',';
    }
  }

  /** What closes the document. */
  rest(): string {
    const cause = causeText(this.#row, this.#exception);
    return `${this.#openUpTo(openings.length - 1)}],"cause":${cause}}`;
  }

  /** The last error with an exception is what a crash may be blamed on. */
  #noteException({ atUs, event }: EventRow): void {
    const { level, exception_type: type = '', exception_msg: message = '' } = event;
    if ((type === '' && message === '') || (level !== 'error' && level !== 'critical')) return;
    this.#exception = { type, message, atUs };
  }

  #openUpTo(section: number): string {
    let text = '';
    while (this.#open < section) text += openings[++this.#open];
    if (text !== '') this.#comma = '';
    return text;
  }

  /** Snapshots are cumulative: each is the whole state after its patch. */
  #snapshot({ atUs, patch }: PatchRow): string {
    this.#state ??= parseJson(this.#startState) as JsonObject;
    this.#state = applyPatch(this.#state, parseJson(patch) as JsonObject);
    return `{"timestamp":"${formatTime(atUs)}","state":${stringifyJson(this.#state)}}`;
  }
}

function causeText({ status, createdUs }: SessionRow, exception?: ExceptionFact): string {
  const cause = causeOf({ status, createdUs, ...(exception && { exception }) });
  return cause === null ? 'null' : stringifyJson(causeJson(cause));
}

function eventText({ atUs, event }: EventRow): string {
  return `{"timestamp":"${formatTime(atUs)}",${stringifyJson(event as unknown as JsonObject).slice(1)}`;
}

/** Samples as text: everything that a series says is written once, and so is a repeated instant. */
class SampleText {
  readonly #before: string[] = [];
  readonly #after: string[] = [];
  #atUs = Number.NaN;
  #time = '';

  text(rows: SampleRows, row: number): string {
    const series = rows.series[row] as number;
    const atUs = rows.timesUs[row] as number;
    if (atUs !== this.#atUs) {
      this.#atUs = atUs;
      this.#time = formatTime(atUs);
    }
    if (this.#before[series] === undefined) this.#addSeries(rows.keys[series] as SeriesKey, series);
    const value = valueText(rows.values[row] as number);
    const detail = rows.details?.get(row);
    const before = `{"timestamp":"${this.#time}${this.#before[series]}${value}`;
    if (detail === undefined) return `${before}${this.#after[series]}}`;
    return `${before}${detailText(detail, this.#after[series] as string)}}`;
  }

  #addSeries({ name, type, unit, tags }: SeriesKey, series: number): void {
    this.#before[series] = `","name":${JSON.stringify(name)},"type":"${type}","value":`;
    const unitText = unit === '' ? '' : `,"unit":${JSON.stringify(unit)}`;
    this.#after[series] =
      tags.length === 0 ? unitText : `${unitText},"tags":${JSON.stringify(tags)}`;
  }
}

function detailText({ count, metadata }: SampleDetail, after: string): string {
  const counted = count === undefined ? after : `,"count":${count}${after}`;
  const isBare = metadata === undefined || Object.keys(metadata).length === 0;
  return isBare ? counted : `${counted},"metadata":${stringifyJson(metadata)}`;
}

/** JSON has no words for these numbers; the strings are those that requests may use. */
function valueText(value: number): string {
  return Number.isFinite(value) ? `${value}` : `"${value}"`;
}
