/** Every request body and reply of the HTTP API: its schema, and the reader that checks it. */
export { causeFactsOf } from './schema/cause.ts';
export {
  type CrashBody,
  crashBody,
  endBody,
  readCrash,
  readEnd,
  unknownReason,
} from './schema/crash.ts';
export {
  type CreateBody,
  type CreateInput,
  createBody,
  readCreate,
  readUuid,
  type SessionStart,
} from './schema/create.ts';
export { type EventBody, type EventInput, eventBody, readEvent } from './schema/event.ts';
export { bad, checkTime, isAbsent, optionalTexts, requiredText } from './schema/fields.ts';
export { lifeKinds, momentKinds, moverSkips, timelineStatuses } from './schema/history.ts';
export { type Many, type Rejection, readMany, rejectionOf } from './schema/many.ts';
export { type MetricBody, type MetricInput, metricBody, readMetric } from './schema/metric.ts';
export { type Verdict, verdicts } from './schema/release.ts';
export {
  type BatchReply,
  batchReply,
  errorReply,
  eventReply,
  healthReply,
  idsReply,
  metricReply,
  rejection,
  type SuccessReply,
  sessionReply,
  snapshot,
  successReply,
} from './schema/reply.ts';
export { readState, type StateBody, type StateInput, stateBody } from './schema/state.ts';
export { type StatusInput, statusToWire } from './schema/status.ts';
export {
  loginBody,
  loginReply,
  newTokenReply,
  readLoginBody,
  readTokenBody,
  type TokenInput,
  type TokenReply,
  tokenBody,
  tokenReply,
  tokensReply,
} from './schema/token.ts';
export {
  readWebhookBody,
  type WebhookInput,
  type WebhookMetric,
  webhookBody,
  webhookFormats,
  webhookTriggers,
} from './schema/webhook.ts';
