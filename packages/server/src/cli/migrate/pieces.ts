/** A session as pieces of bounded size, cut in the same places whenever it is read again. */
import { type JsonObject, parseJson, stringifyJson } from '@tacho/protocol';
import type {
  SampleDetail,
  SessionHandle,
  SessionRow,
  Store,
  StoreEntry,
} from '../../store/store.ts';
import { eventsByArrival } from './arrival.ts';

/** What one batch of a replay may hold. */
export interface PieceBounds {
  /** Patches, events and samples. */
  rows: number;
  /** Bytes, roughly. */
  bytes: number;
}

/** Large enough that a batch costs little beside what it carries. */
export const pieceBounds: PieceBounds = { rows: 50_000, bytes: 4 * 1024 * 1024 };

/** A part of a session that becomes durable at once. */
export interface Piece {
  entries: StoreEntry[];
  patches: number;
  events: number;
  samples: number;
  bytes: number;
}

/**
 * The pieces of a session: the first starts it, the last says how it stands. `session` is where they
 * go; its series get the numbers that they have in the source.
 */
export async function* piecesOf(
  source: Store,
  row: SessionRow,
  session: SessionHandle,
  bounds = pieceBounds,
): AsyncGenerator<Piece> {
  const open = new OpenPiece(session, bounds);
  open.add(startOf(row, session), row.startState.length);
  open.add({ kind: 'status', session, status: statusMeanwhile(row) }, 0);
  for await (const { entry, bytes } of saidIn(source, row.id, session)) {
    if (!open.hasRoom(bytes)) yield open.take();
    open.add(entry, bytes);
  }
  const indexes: number[] = [];
  for await (const part of source.read(row.id, { samples: true })) {
    if (part.kind !== 'samples') continue;
    const { keys, series, timesUs, values, details } = part.rows;
    for (const { name, type, unit, tags } of keys.slice(indexes.length)) {
      indexes.push(session.series.index(name, type, unit, tags));
    }
    for (let i = 0; i < series.length; i++) {
      const detail = details?.get(i);
      const bytes = sampleBytes + (detail === undefined ? 0 : detailBytes(detail));
      if (!open.hasRoom(bytes)) yield open.take();
      open.addSample(indexes[series[i]!]!, timesUs[i]!, values[i]!, detail, bytes);
    }
  }
  open.add(statusOf(row, session), 0);
  yield open.take();
}

const sampleBytes = 20;

function detailBytes(detail: SampleDetail): number {
  return 20 + (detail.metadata === undefined ? 0 : stringifyJson(detail.metadata).length);
}

function startOf(row: SessionRow, session: SessionHandle): StoreEntry {
  const { createdUs, product, version, machineId, hostname, bootId, agentId } = row;
  return {
    ...{ kind: 'start', session, atUs: createdUs, product, version },
    ...(machineId !== undefined && { machineId }),
    ...(hostname !== undefined && { hostname }),
    ...(bootId !== undefined && { bootId }),
    ...(agentId !== undefined && { agentId }),
    state: parseJson(row.startState) as JsonObject,
  };
}

/** While it is being copied a session is not active: its silence would soon make it lost. */
function statusMeanwhile({ status }: SessionRow): SessionRow['status'] {
  if (status.lifecycle !== 'active') return status;
  return { ...status, lifecycle: 'ended', endedUs: status.lastActivityUs };
}

function statusOf(row: SessionRow, session: SessionHandle): StoreEntry {
  const { status, clockSkewUs, updatedUs } = row;
  const skew = clockSkewUs === undefined ? {} : { clockSkewUs };
  return { kind: 'status', session, status, updatedUs, ...skew };
}

/** Patches and events, each in order of arrival. */
async function* saidIn(
  source: Store,
  id: string,
  session: SessionHandle,
): AsyncGenerator<{ entry: StoreEntry; bytes: number }> {
  for await (const part of source.read(id, { patches: true })) {
    if (part.kind !== 'patches') continue;
    for (const { atUs, receivedUs, patch } of part.rows) {
      const said = parseJson(patch) as JsonObject;
      const entry: StoreEntry = { kind: 'patch', session, atUs, receivedUs, patch: said };
      yield { entry, bytes: patch.length };
    }
  }
  for await (const { atUs, receivedUs, event } of eventsByArrival(source, id)) {
    const entry: StoreEntry = { kind: 'event', session, atUs, receivedUs, event };
    yield { entry, bytes: stringifyJson({ ...event }).length };
  }
}

/** A piece that grows. */
class OpenPiece {
  readonly #session: SessionHandle;
  readonly #bounds: PieceBounds;
  #piece = emptyPiece();
  #series: number[] = [];
  #timesUs: number[] = [];
  #values: number[] = [];
  #details = new Map<number, SampleDetail>();

  constructor(session: SessionHandle, bounds: PieceBounds) {
    this.#session = session;
    this.#bounds = bounds;
  }

  /** An empty piece has room for everything. */
  hasRoom(bytes: number): boolean {
    const rows = this.#rows;
    if (rows === 0) return true;
    return rows < this.#bounds.rows && this.#piece.bytes + bytes <= this.#bounds.bytes;
  }

  add(entry: StoreEntry, bytes: number): void {
    // A status at the end stands behind the samples.
    this.#closeSamples();
    this.#piece.entries.push(entry);
    this.#piece.bytes += bytes;
    if (entry.kind === 'patch') this.#piece.patches += 1;
    if (entry.kind === 'event') this.#piece.events += 1;
  }

  addSample(
    series: number,
    atUs: number,
    value: number,
    detail: SampleDetail | undefined,
    bytes: number,
  ): void {
    if (detail !== undefined) this.#details.set(this.#series.length, detail);
    this.#series.push(series);
    this.#timesUs.push(atUs);
    this.#values.push(value);
    this.#piece.samples += 1;
    this.#piece.bytes += bytes;
  }

  take(): Piece {
    this.#closeSamples();
    const piece = this.#piece;
    this.#piece = emptyPiece();
    return piece;
  }

  get #rows(): number {
    const { patches, events, samples } = this.#piece;
    return patches + events + samples;
  }

  #closeSamples(): void {
    if (this.#series.length === 0) return;
    this.#piece.entries.push({
      kind: 'samples',
      session: this.#session,
      series: Uint32Array.from(this.#series),
      timesUs: Float64Array.from(this.#timesUs),
      values: Float64Array.from(this.#values),
      ...(this.#details.size > 0 && { details: this.#details }),
    });
    this.#series = [];
    this.#timesUs = [];
    this.#values = [];
    this.#details = new Map();
  }
}

function emptyPiece(): Piece {
  return { entries: [], patches: 0, events: 0, samples: 0, bytes: 0 };
}
