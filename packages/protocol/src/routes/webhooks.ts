/** Endpoints that manage webhooks. */
import { limits } from '../limits.ts';
import { preset, wholeParam } from '../params.ts';
import { successReply } from '../schema/reply.ts';
import {
  deliveriesReply,
  deliveryReply,
  newWebhookReply,
  webhookBody,
  webhookChangeBody,
  webhookReply,
  webhooksReply,
} from '../schema/webhook.ts';
import { answer, batchErrors, doorErrors, type Route } from './route.ts';

const path = '/api/webhooks/{webhook_id}';
const names = { webhook_id: '`id` of a webhook' };

/** The endpoints by name. */
export const webhookRoutes = {
  listWebhooks: {
    method: 'GET',
    path: '/api/webhooks',
    summary: 'All webhooks, without their secrets',
    scope: 'admin',
    reply: answer(webhooksReply),
    errors: [...doorErrors, 'store_unavailable'],
  },
  createWebhook: {
    method: 'POST',
    path: '/api/webhooks',
    summary: 'Make a webhook; only this reply shows its secret',
    scope: 'admin',
    request: { schema: webhookBody, optional: false, many: false },
    reply: answer(newWebhookReply, 201),
    errors: [...doorErrors, ...batchErrors, 'invalid_field', 'too_many_webhooks'],
  },
  getWebhook: {
    method: 'GET',
    path,
    names,
    summary: 'One webhook, without its secret',
    scope: 'admin',
    reply: answer(webhookReply),
    errors: [...doorErrors, 'webhook_not_found', 'store_unavailable'],
  },
  changeWebhook: {
    method: 'POST',
    path,
    names,
    summary: 'Change a webhook; what the body does not name stays as it is',
    scope: 'admin',
    request: { schema: webhookChangeBody, optional: false, many: false },
    reply: answer(webhookReply),
    errors: [...doorErrors, ...batchErrors, 'invalid_field', 'webhook_not_found'],
  },
  deleteWebhook: {
    method: 'DELETE',
    path,
    names,
    summary: 'Delete a webhook with all that it has not sent yet',
    scope: 'admin',
    reply: answer(successReply),
    errors: [...doorErrors, 'webhook_not_found', 'store_unavailable', 'disk_full'],
  },
  testWebhook: {
    method: 'POST',
    path: `${path}/test`,
    names,
    summary: 'Send a message of the type `test` now, once, and say what came of it',
    scope: 'admin',
    reply: answer(deliveryReply),
    errors: [...doorErrors, 'webhook_not_found', 'store_unavailable', 'disk_full'],
  },
  listDeliveries: {
    method: 'GET',
    path: `${path}/deliveries`,
    names,
    summary: 'The last messages of a webhook, the newest first, and what became of each',
    scope: 'admin',
    query: {
      limit: preset(wholeParam(1, limits.webhookNoticesKept, 'Most messages'), 50),
    },
    reply: answer(deliveriesReply),
    errors: [...doorErrors, 'invalid_field', 'webhook_not_found', 'store_unavailable'],
  },
} as const satisfies Record<string, Route>;
