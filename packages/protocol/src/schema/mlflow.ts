/** Bodies and replies of MLflow's tracking API, as its public documentation of the REST API has them. */
import Type from 'typebox';
import { limits } from '../limits.ts';

const text = (description: string) => Type.String({ description });
const maybe = Type.Optional;
const wide = Type.Union([Type.Integer(), Type.String({ pattern: '^-?\\d+$' })]);
const millis = Type.Union([Type.Integer(), Type.String({ pattern: '^\\d+$' })], {
  description: 'Milliseconds since 1970, as a number or its digits',
});

/** The run that a request is about; `run_uuid` is the older name of `run_id`. */
const runFields = {
  run_id: maybe(text('Id of the run: 32 hexadecimal digits, those of its session')),
  run_uuid: maybe(text('The older name of `run_id`')),
};

const sampleValue = Type.Union([Type.Number(), Type.Enum(['NaN', 'Infinity', '-Infinity'])]);
const metricFields = {
  key: text('Name of the metric'),
  value: sampleValue,
  timestamp: millis,
  step: maybe(wide),
};
const pairFields = { key: Type.String(), value: Type.String() };
const pair = Type.Object(pairFields);
const metric = Type.Object(metricFields);

const exampleRun = '550e8400e29b41d4a716446655440000';
const exampleMetric = { key: 'loss', value: 0.25, timestamp: 1_772_366_400_000, step: 1 };

function example<T>(body: T): { examples: T[] } {
  return { examples: [body] };
}

/** Bodies by what they are for. */
export const mlflowBodies = {
  createExperiment: Type.Object(
    { name: text('Name of the experiment, which is a product') },
    example({ name: 'digits' }),
  ),
  createRun: Type.Object(
    {
      experiment_id: maybe(text('Id of the experiment; `0` is that of `Default`')),
      user_id: maybe(Type.String()),
      run_name: maybe(Type.String()),
      start_time: maybe(millis),
      tags: maybe(Type.Array(pair)),
    },
    example({ experiment_id: '0', start_time: 1_772_366_400_000, run_name: 'first' }),
  ),
  updateRun: Type.Object(
    {
      ...runFields,
      status: maybe(Type.Enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'])),
      end_time: maybe(millis),
      run_name: maybe(Type.String()),
    },
    example({ run_id: exampleRun, status: 'FINISHED', end_time: 1_772_366_460_000 }),
  ),
  logMetric: Type.Object(
    { ...runFields, ...metricFields },
    example({ run_id: exampleRun, ...exampleMetric }),
  ),
  pair: Type.Object(
    { ...runFields, ...pairFields },
    example({ run_id: exampleRun, key: 'lr', value: '0.1' }),
  ),
  deleteTag: Type.Object(
    { ...runFields, key: Type.String() },
    example({ run_id: exampleRun, key: 'team' }),
  ),
  logBatch: Type.Object(
    {
      ...runFields,
      metrics: maybe(Type.Array(metric, { maxItems: limits.batchItemsMax })),
      params: maybe(Type.Array(pair)),
      tags: maybe(Type.Array(pair)),
    },
    example({
      run_id: exampleRun,
      metrics: [exampleMetric],
      params: [{ key: 'lr', value: '0.1' }],
    }),
  ),
  searchRuns: Type.Object(
    {
      experiment_ids: maybe(Type.Array(Type.String())),
      filter: maybe(
        text("Conditions such as `params.lr = '0.1' and attributes.status = 'FINISHED'`"),
      ),
      run_view_type: maybe(Type.Enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'])),
      max_results: maybe(Type.Integer({ minimum: 1 })),
      order_by: maybe(Type.Array(Type.String())),
      page_token: maybe(Type.String()),
    },
    example({ experiment_ids: ['0'], filter: "params.lr = '0.1'" }),
  ),
  searchExperiments: Type.Object(
    {
      filter: maybe(text("`name = 'shop'`, or nothing")),
      max_results: maybe(Type.Integer({ minimum: 1 })),
      page_token: maybe(Type.String()),
    },
    example({ filter: "name = 'digits'" }),
  ),
};

const experiment = Type.Object({
  experiment_id: Type.String(),
  name: Type.String(),
  artifact_location: Type.String(),
  lifecycle_stage: Type.Literal('active'),
});

const run = Type.Object({
  info: Type.Object({
    run_id: Type.String(),
    run_uuid: Type.String(),
    run_name: Type.String(),
    experiment_id: Type.String(),
    user_id: Type.String(),
    status: Type.Enum(['RUNNING', 'FINISHED', 'FAILED', 'KILLED']),
    start_time: Type.Integer(),
    end_time: maybe(Type.Integer()),
    artifact_uri: Type.String(),
    lifecycle_stage: Type.Literal('active'),
  }),
  data: Type.Object({
    metrics: Type.Array(metric, { description: 'The last sample of each' }),
    params: Type.Array(pair),
    tags: Type.Array(pair),
  }),
});

const token = maybe(text('Where the next page begins; absent on the last one'));

/** Replies by what they are to. */
export const mlflowReplies = {
  nothing: Type.Object({}),
  created: Type.Object({ experiment_id: Type.String() }),
  experiment: Type.Object({ experiment }),
  experiments: Type.Object({ experiments: Type.Array(experiment), next_page_token: token }),
  run: Type.Object({ run }),
  runInfo: Type.Object({ run_info: run.properties.info }),
  runs: Type.Object({ runs: Type.Array(run), next_page_token: token }),
  history: Type.Object({ metrics: Type.Array(metric), next_page_token: token }),
};
