/** Entries as they are sent: the inverse of the readers of batches, server's and local alike. */
import type { WireColumns, WireEntry } from './entry.ts';
import { defaultBounds } from './histogram.ts';
import { type JsonObject, stringifyJson } from './json.ts';
import type { Growth, LocalEntry, Watch } from './local.ts';
import type { SessionStart } from './schema/create.ts';
import type { MetricInput } from './schema/metric.ts';

/** JSON text of an entry; reading it gives the entry again, to the microsecond. */
export function entryText(entry: LocalEntry | WireEntry): string {
  if (entry.kind === 'columns') return columnsText(entry);
  return stringifyJson(withoutUndefined(fieldsOf(entry)));
}

/** JSON text of a batch of such texts; `spoolId` is the sender's. */
export function batchText(spoolId: string, seq: number, entries: readonly string[]): string {
  return `{"spoolId":${JSON.stringify(spoolId)},"seq":${seq},"entries":[${entries.join(',')}]}`;
}

type Wire = Record<string, unknown>;

function fieldsOf(entry: Exclude<LocalEntry | WireEntry, WireColumns>): Wire {
  switch (entry.kind) {
    case 'metric':
      return { kind: entry.kind, session: entry.session, ...metricFields(entry.metric) };
    case 'growth':
      return growthFields(entry);
    default:
      break;
  }
  const stamp = { kind: entry.kind, session: entry.session, at: msOf(entry.atUs) };
  switch (entry.kind) {
    case 'start':
      return {
        ...stamp,
        ...startFields(entry.start),
        ...('watch' in entry && watchFields(entry.watch)),
      };
    case 'patch':
      return { ...stamp, patch: entry.patch };
    case 'event':
      return { ...stamp, ...entry.event };
    case 'heartbeat':
      return {
        ...stamp,
        timeout_ms: 'timeoutMs' in entry ? entry.timeoutMs : undefined,
        witness: entry.witness,
      };
    case 'end':
      return { ...stamp, cause: entry.cause };
    case 'crash':
      return {
        ...stamp,
        reason: entry.reason,
        cause: entry.cause,
      };
    case 'exit':
      return { ...stamp, code: entry.code, signal: entry.signal, uncaught: entry.uncaught };
    default:
      return stamp;
  }
}

function startFields(start: SessionStart): Wire {
  return {
    product: start.product,
    version: start.version,
    machine_id: start.machineId,
    hostname: start.hostname,
    boot_id: start.bootId,
    agent_id: start.agentId,
    state: start.state,
  };
}

function watchFields(watch: Watch): Wire {
  return {
    pid: watch.pid,
    process_start: watch.processStart,
    heartbeat_timeout_ms: watch.heartbeatTimeoutMs,
    watch: watch.watch,
    parent: watch.parent,
    wire: watch.wire,
  };
}

function metricFields(metric: MetricInput): Wire {
  return {
    at: msOf(metric.atUs),
    name: metric.name,
    type: metric.type,
    unit: metric.unit === '' ? undefined : metric.unit,
    tags: metric.tags.length === 0 ? undefined : metric.tags,
    value: numberOrName(metric.value),
    count: metric.count,
    metadata: metric.metadata,
  };
}

function growthFields(growth: Growth): Wire {
  const common = {
    kind: growth.kind,
    session: growth.session,
    at: msOf(growth.atUs),
    type: growth.type,
    name: growth.name,
    unit: growth.unit === '' ? undefined : growth.unit,
    tags: growth.tags.length === 0 ? undefined : growth.tags,
  };
  if (growth.type === 'counter') return { ...common, delta: growth.delta };
  return {
    ...common,
    bounds: growth.bounds === defaultBounds ? undefined : growth.bounds,
    counts: growth.counts,
    sum: numberOrName(growth.sum),
    min: growth.min,
    max: growth.max,
    not_finite: growth.notFinite === 0 ? undefined : growth.notFinite,
  };
}

/** Bulk: text is put together without an object or an array in between. */
function columnsText({ session, timesUs, series }: WireColumns): string {
  const startMs = Math.floor((timesUs[0] as number) / 1000);
  const startUs = startMs * 1000;
  const times = timesUs.map((us) => (us - startUs) / 1000);
  const each = series.map(({ name, type, unit, tags, values }) => {
    const head = JSON.stringify({ name, type, unit, tags }).slice(0, -1);
    return `${head},"values":[${valuesText(values)}]}`;
  });
  return `{"kind":"columns","session":"${session}","startMs":${startMs},"times":[${times.join()}],"series":[${each.join()}]}`;
}

function valuesText(values: Float64Array): string {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    return JSON.stringify(Array.from(values, numberOrName)).slice(1, -1);
  }
  return values.join();
}

/** What JSON has no number for is named. */
function numberOrName(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Epoch milliseconds; a double still holds the microseconds. */
function msOf(us: number | undefined): number | undefined {
  return us === undefined ? undefined : us / 1000;
}

function withoutUndefined(fields: Wire): JsonObject {
  for (const key in fields) if (fields[key] === undefined) delete fields[key];
  return fields as JsonObject;
}
