/** Entries without a store: what the contract's cases say, and how it becomes entries of a store. */
import type { CauseReport, EventRecord, JsonObject, SeriesKey } from '@tacho/protocol';
import type { SampleDetail, SessionHandle, SessionStart, Store, StoreEntry } from '../store.ts';

/** One sample of a plan. */
export interface PlanRow {
  series: SeriesKey;
  atUs: number;
  value: number;
  detail?: SampleDetail;
}

/**
 * One entry as the cases write it: sessions by number or id, series by key, events in part.
 * Without `atUs` the entry carries no time of its own: it happened when it was received.
 */
export type Plan = { session: number | string } & (
  | ({ kind: 'start'; atUs?: number } & Partial<SessionStart>)
  | { kind: 'patch'; patch: JsonObject; atUs?: number }
  | { kind: 'event'; event: Partial<EventRecord>; atUs?: number }
  | { kind: 'sample'; series: SeriesKey; value: number; detail?: SampleDetail; atUs?: number }
  | { kind: 'samples'; rows: PlanRow[] }
  | { kind: 'columns'; timesUs: number[]; series: SeriesKey[]; values: number[][] }
  | { kind: 'heartbeat'; witness?: true; atUs?: number }
  | { kind: 'end'; cause?: CauseReport; atUs?: number }
  | { kind: 'crash'; reason: string; cause?: CauseReport; atUs?: number }
);

/** The id that a number stands for; ids of different numbers differ in their first 8 characters. */
export function sessionId(session: number | string): string {
  if (typeof session === 'string') return session;
  const hex = session.toString(16);
  return `${hex.padStart(8, '0')}-0000-4000-8000-${hex.padStart(12, '0')}`;
}

/** A gauge without a unit. */
export function gauge(name: string, ...tags: string[]): SeriesKey {
  return { name, type: 'gauge', unit: '', tags };
}

/** One sample of session 1. */
export function sample(series: SeriesKey, atUs: number, value: number): Plan {
  return { session: 1, kind: 'sample', series, atUs, value };
}

/** Samples of session 1, row by row. */
export function rows(...said: [series: SeriesKey, atUs: number, value: number][]): Plan {
  const found = said.map(([series, atUs, value]) => ({ series, atUs, value }));
  return { session: 1, kind: 'samples', rows: found };
}

/** Samples of session 1, a column of values for each series. */
export function columns(timesUs: number[], series: SeriesKey[], ...values: number[][]): Plan {
  return { session: 1, kind: 'columns', timesUs, series, values };
}

/** Turns plans into entries of a store, received at an instant. */
export async function toEntries(
  store: Store,
  plans: Plan[],
  receivedUs: number,
): Promise<StoreEntry[]> {
  const handles = await Promise.all(plans.map(({ session }) => store.reserve(sessionId(session))));
  return plans.map((plan, i) => toEntry(handles[i]!, plan, receivedUs));
}

function toEntry(session: SessionHandle, plan: Plan, receivedUs: number): StoreEntry {
  switch (plan.kind) {
    case 'start':
      return { product: 'shop', version: '1.0.0', atUs: receivedUs, ...plan, session };
    case 'event':
      return { atUs: receivedUs, ...plan, session, event: { ...blankEvent, ...plan.event } };
    case 'sample':
      return { atUs: receivedUs, ...plan, session, series: indexOf(session, plan.series) };
    case 'samples':
      return samplesEntry(session, plan.rows);
    case 'columns':
      return {
        kind: 'columns',
        session,
        timesUs: Float64Array.from(plan.timesUs),
        series: plan.series.map((key) => indexOf(session, key)),
        values: plan.values.map((column) => Float64Array.from(column)),
      };
    default:
      return { atUs: receivedUs, ...plan, session };
  }
}

/** An event that says as little as one can. */
export const blankEvent: EventRecord = {
  name: 'checkpoint',
  level: 'info',
  category: 'info',
  group: '',
  labels: null,
  message: '',
  data: null,
};

function indexOf({ series }: SessionHandle, { name, type, unit, tags }: SeriesKey): number {
  return series.index(name, type, unit, tags);
}

function samplesEntry(session: SessionHandle, rows: PlanRow[]): StoreEntry {
  const details = new Map<number, SampleDetail>();
  rows.forEach(({ detail }, row) => {
    if (detail !== undefined) details.set(row, detail);
  });
  return {
    kind: 'samples',
    session,
    series: Uint32Array.from(rows, (row) => indexOf(session, row.series)),
    timesUs: Float64Array.from(rows, (row) => row.atUs),
    values: Float64Array.from(rows, (row) => row.value),
    ...(details.size === 0 ? {} : { details }),
  };
}
