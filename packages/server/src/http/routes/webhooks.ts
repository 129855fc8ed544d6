/** `/api/webhooks`: rules made, listed, changed, tried and deleted, and what became of their messages. */
import { readWebhookBody, routes } from '@tacho/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { shownDelivery } from '../../webhooks/notice.ts';
import { shownRule } from '../../webhooks/rule.ts';
import { parseBody } from '../body.ts';
import { addQuestion } from '../question.ts';
import { bodyOf } from '../request-body.ts';
import type { Service } from '../service.ts';
import { requireMediaType } from '../write.ts';

/** Adds the routes. */
export function addWebhookRoutes(app: FastifyInstance, service: Service): void {
  const { webhooks, log } = service;
  addQuestion(app, service, routes.listWebhooks, async () => ({
    webhooks: (await webhooks.list()).map(({ rule, progress }) => shownRule(rule, progress)),
  }));
  addQuestion(app, service, routes.createWebhook, async ({ request }) => {
    const { rule, progress } = await webhooks.add(readWebhookBody(jsonOf(request)));
    log.info({ id: rule.id, name: rule.name, on: rule.on }, 'a webhook was made');
    return { ...shownRule(rule, progress), secret: rule.secret };
  });
  addQuestion(app, service, routes.getWebhook, async ({ path }) => {
    const { rule, progress } = await webhooks.get(path.webhook_id as string);
    return shownRule(rule, progress);
  });
  addQuestion(app, service, routes.changeWebhook, async ({ path, request }) => {
    const id = path.webhook_id as string;
    const body = jsonOf(request);
    const changed = await webhooks.change(id, (known) => readWebhookBody(body, known));
    log.info({ id }, 'a webhook was changed');
    return shownRule(changed.rule, changed.progress);
  });
  addQuestion(app, service, routes.deleteWebhook, async ({ path }) => {
    const id = path.webhook_id as string;
    await webhooks.remove(id);
    log.info({ id }, 'a webhook was deleted');
    return { success: true };
  });
  addQuestion(app, service, routes.testWebhook, async ({ path }) =>
    shownDelivery(await webhooks.test(path.webhook_id as string)),
  );
  addQuestion(app, service, routes.listDeliveries, async ({ path, params }) => {
    const rows = await webhooks.deliveries(path.webhook_id as string, params.limit);
    return { deliveries: rows.map(shownDelivery) };
  });
}

function jsonOf(request: FastifyRequest) {
  const body = bodyOf(request);
  requireMediaType(body, false);
  return parseBody(body.bytes);
}
