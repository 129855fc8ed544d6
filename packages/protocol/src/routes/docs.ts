/** Endpoints that describe the API itself; they hold no data, so nobody needs a token for them. */
import Type from 'typebox';
import { wordParam } from '../params.ts';
import { doorErrors, type Route, type RouteReply } from './route.ts';

const anything = Type.Object({});

const openapiReply = Type.Object(
  {
    openapi: Type.Literal('3.1.0'),
    info: anything,
    servers: Type.Array(anything),
    tags: Type.Array(anything),
    paths: anything,
    components: anything,
  },
  { title: 'OpenapiDocument', description: 'An OpenAPI 3.1 document' },
);

function file(type: string, description: string): RouteReply {
  return { status: 200, schema: Type.String({ description }), streamed: false, type };
}

/** The endpoints by name. */
export const docsRoutes = {
  openapi: {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    scope: 'open',
    reply: { status: 200, schema: openapiReply, streamed: false },
    errors: [...doorErrors, 'invalid_field'],
  },
  docs: {
    method: 'GET',
    path: '/docs',
    summary: 'This API as a page to read and try',
    scope: 'open',
    query: { theme: wordParam(['light', 'dark'], "Colours; the system's choice when not given") },
    reply: file('text/html', 'A page of HTML'),
    errors: [...doorErrors, 'invalid_field'],
  },
  docsStyle: {
    method: 'GET',
    path: '/docs/docs.css',
    summary: 'The style of that page',
    scope: 'open',
    reply: file('text/css', 'A style sheet'),
    errors: [...doorErrors, 'invalid_field'],
  },
  docsScript: {
    method: 'GET',
    path: '/docs/docs.js',
    summary: 'The script of that page',
    scope: 'open',
    reply: file('text/javascript', 'A script'),
    errors: [...doorErrors, 'invalid_field'],
  },
} as const satisfies Record<string, Route>;
