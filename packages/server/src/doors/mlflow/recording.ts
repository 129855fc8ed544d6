/** Records what MLflow's clients say: runs that start and end, samples, parameters and tags. */
import { createHash, randomUUID } from 'node:crypto';
import {
  applyPatch,
  initialStatus,
  type JsonObject,
  limits,
  setJsonKey,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import { samplesEntry } from '../../record/draft.ts';
import type { Recorder } from '../../record.ts';
import type { Once, SessionHandle, SessionRow, Store, StoreEntry } from '../../store/store.ts';
import type { DoorReport } from '../report.ts';
import { unknownVersion } from '../source.ts';
import { experimentName, sessionOfRun } from './names.ts';
import { bad, type Logged, listOf, readMillis, readPairs, readText } from './reading.ts';
import { foundRun, infoOf, noRun, part, runJson } from './run.ts';

/** What recording works with. */
export interface Recording {
  store: Store;
  recorder: Recorder;
  report: DoorReport;
}

/** Tags that name the version, the first that is there. */
const versionTags = ['version', 'mlflow.source.git.commit'];

/** Starts a run; gives it as MLflow shows it. */
export async function createRun(
  { store, recorder, report }: Recording,
  body: JsonObject,
  nowUs: number,
): Promise<JsonObject> {
  const { experiment_id: experiment = '0', user_id: user, run_name: named } = body;
  if (typeof experiment !== 'string') throw bad('experiment_id', experiment, 'a text');
  const product = experimentName(experiment);
  const atUs = readMillis(body.start_time, 'start_time', nowUs) ?? nowUs;
  const tags = readPairs(listOf(body, 'tags'), 'tags') ?? {};
  const session = await store.reserve(randomUUID());
  const name =
    named === undefined || named === null || named === ''
      ? (tags['mlflow.runName'] ?? `run-${session.id.slice(0, 8)}`)
      : readText(named, 'run_name', limits.messageLengthMax);
  setJsonKey(tags, 'mlflow.runName', name);
  const run: JsonObject = { name };
  if (user !== undefined && user !== null && user !== '') {
    run.user_id = readText(user, 'user_id', limits.metricNameLengthMax);
  }
  const found = versionTags.map((key) => tags[key]).find((value) => value && value !== '');
  const version = String(found ?? unknownVersion).slice(0, limits.versionLengthMax);
  const state: JsonObject = { run, params: {}, tags };
  await recorder.append(
    {
      receivedUs: nowUs,
      entries: [{ kind: 'start', session, atUs, product, version, agentId: 'door:mlflow', state }],
    },
    1,
  );
  report.stored += 1;
  const shown = { ...{ id: session.id, createdUs: atUs, product }, status: initialStatus(nowUs) };
  return {
    info: infoOf(shown as SessionRow, state),
    data: {
      metrics: [],
      params: [],
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
    inputs: { dataset_inputs: [] },
  };
}

const statuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/** Names or ends a run; gives its info. */
export async function updateRun(
  recording: Recording,
  body: JsonObject,
  nowUs: number,
): Promise<JsonObject> {
  const asked = runOf(body);
  const { status, run_name: named } = body;
  if (status !== undefined && status !== null && !statuses.includes(String(status))) {
    throw bad('status', status, `one of ${statuses.join(', ')}`);
  }
  const atUs = readMillis(body.end_time, 'end_time', nowUs) ?? nowUs;
  const session = await handleOf(recording.store, asked);
  const { row } = await foundRun(recording.store, asked);
  const entries: StoreEntry[] = [];
  const run: JsonObject = {};
  const patch: JsonObject = {};
  if (named !== undefined && named !== null && named !== '') {
    run.name = readText(named, 'run_name', limits.messageLengthMax);
    patch.tags = { 'mlflow.runName': run.name };
  }
  const isOver = ['ended', 'crashed'].includes(row.status.lifecycle);
  // Said again after a lost answer, an end is no news.
  const end = isOver ? undefined : endOf(session, status as string | null | undefined, atUs);
  if (end !== undefined) run.status = status as string;
  if (Object.keys(run).length > 0) patch.run = run;
  if (Object.keys(patch).length > 0) {
    entries.push({ kind: 'patch', session, atUs: end === undefined ? nowUs : atUs, patch });
  }
  if (end !== undefined) entries.push(end);
  await append(recording, entries, entries.length, nowUs);
  const after = await foundRun(recording.store, asked);
  return infoOf(after.row, after.state);
}

/** Records what was logged to a run, all of it or nothing; `bytes` tell a repeat from another request. */
export async function log(
  recording: Recording,
  body: JsonObject,
  { metrics, params, tags, count }: Logged,
  nowUs: number,
  bytes: Buffer,
): Promise<void> {
  const asked = runOf(body);
  const session = await handleOf(recording.store, asked);
  const patch: JsonObject = {};
  if (params !== undefined) {
    const fresh = await freshParams(recording.store, asked, params);
    if (Object.keys(fresh).length > 0) patch.params = fresh;
  }
  if (tags !== undefined) patch.tags = tags;
  const entries: StoreEntry[] = [];
  const overflowed = session.series.overflowed;
  if (metrics.length > 0) entries.push(samplesEntry(session, metrics, nowUs));
  if (Object.keys(patch).length > 0) entries.push({ kind: 'patch', session, atUs: nowUs, patch });
  if (entries.length === 0) return;
  const once = metrics.length > 0 ? onceOf(session.id, bytes) : undefined;
  const isNew = await append(recording, entries, count, nowUs, once);
  if (isNew) recording.report.overflowed += session.series.overflowed - overflowed;
}

/**
 * What makes a request with samples count once. MLflow's clients repeat a request whose answer was
 * lost, without a word about it; equal samples with their times in milliseconds are that. Tags alone
 * are not: one may be set to what it was before.
 */
function onceOf(session: string, bytes: Buffer): Once {
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { kind: 'key', key: `mlflow ${session} ${hash}`, fingerprint: hash, reply: '' };
}

/** Takes a tag from a run; one that is not there is as good as taken, so that a repeat is no error. */
export async function deleteTag(
  recording: Recording,
  body: JsonObject,
  nowUs: number,
): Promise<void> {
  const key = readText(body.key, 'key', limits.metricNameLengthMax);
  const asked = runOf(body);
  const session = await handleOf(recording.store, asked);
  const tags: JsonObject = {};
  // A null in a patch takes its name away.
  setJsonKey(tags, key, null);
  const entry = { kind: 'patch', session, atUs: nowUs, patch: { tags } } as const;
  await append(recording, [entry], 1, nowUs);
}

/** The run that a request names, by its newer or its older field. */
function runOf({ run_id: id, run_uuid: uuid }: JsonObject): unknown {
  return id === undefined || id === null || id === '' ? uuid : id;
}

/** A run in full, by whatever names it. */
export async function getRun({ store }: Recording, asked: unknown): Promise<JsonObject> {
  const { row, state } = await foundRun(store, asked);
  return runJson(store, row, state);
}

async function handleOf(store: Store, asked: unknown): Promise<SessionHandle> {
  const found = await store.resolve(sessionOfRun(asked));
  if (found.kind !== 'found') throw noRun(asked);
  return found.session;
}

/** Whether it was stored now; false when the same request had been before. */
async function append(
  { recorder, report }: Recording,
  entries: StoreEntry[],
  count: number,
  receivedUs: number,
  once?: Once,
): Promise<boolean> {
  if (entries.length === 0) return false;
  const batch = { receivedUs, entries, ...(once !== undefined && { once }) };
  const { kind } = await recorder.append(batch, count);
  if (kind === 'stored') report.stored += count;
  return kind === 'stored';
}

/** The parameters that the run does not have yet; throws when it has one with another value. */
async function freshParams(store: Store, asked: unknown, params: JsonObject): Promise<JsonObject> {
  const { state } = await foundRun(store, asked);
  const known = part(state, 'params');
  const fresh: JsonObject = {};
  for (const [key, value] of Object.entries(params)) {
    if (!Object.hasOwn(known, key)) setJsonKey(fresh, key, value);
    else if (known[key] !== value) {
      throw new TachoError(
        'invalid_field',
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${String(known[key])}' for run ID='${String(asked)}'. Attempted logging new value '${String(value)}'.`,
      );
    }
  }
  // As large as the state may become with them, or the store would find out later and for others, too.
  if (stringifyJson(applyPatch(state, { params: fresh })).length > limits.stateBytesMax) {
    throw new TachoError('state_too_large', 'The parameters and tags of the run are too large');
  }
  return fresh;
}

function endOf(
  session: SessionHandle,
  status: string | null | undefined,
  atUs: number,
): StoreEntry | undefined {
  switch (status) {
    case 'FINISHED':
      return { kind: 'end', session, atUs };
    case 'FAILED':
      return { kind: 'crash', session, atUs, reason: 'MLflow: FAILED', cause: { kind: 'failed' } };
    case 'KILLED': {
      const cause = { kind: 'terminated_by_user' } as const;
      return { kind: 'crash', session, atUs, reason: 'MLflow: KILLED', cause };
    }
    default:
      return undefined;
  }
}
