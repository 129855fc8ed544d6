/** MLflow's tracking API: requests and answers retyped from its public documentation of the REST API. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { experimentId, experimentName, runId, sessionOfRun } from '../doors/mlflow/names.ts';
import { filterOf } from '../doors/mlflow/search.ts';
import { Harness, type Json, startUs } from './testing/harness.ts';

const base = '/api/2.0/mlflow';
const startMs = startUs / 1000;

/** A server and a run of it. */
async function withRun(more: Json = {}) {
  const server = await Harness.start();
  const ask = (path: string, body?: unknown) =>
    body === undefined ? server.ask(`${base}${path}`) : server.post(`${base}${path}`, body);
  const { json } = await ask('/experiments/create', { name: 'digits' });
  const created = await ask('/runs/create', {
    ...{ experiment_id: json.experiment_id, user_id: 'ada', start_time: startMs },
    ...{ run_name: 'first', tags: [{ key: 'mlflow.source.git.commit', value: '4ded57a' }] },
    ...more,
  });
  const run = created.json.run?.info.run_id as string;
  const session = async () => (await server.ask(`/api/sessions/${sessionOfRun(run)}`)).json;
  return { server, ask, run, created, session };
}

describe('a script that logs to MLflow', () => {
  it('records a session: product, version, parameters, tags, samples with steps, its end', async () => {
    const { ask, run, created, session } = await withRun();
    expect(created.json.run.info).toMatchObject({
      ...{ run_name: 'first', user_id: 'ada', status: 'RUNNING', start_time: startMs },
      ...{ experiment_id: experimentId('digits'), lifecycle_stage: 'active', run_uuid: run },
    });
    expect(run).toMatch(/^[0-9a-f]{32}$/);
    await ask('/runs/log-parameter', { run_id: run, run_uuid: run, key: 'lr', value: '0.1' });
    await ask('/runs/set-tag', { run_id: run, key: 'team', value: 'vision' });
    const metric = { key: 'loss', value: 0.5, timestamp: startMs + 1_000, step: 1 };
    const one = await ask('/runs/log-metric', { run_id: run, ...metric });
    expect([one.status, one.json]).toEqual([200, {}]);
    const batch = await ask('/runs/log-batch', {
      run_id: run,
      metrics: [
        { key: 'loss', value: 'NaN', timestamp: startMs + 2_000, step: 2 },
        { key: 'acc', value: 'Infinity', timestamp: String(startMs + 2_000), step: '3' },
        { key: 'acc', value: 0.75, timestamp: startMs + 3_000 },
      ],
      params: [{ key: 'layers', value: '4' }],
      tags: [{ key: '__proto__', value: 'kept' }],
    });
    expect([batch.status, batch.json]).toEqual([200, {}]);
    const end = { run_id: run, status: 'FINISHED', end_time: startMs + 60_000 };
    const ended = await ask('/runs/update', end);
    expect(ended.json.run_info).toMatchObject({ status: 'FINISHED', end_time: startMs + 60_000 });

    const found = await session();
    expect(found).toMatchObject({
      ...{ active: false, crashed: false },
      state: {
        product: 'digits',
        version: '4ded57a',
        params: { lr: '0.1', layers: '4' },
        run: { name: 'first', user_id: 'ada' },
      },
    });
    expect(found.state.tags).toMatchObject({ team: 'vision', 'mlflow.runName': 'first' });
    const samples = found.metrics.map((one: Json) => [one.name, one.value, one.metadata?.step]);
    expect(samples).toEqual([
      ['loss', 0.5, 1],
      ['loss', 'NaN', 2],
      ['acc', 'Infinity', 3],
      ['acc', 0.75, undefined],
    ]);

    const got = await ask(`/runs/get?run_uuid=${run}&run_id=${run}`);
    expect(got.json.run.data).toEqual({
      metrics: [
        { key: 'acc', value: 0.75, timestamp: startMs + 3_000, step: 0 },
        { key: 'loss', value: 'NaN', timestamp: startMs + 2_000, step: 2 },
      ],
      params: expect.arrayContaining([{ key: 'lr', value: '0.1' }]),
      tags: expect.arrayContaining([{ key: '__proto__', value: 'kept' }]),
    });
    const history = await ask(`/metrics/get-history?run_id=${run}&metric_key=loss&max_results=1`);
    expect(history.json.metrics).toEqual([metric]);
    const token = encodeURIComponent(history.json.next_page_token);
    const rest = await ask(
      `/metrics/get-history?run_id=${run}&metric_key=loss&max_results=1&page_token=${token}`,
    );
    expect(rest.json.metrics).toMatchObject([{ value: 'NaN', step: 2 }]);
    expect(rest.json.next_page_token).toBeUndefined();
  });

  it.each([
    ['FAILED', 'failed'],
    ['KILLED', 'terminated_by_user'],
  ])('that ends as %s has crashed', async (status, kind) => {
    const { ask, run, session } = await withRun();
    const end = { run_id: run, status, end_time: startMs + 9_000 };
    for (const _ of [1, 2]) {
      const { json } = await ask('/runs/update', end);
      expect(json.run_info).toMatchObject({ status, end_time: startMs + 9_000 });
    }
    expect(await session()).toMatchObject({
      ...{ active: false, crashed: true },
      cause: { kind },
    });
  });

  it('counts a repeated request once, and a sample that stands in it twice', async () => {
    const { server, ask, run, session } = await withRun();
    const metric = { key: 'loss', value: 1, timestamp: startMs, step: 1 };
    const body = { run_id: run, metrics: [metric, metric, { ...metric, step: 2 }] };
    for (const _ of [1, 2, 3]) expect((await ask('/runs/log-batch', body)).status).toBe(200);
    for (const _ of [1, 2]) await ask('/runs/log-metric', { run_id: run, ...metric, key: 'acc' });
    expect((await session()).metrics).toHaveLength(3);
    // A tag goes back to what it was.
    for (const value of ['a', 'b', 'a'])
      await ask('/runs/set-tag', { run_id: run, key: 't', value });
    expect((await session()).state.tags.t).toBe('a');
    for (const _ of [1, 2]) await ask('/runs/delete-tag', { run_id: run, key: 't' });
    expect((await session()).state.tags.t).toBeUndefined();
    const door = (await server.ask('/api/doors')).json.doors.find((d: Json) => d.name === 'mlflow');
    // One start, three samples of the first batch, one of the second, three tags and two taken.
    expect(door).toMatchObject({ stored: 10, refused: [] });
  });

  it('keeps the value of a parameter', async () => {
    const { ask, run, session } = await withRun();
    const lr = (value: string) => ask('/runs/log-parameter', { run_id: run, key: 'lr', value });
    expect((await lr('1')).status).toBe(200);
    expect((await lr('1')).status).toBe(200);
    expect((await lr('2')).json).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: `Changing param values is not allowed. Param with key='lr' was already logged with value='1' for run ID='${run}'. Attempted logging new value '2'.`,
    });
    expect((await session()).state.params).toEqual({ lr: '1' });
  });

  it('finds experiments by name, runs by conditions, and says what is not there', async () => {
    const { ask, run } = await withRun();
    const second = await ask('/runs/create', { experiment_id: experimentId('digits') });
    await ask('/runs/update', { run_id: second.json.run.info.run_id, status: 'FAILED' });
    await ask('/runs/log-parameter', { run_id: run, key: 'lr', value: '0.1' });
    const byName = await ask('/experiments/get-by-name?experiment_name=digits');
    expect(byName.json.experiment).toMatchObject({ name: 'digits' });
    const id = byName.json.experiment.experiment_id;
    expect((await ask(`/experiments/get?experiment_id=${id}`)).json.experiment.name).toBe('digits');
    const none = await ask('/experiments/get-by-name?experiment_name=letters');
    expect(none.status).toBe(404);
    expect(none.json.error_code).toBe('RESOURCE_DOES_NOT_EXIST');
    const all = await ask('/experiments/search', {});
    expect(all.json.experiments.map((e: Json) => e.name)).toEqual(['digits']);
    const runs = async (filter: string, more: Json = {}) => {
      const { json } = await ask('/runs/search', { experiment_ids: [id], filter, ...more });
      return json.runs.map((one: Json) => one.info.status);
    };
    expect(await runs('')).toEqual(['FAILED', 'RUNNING']);
    expect(await runs("params.lr = '0.1' and attributes.status = 'RUNNING'")).toEqual(['RUNNING']);
    expect(await runs("params.lr != '0.1'")).toEqual([]);
    expect(await runs("status = 'FAILED'")).toEqual(['FAILED']);
    expect(await runs('', { run_view_type: 'DELETED_ONLY' })).toEqual([]);
    const first = await ask('/runs/search', { experiment_ids: [id], max_results: 1 });
    const next = { page_token: first.json.next_page_token, max_results: 1 };
    expect(await runs('', next)).toEqual(['RUNNING']);
  });

  it('wants a token with the scopes of what it does, and is told so in MLflow’s words', async () => {
    const { server, ask } = await withRun();
    await server.post('/api/tokens', { name: 'first', scopes: ['admin'] });
    const refused = await ask('/experiments/search', {});
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({ error_code: 'UNAUTHENTICATED', code: 'unauthorized' });
    expect(refused.json.message).toBe(refused.json.details);
  });
});

describe('the client of npm named mlflow', () => {
  it('records a run and reads it back', async () => {
    const server = await Harness.start();
    // It prints every body.
    vi.spyOn(console, 'log').mockImplementation(() => {});
    // Its types have a default within the default, its code has not.
    const { default: client } = await import('mlflow');
    const MLflow = client as unknown as typeof client.default;
    const { Experiments, Runs, Metrics } = new MLflow({
      endpoint: `http://127.0.0.1:${server.port}`,
    });
    const { experiment_id } = await Experiments.create({ name: 'digits', artifact_location: '' });
    const tags = [{ key: 'version', value: '7' }];
    const { run } = await Runs.create({ experiment_id, user_id: 'ada', start_time: startMs, tags });
    const { run_id } = run.info;
    await Runs.logMetric({ run_id, key: 'loss', value: 0.5, timestamp: startMs, step: 1 });
    await Runs.logBatch({
      run_id,
      metrics: [{ key: 'loss', value: 0.25, timestamp: startMs + 1_000, step: 2 }],
      params: [{ key: 'lr', value: '0.1' }],
    });
    await Runs.setTag({ run_id, key: 'team', value: 'vision' });
    await Runs.logParameter({ run_id, key: 'layers', value: '4' });
    await expect(Runs.logParameter({ run_id, key: 'lr', value: '1' })).rejects.toThrow(
      'Changing param values is not allowed',
    );
    await Runs.update({ run_id, status: 'FINISHED' as never, end_time: startMs + 2_000 });
    expect((await Runs.get({ run_id })).run).toMatchObject({
      info: { status: 'FINISHED', end_time: startMs + 2_000 },
      data: { metrics: [{ key: 'loss', value: 0.25, step: 2 }] },
    });
    const { metrics } = await Metrics.getHistory({ run_id, metric_key: 'loss' });
    expect(metrics.map((one: Json) => one.value)).toEqual([0.5, 0.25]);
    const found = await Runs.search({
      experiment_ids: [experiment_id],
      filter: "params.lr = '0.1'",
    });
    expect(found.runs).toHaveLength(1);
    expect((await server.session(sessionOfRun(run_id))).state.version).toBe('7');
    const { experiment } = await Experiments.get({ experiment_id });
    expect(experiment.name).toBe('digits');
  });
});

describe('docs/mlflow.md', () => {
  const page = readFileSync(new URL('../../../../docs/mlflow.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z/-]+)` `(.+)` \| (\d{3}) `([A-Z_]+)` \| (.+) \|$/gm)];

  it('says how each bad request is answered, and each is counted', async () => {
    const { server, ask, run } = await withRun();
    expect(rows.length).toBeGreaterThan(15);
    for (const [, path, body, status, code, message] of rows) {
      const text = body!.replaceAll(/\bRUN\b/g, run);
      const answer = text.startsWith('?')
        ? await ask(`/${path}${text}`)
        : await server.ask(`${base}/${path}`, {
            ...{ method: 'POST', body: text, headers: { 'content-type': 'application/json' } },
          });
      const said = [answer.status, answer.json.error_code, answer.json.message];
      expect(said, body).toEqual([Number(status), code, message!.replaceAll(/\bRUN\b/g, run)]);
    }
    const door = (await server.ask('/api/doors')).json.doors.find((d: Json) => d.name === 'mlflow');
    const refused = door.refused.reduce((sum: number, one: Json) => sum + one.count, 0);
    const isRecording = ([, path]: RegExpExecArray) => !/search|get/.test(path!);
    expect(refused).toBeGreaterThanOrEqual(rows.filter(isRecording).length);
    expect(door.stored).toBe(1);
  });
});

describe('names', () => {
  it('of experiments and runs go there and back', () => {
    for (const name of ['Default', 'a', 'größe / 1', '💥'.repeat(50), '0', 'e']) {
      expect(experimentName(experimentId(name))).toBe(name);
      expect(experimentId(name)).toMatch(/^[\w-]+$/);
    }
    expect(experimentId('Default')).toBe('0');
    const id = '550e8400-e29b-41d4-a716-446655440000';
    expect(sessionOfRun(runId(id))).toBe(id);
    for (const bad of ['', '1', 'e', 'eAAA=', 'x'.repeat(2_000)]) {
      expect(() => experimentName(bad)).toThrow('exists');
    }
  });

  it('in filters may be quoted, and what is not understood is refused', () => {
    expect(filterOf('tags.`mlflow.user` = "a and b" AND params."x y" != \'1\'').state).toEqual([
      { path: 'tags.mlflow.user', operator: '=', value: 'a and b' },
      { path: 'params.x y', operator: '!=', value: '1' },
    ]);
    for (const bad of [
      'metrics.loss < 1',
      "params.a = '1' or params.b = '2'",
      "params.a = '1' and",
    ]) {
      expect(() => filterOf(bad), bad).toThrow('filter is');
    }
  });
});
