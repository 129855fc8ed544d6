/** Endpoints of MLflow's tracking API, so that training scripts record without being changed. */
import type { TSchema } from 'typebox';
import { limits } from '../limits.ts';
import { required, textParam, wholeParam } from '../params.ts';
import { mlflowBodies as bodies, mlflowReplies as replies } from '../schema/mlflow.ts';
import { answer, batchErrors, doorErrors, type Route } from './route.ts';

const errors = [
  ...doorErrors,
  ...batchErrors,
  'invalid_field',
  'not_found',
  'session_not_found',
  'state_too_large',
] as const satisfies Route['errors'];
const questionErrors = [
  ...doorErrors,
  'invalid_field',
  'not_found',
  'session_not_found',
  'store_unavailable',
] as const satisfies Route['errors'];

const base = '/api/2.0/mlflow';
const exampleRun = '550e8400e29b41d4a716446655440000';
const runParam = textParam('Id of the run: 32 hexadecimal digits, those of its session', 36);

function body(schema: TSchema) {
  return { schema, optional: false, many: false } as const;
}

/** The endpoints by name. */
export const mlflowRoutes = {
  mlflowCreateExperiment: {
    method: 'POST',
    path: `${base}/experiments/create`,
    summary: 'The id of an experiment by its name; it appears with its first run',
    scope: 'ingest',
    request: body(bodies.createExperiment),
    reply: answer(replies.created),
    errors,
  },
  mlflowGetExperiment: {
    method: 'GET',
    path: `${base}/experiments/get`,
    summary: 'An experiment by its id',
    scope: 'read',
    query: { experiment_id: required(textParam('Id of the experiment', limits.paramLengthMax)) },
    example: 'experiment_id=0',
    reply: answer(replies.experiment),
    errors: questionErrors,
  },
  mlflowGetExperimentByName: {
    method: 'GET',
    path: `${base}/experiments/get-by-name`,
    summary: 'An experiment that has runs, by its name',
    scope: 'read',
    query: { experiment_name: required(textParam('Name', limits.productLengthMax)) },
    example: 'experiment_name=P',
    reply: answer(replies.experiment),
    errors: questionErrors,
  },
  mlflowSearchExperiments: {
    method: 'POST',
    path: `${base}/experiments/search`,
    summary: 'Experiments that have runs, by name',
    scope: 'read',
    request: body(bodies.searchExperiments),
    reply: answer(replies.experiments),
    errors,
  },
  mlflowCreateRun: {
    method: 'POST',
    path: `${base}/runs/create`,
    summary: 'Start a run, which is a session',
    scope: 'ingest',
    request: body(bodies.createRun),
    reply: answer(replies.run),
    errors,
  },
  mlflowGetRun: {
    method: 'GET',
    path: `${base}/runs/get`,
    summary: 'A run with its parameters, its tags and the last sample of each metric',
    scope: 'read',
    query: { run_id: required(runParam), run_uuid: textParam('The older name of `run_id`', 36) },
    example: `run_id=${exampleRun}`,
    reply: answer(replies.run),
    errors: questionErrors,
  },
  mlflowUpdateRun: {
    method: 'POST',
    path: `${base}/runs/update`,
    summary: 'Name a run, or end it: FINISHED has ended, FAILED and KILLED have crashed',
    scope: 'ingest',
    request: body(bodies.updateRun),
    reply: answer(replies.runInfo),
    errors,
  },
  mlflowLogMetric: {
    method: 'POST',
    path: `${base}/runs/log-metric`,
    summary: 'Record one sample; the same request twice counts once',
    scope: 'ingest',
    request: body(bodies.logMetric),
    reply: answer(replies.nothing),
    errors,
  },
  mlflowLogParameter: {
    method: 'POST',
    path: `${base}/runs/log-parameter`,
    summary: 'Record a parameter; one that has a value keeps it',
    scope: 'ingest',
    request: body(bodies.pair),
    reply: answer(replies.nothing),
    errors,
  },
  mlflowSetTag: {
    method: 'POST',
    path: `${base}/runs/set-tag`,
    summary: 'Set a tag of a run',
    scope: 'ingest',
    request: body(bodies.pair),
    reply: answer(replies.nothing),
    errors,
  },
  mlflowDeleteTag: {
    method: 'POST',
    path: `${base}/runs/delete-tag`,
    summary: 'Take a tag from a run; its history keeps it',
    scope: 'ingest',
    request: body(bodies.deleteTag),
    reply: answer(replies.nothing),
    errors,
  },
  mlflowLogBatch: {
    method: 'POST',
    path: `${base}/runs/log-batch`,
    summary: 'Record samples, parameters and tags, all or none; the same request twice counts once',
    scope: 'ingest',
    request: body(bodies.logBatch),
    reply: answer(replies.nothing),
    errors,
  },
  mlflowSearchRuns: {
    method: 'POST',
    path: `${base}/runs/search`,
    summary: 'Runs of experiments, the youngest first',
    scope: 'read',
    request: body(bodies.searchRuns),
    reply: answer(replies.runs),
    errors,
  },
  mlflowMetricHistory: {
    method: 'GET',
    path: `${base}/metrics/get-history`,
    summary: 'All samples of a metric of a run, by time',
    scope: 'read',
    query: {
      run_id: required(runParam),
      run_uuid: textParam('The older name of `run_id`', 36),
      metric_key: required(textParam('Name of the metric', limits.metricNameLengthMax)),
      max_results: wholeParam(1, 1_000_000, 'Most samples; 10,000 at most come in one answer'),
      page_token: textParam('`next_page_token` of the page before', limits.paramLengthMax),
    },
    example: `run_id=${exampleRun}&metric_key=loss`,
    reply: answer(replies.history),
    errors: questionErrors,
  },
} as const satisfies Record<string, Route>;
