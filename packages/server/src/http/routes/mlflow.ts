/** `/api/2.0/mlflow/…`: MLflow's tracking API over sessions, with errors in its own words. */
import {
  type ErrorCode,
  isJsonObject,
  type JsonObject,
  limits,
  type Params,
  type ParamsOf,
  type Route,
  routes,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refusalReason } from '../../doors/door.ts';
import { experimentId, experimentName, stated } from '../../doors/mlflow/names.ts';
import { countOf, readBatch, readMetric, readPair, readText } from '../../doors/mlflow/reading.ts';
import {
  createRun,
  deleteTag,
  getRun,
  log,
  type Recording,
  updateRun,
} from '../../doors/mlflow/recording.ts';
import {
  experimentByName,
  experimentJson,
  metricHistory,
  searchExperiments,
  searchRuns,
} from '../../doors/mlflow/search.ts';
import { parseBody } from '../body.ts';
import { reportError } from '../errors.ts';
import { paramsOf } from '../question.ts';
import { errorReply, jsonReply, send } from '../reply.ts';
import { bodyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';
import { requireMediaType } from '../write.ts';

/** Adds the routes. */
export function addMlflowRoutes(app: FastifyInstance, service: Service): void {
  const { store, recorder, doors } = service;
  const recording: Recording = { store, recorder, report: doors.get('mlflow').report };
  addQuestions(app, service, recording);
  addWrites(app, service, recording);
}

function addQuestions(app: FastifyInstance, service: Service, recording: Recording): void {
  const { store, clock } = service;
  const question = <P extends Params>(
    route: Route & { readonly query: P },
    answer: (params: ParamsOf<P>) => JsonObject | Promise<JsonObject>,
  ): void => {
    app.route({
      method: ['GET', 'HEAD'],
      url: route.path,
      errorHandler: errorHandler(service),
      handler: async (request, reply) =>
        send(reply, jsonReply(await answer(paramsOf(request, route.query, clock())))),
    });
  };
  question(routes.mlflowGetExperiment, ({ experiment_id: id }) => ({
    experiment: experimentJson(experimentName(id)),
  }));
  question(routes.mlflowGetExperimentByName, async ({ experiment_name: name }) => ({
    experiment: await experimentByName(store, name, clock()),
  }));
  question(routes.mlflowGetRun, async ({ run_id: id }) => ({
    run: await getRun(recording, id),
  }));
  question(routes.mlflowMetricHistory, (params) => {
    const { run_id: id, metric_key: key, max_results, page_token: token } = params;
    const limit = max_results ?? limits.samplesPageMax;
    return metricHistory(store, id, { key, limit, token });
  });
}

/** A body as it came and as it was understood. */
interface Said {
  body: JsonObject;
  bytes: Buffer;
  nowUs: number;
}

function addWrites(app: FastifyInstance, service: Service, recording: Recording): void {
  const { store } = service;
  const write = (route: Route, answer: (said: Said) => Promise<JsonObject>): void => {
    app.post(route.path, { errorHandler: errorHandler(service) }, async (request, reply) => {
      const nowUs = receiptUs(service.clock);
      // Questions with a body lose nothing when they are refused.
      const isRecording = route.scope === 'ingest';
      let count = 1;
      try {
        const { bytes, ...body } = bodyOf(request);
        requireMediaType({ bytes, ...body }, false);
        const value = parseBody(bytes);
        count = countOf(value);
        if (!isJsonObject(value)) {
          throw new TachoError(
            'invalid_body',
            `The body ${stated(value)}; expected a JSON object.`,
          );
        }
        const said = { body: value, bytes: bytes as Buffer, nowUs };
        return send(reply, jsonReply(await answer(said)));
      } catch (error) {
        if (isRecording) {
          recording.report.refuse(refusalReason(error), detailsOf(error), count);
        }
        throw error;
      }
    });
  };
  write(routes.mlflowCreateExperiment, async ({ body }) => ({
    experiment_id: experimentId(readText(body.name, 'name', limits.productLengthMax)),
  }));
  write(routes.mlflowSearchExperiments, ({ body, nowUs }) => searchExperiments(store, body, nowUs));
  write(routes.mlflowSearchRuns, ({ body, nowUs }) => searchRuns(store, body, nowUs));
  write(routes.mlflowCreateRun, async ({ body, nowUs }) => ({
    run: await createRun(recording, body, nowUs),
  }));
  write(routes.mlflowUpdateRun, async ({ body, nowUs }) => ({
    run_info: await updateRun(recording, body, nowUs),
  }));
  write(routes.mlflowDeleteTag, async ({ body, nowUs }) => {
    await deleteTag(recording, body, nowUs);
    return {};
  });
  write(routes.mlflowLogBatch, async ({ body, nowUs, bytes }) => {
    await log(recording, body, readBatch(body, nowUs), nowUs, bytes);
    return {};
  });
  write(routes.mlflowLogMetric, async ({ body, nowUs, bytes }) => {
    const metrics = [readMetric(body, nowUs)];
    await log(recording, body, { ...nothing, metrics }, nowUs, bytes);
    return {};
  });
  write(routes.mlflowLogParameter, async ({ body, nowUs, bytes }) => {
    await log(recording, body, { ...nothing, params: pairOf(body) }, nowUs, bytes);
    return {};
  });
  write(routes.mlflowSetTag, async ({ body, nowUs, bytes }) => {
    await log(recording, body, { ...nothing, tags: pairOf(body) }, nowUs, bytes);
    return {};
  });
}

const nothing = { metrics: [], params: undefined, tags: undefined, count: 1 };

function pairOf(body: JsonObject): JsonObject {
  const { key, value } = readPair(body);
  return Object.fromEntries([[key, value]]);
}

/** What MLflow calls what went wrong; its clients raise their own exceptions by these words. */
const errorCodes: Partial<Record<ErrorCode, string>> = {
  session_not_found: 'RESOURCE_DOES_NOT_EXIST',
  not_found: 'RESOURCE_DOES_NOT_EXIST',
  unauthorized: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  host_not_allowed: 'PERMISSION_DENIED',
  origin_not_allowed: 'PERMISSION_DENIED',
  rate_limited: 'REQUEST_LIMIT_EXCEEDED',
  timeout: 'TEMPORARILY_UNAVAILABLE',
  overloaded: 'TEMPORARILY_UNAVAILABLE',
  store_unavailable: 'TEMPORARILY_UNAVAILABLE',
  disk_full: 'TEMPORARILY_UNAVAILABLE',
  internal: 'INTERNAL_ERROR',
};

/** Errors in both forms at once: MLflow's `error_code` and `message`, and ours. */
function errorHandler(service: Service) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = reportError(service, error, request);
    const said = errorReply(known);
    const body = {
      error_code: errorCodes[known.code] ?? 'INVALID_PARAMETER_VALUE',
      message: known.details,
      ...known.toReply(),
    };
    return send(reply, { ...said, body: jsonReply(body, said.status).body });
  };
}

function detailsOf(error: unknown): string {
  return error instanceof TachoError ? error.details : 'the server failed';
}
