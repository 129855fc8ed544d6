/** The routes that are there against the ones that the protocol names, and HTTPS. */
import { request } from 'node:https';
import { type Param, type Route, routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { certificate } from './testing/certificate.ts';
import { Harness, type Json } from './testing/harness.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';

const at = '2026-01-01T00:00:00Z';

/** A request that each endpoint accepts. */
const bodies: Record<string, unknown> = {
  '/api/sessions': { product: 'P', version: 'V' },
  '/api/sessions/{id}/metrics': { name: 'm', value: 1 },
  '/api/sessions/{id}/events': { name: 'e' },
  '/api/sessions/{id}/state': { a: 1 },
  '/api/tokens': { name: 'T', scopes: ['read'] },
  '/api/webhooks': { name: 'W', url: 'http://127.0.0.1:1/', on: ['crash'] },
  '/api/webhooks/{webhook_id}': { enabled: false },
  '/api/ingest': { spoolId: 's', seq: 1, entries: [] },
  '/api/import': { spoolId: 's', seq: 1, entries: [] },
  '/v1/metrics': {},
  '/v1/logs': {},
  '/api/grafana/query': { range: { from: at, to: at }, targets: [{ target: '1' }] },
  '/api/grafana/annotations': { range: { from: at, to: at } },
  '/api/grafana/tag-values': { key: 'version' },
  '/api/grafana/variable': { payload: { target: 'version' } },
  '/api/2.0/mlflow/experiments/create': { name: 'P' },
  '/api/2.0/mlflow/experiments/search': {},
  '/api/2.0/mlflow/runs/create': {},
  '/api/2.0/mlflow/runs/search': { experiment_ids: ['0'] },
  '/api/2.0/mlflow/runs/update': { run_id: id, status: 'FINISHED' },
  '/api/2.0/mlflow/runs/log-metric': { run_id: id, key: 'm', value: 1, timestamp: 1 },
  '/api/2.0/mlflow/runs/log-parameter': { run_id: id, key: 'p', value: 'v' },
  '/api/2.0/mlflow/runs/set-tag': { run_id: id, key: 't', value: 'v' },
  '/api/2.0/mlflow/runs/delete-tag': { run_id: id, key: 't' },
  '/api/2.0/mlflow/runs/log-batch': { run_id: id },
};

describe('every endpoint of the protocol', () => {
  it.each(Object.entries<Route>(routes))('%s answers as it says', async (_name, route) => {
    const server = await Harness.start();
    await server.create({ id });
    const { token, ...secret } = await secretFor(server, route);
    const headers: Record<string, string> = { ...secret.headers };
    const path = route.path
      .replace('{id}', id)
      .replace('{token_id}', token.id)
      .replace('{webhook_id}', await webhookFor(server, route))
      .replace('{group}', await groupFor(server, route))
      .replace('{name}', 'version');
    const body =
      (route.form && route.example) ??
      bodies[route.path] ??
      (route.path === '/api/login' ? token : undefined);
    if (route.form) headers['content-type'] = 'application/x-www-form-urlencoded';
    else if (route.request?.type) headers['content-type'] = route.request.type;
    // A stream has no end to wait for, but a head.
    const method = route.reply.type === 'text/event-stream' ? 'HEAD' : route.method;
    const answer = await server.ask(path + neededQuery(route), { method, body, headers });
    expect(answer.status).toBe(route.reply.status);
    if (route.reply.status === 204) {
      expect(answer.text).toBe('');
      return;
    }
    const { type = 'application/json', schema } = route.reply;
    expect(answer.headers['content-type']).toContain(type);
    if (type === 'application/json') expectForm(schema, answer.json);
    const { manyReply } = route;
    if (manyReply === undefined) return;
    const many = await server.post(path, [bodies[route.path], {}]);
    expect(many.status).toBe(manyReply.status);
    expectForm(manyReply.schema, many.json);
  });
});

/** A token where an endpoint is about one; the first one makes the server ask for it. */
async function secretFor(server: Harness, { path }: Route) {
  if (!path.includes('{token_id}') && path !== '/api/login') return { token: {}, headers: {} };
  const made = await server.post('/api/tokens', { name: 'first', scopes: ['admin'] });
  const headers = { authorization: `Bearer ${made.json.token}` };
  return { token: made.json as Json, headers };
}

/** The id of a webhook where an endpoint is about one. */
async function webhookFor(server: Harness, { path }: Route): Promise<string> {
  if (!path.includes('{webhook_id}')) return '';
  return (await server.post('/api/webhooks', bodies['/api/webhooks'])).json.id;
}

/** The id of a group of exceptions where an endpoint is about one. */
async function groupFor(server: Harness, { path }: Route): Promise<string> {
  if (!path.includes('{group}')) return '';
  await server.post(`/api/sessions/${id}/events`, { name: 'e', exception_type: 'E' });
  return (await server.ask('/api/exceptions')).json.exceptions[0].id;
}

/** The example of an endpoint that asks for parameters. */
function neededQuery({ query = {}, example = '' }: Route): string {
  return Object.values<Param<unknown>>(query).some(({ required }) => required) ? `?${example}` : '';
}

it('speaks HTTPS with certificate and key, and its origin is https then', async () => {
  const server = await Harness.start({ tls: certificate });
  const host = `localhost:${server.port}`;
  const ask = (origin: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { host, origin };
      const options = { host: '127.0.0.1', port: server.port, path: '/health', headers };
      request({ ...options, rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  expect(await ask(`https://${host}`)).toBe(200);
  expect(await ask(`http://${host}`)).toBe(403);
  await expect(server.ask('/health')).rejects.toThrow();
});

/** The part of a schema that a reply can be held against without a validator. */
interface Form {
  type?: string;
  required?: string[];
  properties?: Record<string, Form>;
  items?: Form;
}

function expectForm(form: Form, value: Json): void {
  if (form.type === 'array') {
    expect(Array.isArray(value)).toBe(true);
    for (const item of value) expectForm(form.items ?? {}, item);
  } else if (form.type === 'object') {
    expect(Object.keys(value)).toEqual(expect.arrayContaining(form.required ?? []));
    for (const [name, part] of Object.entries(form.properties ?? {})) {
      if (name in value) expectForm(part, value[name]);
    }
  } else if (form.type === 'integer') expect(Number.isInteger(value)).toBe(true);
  else if (form.type !== undefined) expect(typeof value).toBe(form.type);
}
