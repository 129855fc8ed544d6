/** What MLflow asks about many runs: experiments, runs that meet conditions, and the history of a metric. */
import {
  type JsonObject,
  type JsonValue,
  limits,
  type SessionFilter,
  type StateCondition,
  TachoError,
} from '@tacho/protocol';
import { samplePlace, samplesCursor } from '../../store/series.ts';
import type { SessionGroup, Store } from '../../store/store.ts';
import { experimentId, experimentName, runId, sessionOfRun } from './names.ts';
import { bad, listOf } from './reading.ts';
import { foundRun, noRun, numberText, runJson, stepOf } from './run.ts';

/** Runs of one answer; each of them costs questions of its own. */
const runsMax = 100;

/** An experiment as MLflow shows it. */
export function experimentJson(name: string, group?: SessionGroup): JsonObject {
  return {
    experiment_id: experimentId(name),
    name,
    artifact_location: 'tacho-keeps-no-artifacts:/',
    lifecycle_stage: 'active',
    ...(group !== undefined && {
      creation_time: Math.floor(group.firstUs / 1000),
      last_update_time: Math.floor(group.lastUs / 1000),
    }),
  };
}

/** An experiment that has runs, by its name; rejects with `not_found`. */
export async function experimentByName(
  store: Store,
  name: string,
  nowUs: number,
): Promise<JsonObject> {
  const [found] = await groupsOf(store, { products: [name] }, nowUs);
  if (found !== undefined) return experimentJson(name, found);
  throw new TachoError('not_found', `Could not find experiment with name '${name}'`);
}

/** All experiments, or the one that a filter names. */
export async function searchExperiments(
  store: Store,
  body: JsonObject,
  nowUs: number,
): Promise<JsonObject> {
  const { filter } = body;
  const name = /^\s*name\s*=\s*'([^']*)'\s*$/.exec(String(filter ?? ''))?.[1];
  if (filter !== undefined && filter !== null && filter !== '' && name === undefined) {
    throw bad('filter', filter, "nothing, or a name such as name = 'shop'");
  }
  const groups = await groupsOf(store, name === undefined ? {} : { products: [name] }, nowUs);
  const from = Number(body.page_token ?? 0);
  if (!Number.isSafeInteger(from) || from < 0) throw bad('page_token', body.page_token, 'a token');
  const to = from + maxResults(body, limits.pageRowsMax);
  const experiments = groups.map((group) => experimentJson(String(group.values[0]), group));
  return {
    experiments: experiments.slice(from, to),
    ...(to < experiments.length && { next_page_token: String(to) }),
  };
}

/** Runs that meet conditions, the youngest first. */
export async function searchRuns(
  store: Store,
  body: JsonObject,
  nowUs: number,
): Promise<JsonObject> {
  const products = listOf(body, 'experiment_ids').map((id) => {
    if (typeof id !== 'string') throw bad('experiment_ids', id, 'texts');
    return experimentName(id);
  });
  for (const order of listOf(body, 'order_by')) checkOrder(order);
  const filter = filterOf(body.filter);
  const { run_view_type: view, page_token: cursor } = body;
  if (view !== undefined && view !== null && !views.includes(String(view))) {
    throw bad('run_view_type', view, `one of ${views.join(', ')}`);
  }
  if (cursor !== undefined && cursor !== null && typeof cursor !== 'string') {
    throw bad('page_token', cursor, 'a token');
  }
  const limit = Math.min(maxResults(body, runsMax), runsMax);
  // What is deleted is gone, and nothing is in no experiment.
  if (view === 'DELETED_ONLY' || products.length === 0) return { runs: [] };
  const page = await store.sessions({
    filter: { ...filter, products },
    ...{ sort: 'created', descending: true, limit, totals: false, nowUs },
    ...(cursor && { cursor }),
  });
  const runs: JsonObject[] = [];
  for (const { summary } of page.rows) {
    const { row, state } = await foundRun(store, runId(summary.id));
    runs.push(await runJson(store, row, state));
  }
  return { runs, ...(page.next !== undefined && { next_page_token: page.next }) };
}

const views = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'];

/** The samples of a metric of a run. */
export async function metricHistory(
  store: Store,
  asked: unknown,
  { key, limit, token }: { key: string; limit: number; token: string | undefined },
): Promise<JsonObject> {
  const page = await store.samples({
    ...{ id: sessionOfRun(asked), filter: { names: [key] }, descending: false },
    limit: Math.min(limit, limits.samplesPageMax),
    ...(token !== undefined && token !== '' && { after: samplePlace(token, false) }),
  });
  if (page === undefined) throw noRun(asked);
  const metrics = Array.from(page.timesUs, (atUs, i) => ({
    key,
    value: numberText(page.values[i]!),
    timestamp: Math.floor(atUs / 1000),
    step: stepOf(page.details.get(i)?.metadata),
  }));
  return {
    metrics,
    ...(page.next !== undefined && { next_page_token: samplesCursor(page.next, false) }),
  };
}

async function groupsOf(
  store: Store,
  filter: SessionFilter,
  nowUs: number,
): Promise<SessionGroup[]> {
  const groups = await store.groups({ filter, by: [{ by: 'product' }], nowUs });
  return groups.sort((a, b) => (String(a.values[0]) < String(b.values[0]) ? -1 : 1));
}

function maxResults({ max_results: value }: JsonObject, preset: number): number {
  if (value === undefined || value === null) return preset;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw bad('max_results', value, 'a whole number from 1 on');
}

function checkOrder(order: JsonValue): void {
  if (/^(attributes?\.)?start_time\s+desc$/i.test(String(order).trim())) return;
  throw bad('order_by', order, 'nothing or start_time DESC: the youngest run comes first');
}

/** One condition: a parameter, a tag or an attribute, and a text in quotes. */
const clause =
  /\s*(?:(params?|parameters?|tags?|attributes?|attr|run)\.)?(?:([\w./-]+)|`([^`]+)`|"([^"]+)")\s*(!=|=)\s*(?:'([^']*)'|"([^"]*)")\s*(?:and\s+(?=\S)|$)/iy;

/** Conditions as MLflow writes them; throws `invalid_field` for those that are not understood. */
export function filterOf(text: JsonValue | undefined): SessionFilter {
  if (text === undefined || text === null || text === '') return {};
  if (typeof text !== 'string') throw bad('filter', text, 'a text');
  const state: StateCondition[] = [];
  const filter: { -readonly [K in keyof SessionFilter]: SessionFilter[K] } = {};
  clause.lastIndex = 0;
  for (let at = 0; at < text.length; at = clause.lastIndex) {
    clause.lastIndex = at;
    const found = clause.exec(text);
    if (found === null) throw notUnderstood(text);
    const [, of = 'attributes', plain, ticked, quoted, operator = '=', single, double] = found;
    const name = plain ?? ticked ?? quoted ?? '';
    const value = single ?? double ?? '';
    if (/^(param|tag)/i.test(of)) {
      const path = `${/^param/i.test(of) ? 'params' : 'tags'}.${name}`;
      state.push({ path, operator: operator as '=' | '!=', value });
    } else if (operator !== '=') throw notUnderstood(text);
    else if (name === 'status') {
      filter.lifecycles = lifecyclesOf(value);
      if (value === 'KILLED') state.push({ path: 'run.status', operator: '=', value });
    } else if (name === 'run_name' || name === 'name') {
      state.push({ path: 'run.name', operator: '=', value });
    } else if (name === 'run_id') filter.ids = [sessionOfRun(value)];
    else throw notUnderstood(text);
  }
  return { ...filter, ...(state.length > 0 && { state }) };
}

function lifecyclesOf(status: string): NonNullable<SessionFilter['lifecycles']> {
  if (status === 'RUNNING') return ['active', 'lost'];
  if (status === 'FINISHED') return ['ended'];
  if (status === 'FAILED' || status === 'KILLED') return ['crashed'];
  throw bad('filter', status, 'the status RUNNING, FINISHED, FAILED or KILLED');
}

function notUnderstood(text: string): TachoError {
  return bad(
    'filter',
    text,
    "conditions joined by and, such as params.lr = '0.1', tags.team != 'a', attributes.status = 'FINISHED'",
  );
}
