/** A run as MLflow shows it: a session with its parameters, its tags and the last sample of each metric. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import type { SeriesInfo, SessionRow, Store } from '../../store/store.ts';
import { experimentId, runId, sessionOfRun } from './names.ts';

/** The statuses that a run is shown with. */
type RunStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

/** The session of a run with its state; rejects with `invalid_field` or `session_not_found`. */
export async function foundRun(
  store: Pick<Store, 'read'>,
  asked: unknown,
): Promise<{ row: SessionRow; state: JsonObject }> {
  const id = sessionOfRun(asked);
  for await (const part of store.read(id, {})) {
    if (part.kind === 'session') return { row: part.row, state: stateOf(part.row) };
  }
  throw noRun(asked);
}

/** The error for a run that nobody started. */
export function noRun(asked: unknown): TachoError {
  return new TachoError('session_not_found', `Run with id=${String(asked)} not found`);
}

/** What MLflow calls the info of a run. */
export function infoOf(row: SessionRow, state: JsonObject): JsonObject {
  const run = part(state, 'run');
  const id = runId(row.id);
  const { endedUs } = row.status;
  return {
    run_id: id,
    run_uuid: id,
    run_name: textOf(run.name ?? `run-${id.slice(0, 8)}`),
    experiment_id: experimentId(row.product),
    user_id: textOf(run.user_id ?? ''),
    status: statusOf(row, state),
    start_time: Math.floor(row.createdUs / 1000),
    ...(endedUs !== null &&
      row.status.lifecycle !== 'lost' && { end_time: Math.floor(endedUs / 1000) }),
    // A scheme that no client knows: files are not kept here, and must not seem to be.
    artifact_uri: `tacho-keeps-no-artifacts:/${id}`,
    lifecycle_stage: 'active',
  };
}

/** A run in full. */
export async function runJson(
  store: Pick<Store, 'series' | 'samples'>,
  row: SessionRow,
  state: JsonObject,
): Promise<JsonObject> {
  const series = (await store.series({ id: row.id, filter: {} })) ?? [];
  const last = new Map<string, SeriesInfo>();
  for (const one of series) {
    const known = last.get(one.key.name);
    if (known === undefined || one.lastUs > known.lastUs) last.set(one.key.name, one);
  }
  const metrics: JsonObject[] = [];
  for (const [key, info] of last) {
    const step = await lastStep(store, row.id, info);
    metrics.push({
      ...{ key, value: numberText(info.last), step },
      timestamp: Math.floor(info.lastUs / 1000),
    });
  }
  return {
    info: infoOf(row, state),
    data: { metrics, params: pairs(part(state, 'params')), tags: pairs(part(state, 'tags')) },
    inputs: { dataset_inputs: [] },
  };
}

/** A number as JSON has it, NaN and the infinities as MLflow writes them. */
export function numberText(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The step of a sample; 0 when it has none. */
export function stepOf(metadata: JsonObject | undefined): number {
  return typeof metadata?.step === 'number' ? metadata.step : 0;
}

/** A part of the state that holds names and values. */
export function part(state: JsonObject, name: string): JsonObject {
  const found = state[name];
  return found !== undefined && isJsonObject(found) ? found : {};
}

/** The state of a session. */
function stateOf(row: SessionRow): JsonObject {
  const state = parseJson(row.state);
  return isJsonObject(state) ? state : {};
}

/** A value of the state as text. */
function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}

/** Nobody said that a silent run has ended, so it runs, as MLflow would have it. */
function statusOf({ status }: SessionRow, state: JsonObject): RunStatus {
  if (status.lifecycle === 'ended') return 'FINISHED';
  if (status.lifecycle !== 'crashed') return 'RUNNING';
  return part(state, 'run').status === 'KILLED' ? 'KILLED' : 'FAILED';
}

async function lastStep(
  store: Pick<Store, 'samples'>,
  id: string,
  { key, lastUs }: SeriesInfo,
): Promise<number> {
  const filter = { names: [key.name], types: [key.type], unit: key.unit, tags: key.tags };
  const page = await store.samples({ id, filter, fromUs: lastUs, descending: true, limit: 1 });
  return stepOf(page?.details.get(0)?.metadata);
}

function pairs(found: JsonObject): JsonObject[] {
  return Object.entries(found).map(([key, value]) => ({ key, value: textOf(value) }));
}
