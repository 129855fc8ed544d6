/** The server keeps the table of endpoints: nothing is missing, nothing is beside it, and replies are as declared. */
import {
  limits,
  type OpenapiDocument,
  openapiDocument,
  type Param,
  type Route,
  routes,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import Schema from 'typebox/schema';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildApp } from './app.ts';
import { dashboardPaths } from './dashboard/pages.ts';
import { openStore, testConfig } from './testing/harness.ts';
import { recordedGroup, recordedServer } from './testing/history.ts';
import { acceptedValues, nonsenseFor } from './testing/values.ts';

const table = Object.entries<Route>(routes);
// Endpoints of other dialects pass over what they do not know, and have errors of their own.
const asked = table.filter(
  ([, { query, errors, errorSchema }]) =>
    query !== undefined && errors.includes('invalid_field') && errorSchema === undefined,
);
const reads = table.filter(([, { method }]) => method === 'GET');

async function startApp(): Promise<FastifyInstance> {
  const clock = () => Date.UTC(2026, 0, 1) * 1000;
  const store = await openStore({ clock, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
  const app = buildApp({ store, clock, log: pino({ level: 'silent' }), config: testConfig });
  onTestFinished(async () => {
    await app.close();
    await store.close();
  });
  await app.ready();
  return app;
}

describe('the routes', () => {
  it('are those of the table and the pages, HEAD where GET is, and no others', async () => {
    const app = await startApp();
    const wanted = table.flatMap(([, { method, path }]) => {
      const url = path.replaceAll(/\{(\w+)\}/g, ':name');
      return (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((each) => `${each} ${url}`);
    });
    for (const path of dashboardPaths) {
      const url = path.replaceAll(/:\w+/g, ':name');
      wanted.push(`GET ${url}`, `HEAD ${url}`);
    }
    expect(servedBy(app).sort()).toEqual(wanted.sort());
  });
});

/** `METHOD /path` of everything that an application serves. */
function servedBy(app: FastifyInstance): string[] {
  const parts: string[] = [];
  const served: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const found = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (found === null) continue;
    const depth = (found[1] as string).length / 4;
    parts.splice(depth, parts.length, found[2] as string);
    const path = parts.join('').replaceAll(/:[\w|:]+/g, ':name');
    for (const method of found[3]?.split(', ') ?? []) served.push(`${method} ${path}`);
  }
  return served;
}

describe('every parameter', () => {
  it.each(asked)('of %s refuses nonsense and says what it accepts', async (_name, route) => {
    const app = await startApp();
    const path = route.path.replaceAll(/\{\w+\}/g, '5e551000-5555-4555-8555-555555555555');
    const needed = requiredOf(route);
    const refusal = async (name: string, values: string[]): Promise<string> => {
      const others = needed.filter(([each]) => each !== name);
      const given = values.map((value): [string, string] => [name, value]);
      const query = new URLSearchParams([...others, ...given]);
      const reply = await app.inject({ method: route.method, url: `${path}?${query}` });
      const { code, details } = reply.json() as { code: string; details: string };
      const what = `${name}=${values[0]?.slice(0, 40)} (${values.length})`;
      expect([reply.statusCode, code], `${what}: ${details}`).toEqual([400, 'invalid_field']);
      return details;
    };
    for (const [name, param] of Object.entries<Param<unknown>>(route.query ?? {})) {
      for (const text of nonsenseFor(param)) {
        const details = await refusal(name, [text]);
        expect(details, `${name}=${text}`).toMatch(new RegExp(`^${name} .*; expected `, 's'));
        expect(details).toContain(param.accepted);
      }
      const [good = ''] = acceptedValues(name, param);
      const times = param.many ? limits.paramValuesMax + 1 : 2;
      const details = await refusal(
        name,
        Array.from({ length: times }, () => good),
      );
      expect(details).toMatch(new RegExp(`^${name} is given .*; expected `));
      if (param.required) expect(await refusal(name, [])).toMatch(`${name} is missing; expected`);
    }
    const details = await refusal('no_such_parameter', ['1']);
    for (const name of Object.keys(route.query ?? {})) expect(details).toContain(name);
  });

  it('that a reading endpoint does not have is refused there', async () => {
    const app = await startApp();
    for (const [name, route] of reads.filter(([, { errors }]) =>
      errors.includes('invalid_field'),
    )) {
      const path = route.path.replaceAll(/\{\w+\}/g, '5e551000-5555-4555-8555-555555555555');
      const reply = await app.inject({ method: 'GET', url: `${path}?no_such_parameter=1` });
      expect(reply.json(), name).toMatchObject({ code: 'invalid_field' });
    }
  });
});

/** The parameters without which nothing works, each with a value. */
function requiredOf({ query }: Route): [string, string][] {
  return Object.entries<Param<unknown>>(query ?? {})
    .filter(([, param]) => param.required)
    .map(([name, param]) => [name, acceptedValues(name, param)[0] as string]);
}

describe('every reply', () => {
  it('to a reading endpoint has the declared form and nothing beyond it', async () => {
    const { server, ids } = await recordedServer();
    const checks = closedForms(openapiDocument('1'));
    let answers = 0;
    for (const [name, route] of reads) {
      const paths = pathsOf(route, Object.values(ids));
      for (const path of paths) {
        for (const query of queriesOf(route)) {
          if (isEndless(route)) {
            const head = await server.raw(
              `GET ${path}?${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
              /\r\n\r\n/,
            );
            expect(head, `${name} ${query}`).toMatch(/^HTTP\/1.1 (200|400)/);
            continue;
          }
          const { status, headers, text } = await server.ask(`${path}?${query}`);
          const what = `${name}: GET ${path}?${query}: ${text.slice(0, 300)}`;
          const type = String(headers['content-type']);
          const wanted = [route.reply, ...(route.otherReplies ?? [])].map(
            (reply) => reply.type ?? 'application/json',
          );
          if (status === 200) expect(wanted, what).toContain(type.split(';')[0]);
          const isPlain = query === '' || query === (route.example ?? '');
          const isThere = isPlain && requiredOf(route).length === 0 && !names(route, path);
          if (isThere) expect(status, what).toBe(route.reply.status);
          else expect([route.reply.status, 400, 404], what).toContain(status);
          if (!type.startsWith('application/json')) continue;
          const [ok, errors] = Schema.Errors(checks(name, status), JSON.parse(text));
          expect([ok, errors.slice(0, 3)], what).toEqual([true, []]);
          answers++;
        }
      }
    }
    expect(answers).toBeGreaterThan(reads.length);
  });
});

/** Whether a path names something of which the recorded server has none. */
function names({ path }: Route, asked: string): boolean {
  return path.startsWith('/api/webhooks/') && asked.includes('/x');
}

function isEndless({ reply }: Route): boolean {
  return reply.type === 'text/event-stream';
}

/** The paths of an endpoint: one for each session where it is about one. */
function pathsOf({ path, names }: Route, ids: readonly string[]): string[] {
  if (!path.includes('{')) return [path];
  if (names === undefined) return ids.map((id) => path.replace('{id}', id));
  const made = path.replace('{id}', ids[0] as string).replace('{group}', recordedGroup);
  return [made.replaceAll(/\{\w+\}/g, 'x')];
}

/** Nothing, the example, and each parameter alone with each of its values, beside the required ones. */
function queriesOf(route: Route): string[] {
  const needed = requiredOf(route);
  const queries = [String(new URLSearchParams(needed)), route.example ?? ''];
  for (const [name, param] of Object.entries<Param<unknown>>(route.query ?? {})) {
    const others = needed.filter(([each]) => each !== name);
    for (const value of acceptedValues(name, param)) {
      queries.push(String(new URLSearchParams([...others, [name, value]])));
    }
  }
  return [...new Set(queries)];
}

/** The declared form of the replies of an endpoint, in which every object with fields has no others. */
function closedForms(document: OpenapiDocument): (name: string, status: number) => object {
  const closed = close(document) as OpenapiDocument;
  const { components } = closed;
  const operations = Object.values(closed.paths).flatMap((methods) => Object.values(methods));
  return (name, status) => {
    const operation = operations.find(({ operationId }) => operationId === name);
    const response = operation?.responses[status];
    const key = response !== undefined && '$ref' in response ? response.$ref.split('/').at(-1) : '';
    const found = key === '' ? response : components.responses[key as string];
    const content = (found as { content?: Record<string, { schema: object }> } | undefined)
      ?.content;
    if (content === undefined) throw new Error(`${name} does not declare ${status}`);
    return { ...content['application/json']?.schema, components };
  };
}

function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== 'object' || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) made[key] = close(inner);
  const { type, properties, additionalProperties, title } = made;
  const hasFields = type === 'object' && Object.keys(properties ?? {}).length > 0;
  // Errors may add fields of their own.
  if (hasFields && additionalProperties === undefined && title !== 'Error') {
    made.additionalProperties = false;
  }
  return made;
}
