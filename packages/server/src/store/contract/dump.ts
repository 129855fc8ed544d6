/** A whole store as plain data that can be compared, printed and kept as JSON. */
import {
  type JsonObject,
  type JsonValue,
  parseJson,
  type SeriesKey,
  seriesKeyText,
  stringifyJson,
} from '@tacho/protocol';
import type { EventRow, PatchRow, SampleDetail, SampleRows, SessionRow, Store } from '../store.ts';

/** One sample: position in `SessionDump.series`, instant, value, and the detail as JSON text if any. */
type SampleDump =
  | [series: number, atUs: number, value: number | string]
  | [series: number, atUs: number, value: number | string, detail: string];

/** A session with its history; JSON documents are texts with sorted keys. */
export interface SessionDump {
  row: SessionRow;
  patches: PatchRow[];
  /** `event` is JSON text. */
  events: (Omit<EventRow, 'event'> & { event: string })[];
  /** Series that have samples, in order of first appearance in the session. */
  series: SeriesKey[];
  /** Values that JSON has no number for are texts: NaN, Infinity, -Infinity, -0. */
  samples: SampleDump[];
}

/** Every session of a store in order of creation. The store must be quiet meanwhile. */
export async function dump(store: Store): Promise<SessionDump[]> {
  const sessions: SessionDump[] = [];
  for await (const page of store.ids()) {
    for (const id of page) {
      const session = await dumpSession(store, id);
      if (session === undefined) throw new Error(`ids() names ${id}, which read() does not know`);
      sessions.push(session);
    }
  }
  return sessions;
}

/** One session; undefined when the store does not know the id. Throws when the pieces are out of order. */
export async function dumpSession(store: Store, id: string): Promise<SessionDump | undefined> {
  let session: SessionDump | undefined;
  const pieces: SampleRows[] = [];
  let stage = 0;
  for await (const part of store.read(id, { patches: true, events: true, samples: true })) {
    const next = partOrder.indexOf(part.kind);
    if (next < stage || (session === undefined) !== (part.kind === 'session')) {
      throw new Error(`read() yields ${part.kind} of ${id} out of order`);
    }
    stage = next;
    if (part.kind === 'session') session = startDump(part.row);
    else if (part.kind === 'patches') session?.patches.push(...part.rows.map(plainPatch));
    else if (part.kind === 'events') session?.events.push(...part.rows.map(plainEvent));
    else pieces.push(part.rows);
  }
  if (session !== undefined) addSamples(session, pieces);
  return session;
}

/** The samples of a session as texts that do not depend on their order; `sort()` makes them a multiset. */
export function sampleTexts({ series, samples }: SessionDump): string[] {
  return samples.map(([index, ...rest]) => {
    const key = series[index];
    return JSON.stringify([key === undefined ? null : seriesKeyText(key), ...rest]);
  });
}

/** A dump as one line for each thing in it: for dumps too large to be shown as a difference. */
export function dumpLines(sessions: SessionDump[]): string[] {
  return sessions.flatMap(({ row, patches, events, series, samples }) => [
    // In which order an engine puts a row's fields is nobody's business.
    canonicalJson({ ...row } as unknown as JsonObject),
    ...[...patches, ...events, ...series, ...samples].map((item) => JSON.stringify(item)),
  ]);
}

/** JSON text with sorted keys. */
export function canonicalJson(value: JsonValue): string {
  return stringifyJson(sortKeys(value));
}

const partOrder = ['session', 'patches', 'events', 'samples'];

function startDump(row: SessionRow): SessionDump {
  const state = canonicalJson(parseJson(row.state));
  const startState = canonicalJson(parseJson(row.startState));
  return { row: { ...row, state, startState }, patches: [], events: [], series: [], samples: [] };
}

function plainPatch(row: PatchRow): PatchRow {
  return { ...row, patch: canonicalJson(parseJson(row.patch)) };
}

function plainEvent({ event, ...row }: EventRow): SessionDump['events'][number] {
  return { ...row, event: canonicalJson({ ...event }) };
}

function addSamples(session: SessionDump, pieces: SampleRows[]): void {
  const keys = pieces.at(-1)?.keys ?? [];
  const used = new Set<number>();
  for (const { series } of pieces) for (const index of series) used.add(index);
  const places = new Map([...used].sort((a, b) => a - b).map((index, place) => [index, place]));
  session.series = [...places.keys()].map((index) => plainKey(keys[index]!));
  for (const rows of pieces) {
    const n = rows.series.length;
    if (rows.timesUs.length !== n || rows.values.length !== n) {
      throw new Error(`read() yields samples of ${session.row.id} with uneven arrays`);
    }
    for (let i = 0; i < n; i++) {
      const place = places.get(rows.series[i]!)!;
      const detail = plainDetail(rows.details?.get(i));
      const value = plainNumber(rows.values[i]!);
      const atUs = rows.timesUs[i]!;
      session.samples.push(
        detail === undefined ? [place, atUs, value] : [place, atUs, value, detail],
      );
    }
  }
}

function plainKey({ name, type, unit, tags }: SeriesKey): SeriesKey {
  return { name, type, unit, tags: [...tags] };
}

/** A detail that says nothing is the same as none. */
function plainDetail(detail: SampleDetail | undefined): string | undefined {
  if (detail?.count === undefined && detail?.metadata === undefined) return undefined;
  return canonicalJson({ ...detail });
}

function plainNumber(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  // Without a prototype, so that a key named __proto__ is a key.
  const sorted: JsonObject = Object.create(null);
  for (const key of Object.keys(value).sort()) sorted[key] = sortKeys(value[key]!);
  return sorted;
}
