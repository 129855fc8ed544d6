/** The HTTP API as an OpenAPI 3.1 document, made from the table of endpoints. */
import type { TSchema } from 'typebox';
import { type ErrorCode, errorTable } from './errors.ts';
import { limits } from './limits.ts';
import { curlOf } from './openapi/curl.ts';
import { type JsonSchema, SchemaBook } from './openapi/schemas.ts';
import type { Param, Params } from './params.ts';
import { type Route, type RouteGroup, type RouteReply, routeGroups } from './routes.ts';
import { errorReply } from './schema/reply.ts';

export type { JsonSchema } from './openapi/schemas.ts';

/** A parameter of an operation. */
export interface OpenapiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description: string;
  schema: JsonSchema;
  style?: 'form';
  explode?: true;
}

/** A body by its media type. */
export type OpenapiContent = Record<string, { schema: JsonSchema; examples?: unknown }>;

/** A reply of an operation. */
export interface OpenapiResponse {
  description: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
  content?: OpenapiContent;
}

/** What stands once in the document and is referred to. */
export interface OpenapiRef {
  $ref: string;
}

/** An endpoint. */
export interface OpenapiOperation {
  operationId: string;
  summary: string;
  description: string;
  tags: [string];
  security: Record<string, string[]>[];
  parameters: (OpenapiParameter | OpenapiRef)[];
  requestBody?: { required: boolean; content: OpenapiContent };
  responses: Record<string, OpenapiResponse | OpenapiRef>;
  /** A request as commands; many viewers show it. */
  'x-codeSamples': { lang: string; label: string; source: string }[];
}

/** The document. */
export interface OpenapiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string; license: { name: string } };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, OpenapiOperation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    parameters: Record<string, OpenapiParameter>;
    responses: Record<string, OpenapiResponse>;
    securitySchemes: Record<string, object>;
  };
}

/** Makes the document for a version of the server. The table of Tacho's own endpoints is the default. */
export function openapiDocument(
  version: string,
  groups: readonly RouteGroup[] = routeGroups,
): OpenapiDocument {
  const maker = new Maker();
  const paths: OpenapiDocument['paths'] = {};
  for (const group of groups) {
    for (const [name, route] of Object.entries(group.routes)) {
      paths[route.path] ??= {};
      const operations = paths[route.path] as Record<string, OpenapiOperation>;
      operations[route.method.toLowerCase()] = maker.operation(name, route, group.title);
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tacho', version, description: about, license: { name: 'MIT' } },
    servers: [{ url: '/' }],
    tags: groups.map(({ title, about }) => ({ name: title, description: about })),
    paths,
    components: {
      schemas: maker.book.schemas,
      parameters: maker.parameters,
      responses: maker.responses,
      securitySchemes: { token: tokenScheme, cookie: cookieScheme },
    },
  };
}

const about =
  'The flight recorder for application runs. Times are RFC 3339 or milliseconds since 1970 in, RFC 3339 ' +
  'in UTC out. NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity". Where GET is ' +
  'taken, HEAD is as well. A parameter that an endpoint does not have is refused.';

const tokenScheme = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A token with the scope that is named, or with `admin`. A server without any token asks for none and ' +
    'listens on this machine only.',
};

const cookieScheme = {
  type: 'apiKey',
  in: 'cookie',
  name: 'tacho_token',
  description:
    'The same token in the cookie that `POST /api/login` sets, for pages of the server itself',
};

/** Makes operations, and keeps what several of them share. */
class Maker {
  readonly book = new SchemaBook();
  readonly parameters: Record<string, OpenapiParameter> = {};
  readonly responses: Record<string, OpenapiResponse> = {};

  operation(name: string, route: Route, tag: string): OpenapiOperation {
    const { summary, scope, request } = route;
    const made: OpenapiOperation = {
      operationId: name,
      summary,
      description: descriptionOf(route),
      tags: [tag],
      security: scope === 'open' ? [] : [{ token: [scope] }, { cookie: [scope] }],
      parameters: this.#parametersOf(route),
      responses: this.#responsesOf(route),
      'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: curlOf(route) }],
    };
    if (route.form !== undefined) return { ...made, requestBody: this.#formOf(route.form) };
    if (request === undefined) return made;
    const schema = this.book.add(request.schema);
    if (request.type !== undefined) {
      const content: OpenapiContent = { [request.type]: { schema } };
      return { ...made, requestBody: { required: !request.optional, content } };
    }
    const json = request.many ? { anyOf: [schema, { type: 'array', items: schema }] } : schema;
    const content: OpenapiContent = { 'application/json': { schema: json } };
    if (request.many) content['application/x-ndjson'] = { schema: linesSchema };
    return { ...made, requestBody: { required: !request.optional, content } };
  }

  #formOf(form: Params): NonNullable<OpenapiOperation['requestBody']> {
    const all = Object.entries(form as Readonly<Record<string, Param<unknown>>>).map(
      ([name, param]) => [name, queryParameter(name, param, this.book)] as const,
    );
    const schema: JsonSchema = {
      type: 'object',
      properties: Object.fromEntries(
        all.map(([name, { schema, description }]) => [name, { ...schema, description }]),
      ),
      required: all.filter(([, { required }]) => required).map(([name]) => name),
    };
    return { required: false, content: { 'application/x-www-form-urlencoded': { schema } } };
  }

  #parametersOf(route: Route): OpenapiOperation['parameters'] {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
      pathParameter(name, route.names?.[name]),
    );
    const inQuery = Object.entries(route.query ?? {}).map(([name, param]) =>
      queryParameter(name, param as Param<unknown>, this.book),
    );
    const inHead = route.errors.includes('idempotency_conflict') ? [idempotencyKey] : [];
    return [...inPath, ...inQuery, ...inHead].map((made) => this.#shared(made));
  }

  /** A reference to a parameter; itself when another one has taken its name. */
  #shared(made: OpenapiParameter): OpenapiParameter | OpenapiRef {
    const key = `${made.in}.${made.name}`;
    // Names of components take few characters, and `match[]` has others.
    if (!/^[\w.-]+$/.test(key)) return made;
    this.parameters[key] ??= made;
    const isSame = JSON.stringify(this.parameters[key]) === JSON.stringify(made);
    return isSame ? { $ref: `#/components/parameters/${key}` } : made;
  }

  #responsesOf(route: Route): OpenapiOperation['responses'] {
    const { reply, manyReply, otherReplies = [], errors, errorSchema } = route;
    const made: Record<string, OpenapiResponse> = {};
    const add = (status: number | string, response: OpenapiResponse): void => {
      const other = made[status];
      made[status] = other === undefined ? response : either(other, response);
    };
    add(reply.status, this.#success(reply, 'Success'));
    if (manyReply !== undefined) add(manyReply.status, this.#success(manyReply, manyWhen));
    for (const { when, ...other } of otherReplies) add(other.status, this.#success(other, when));
    const shared: Record<string, OpenapiRef> = {};
    for (const [status, codes] of Object.entries(byStatus(errors))) {
      if (errorSchema !== undefined) {
        add(status, this.#foreignFailure(status, codes, errorSchema));
        continue;
      }
      const ref = this.#failure(status, codes);
      if (made[status] === undefined) shared[status] = ref;
      else add(status, this.responses[codes.join('.')] as OpenapiResponse);
    }
    return { ...made, ...shared };
  }

  #success(reply: RouteReply, description: string): OpenapiResponse {
    if (reply.status === 204) return { description };
    const type = reply.type ?? 'application/json';
    return { description, content: { [type]: { schema: this.book.add(reply.schema) } } };
  }

  #failure(status: string, codes: ErrorCode[]): OpenapiRef {
    const key = codes.join('.');
    const schema = { ...this.book.add(errorReply), properties: { code: { enum: codes } } };
    this.responses[key] ??= failure(status, codes, schema);
    return { $ref: `#/components/responses/${key}` };
  }

  #foreignFailure(status: string, codes: ErrorCode[], schema: TSchema): OpenapiResponse {
    return failure(status, codes, this.book.add(schema));
  }
}

function failure(status: string, codes: ErrorCode[], schema: JsonSchema): OpenapiResponse {
  return {
    description: codes.map((code) => `\`${code}\`: ${errorTable[code].error}`).join('; '),
    ...(mayRetry.has(status) ? { headers: { 'Retry-After': retryAfter } } : {}),
    content: { 'application/json': { schema } },
  };
}

const manyWhen = 'Success of an array or of lines';

/** One response for two cases that share a status. */
function either(a: OpenapiResponse, b: OpenapiResponse): OpenapiResponse {
  const content = { ...a.content };
  for (const [type, { schema }] of Object.entries(b.content ?? {})) {
    const forms = [...formsOf(content[type]?.schema), schema];
    const distinct = [...new Map(forms.map((form) => [JSON.stringify(form), form])).values()];
    content[type] = { schema: distinct.length === 1 ? schema : { anyOf: distinct } };
  }
  const headers = { ...a.headers, ...b.headers };
  const made = { description: `${a.description}; or ${b.description}`, content };
  return Object.keys(headers).length === 0 ? made : { ...made, headers };
}

function formsOf(schema: JsonSchema | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  return Array.isArray(schema.anyOf) && Object.keys(schema).length === 1 ? schema.anyOf : [schema];
}

function descriptionOf({ scope, reply }: Route): string {
  const access =
    scope === 'open'
      ? 'Never asks for a token.'
      : `Needs a token with the scope \`${scope}\`, once the server has tokens.`;
  const size = reply.streamed
    ? ' The reply is sent piece by piece and may be larger than memory.'
    : '';
  return access + size;
}

function pathParameter(name: string, meaning: string | undefined): OpenapiParameter {
  const isSession = name === 'id' && meaning === undefined;
  const schema = isSession
    ? { type: 'string', minLength: limits.idPrefixMin, maxLength: 36, examples: ['5e551000'] }
    : { type: 'string', minLength: 1 };
  const description =
    meaning ?? `Id of the session, or the first ${limits.idPrefixMin} or more characters of it`;
  return { name, in: 'path', required: true, description, schema };
}

function queryParameter(name: string, param: Param<unknown>, book: SchemaBook): OpenapiParameter {
  const one = book.add(param.schema);
  const made: OpenapiParameter = {
    name,
    in: 'query',
    required: param.required ?? false,
    description: `${param.description}. Accepted: ${param.accepted}.`,
    schema: param.presetText === undefined ? one : { ...one, default: presetOf(param) },
  };
  if (!param.many) return made;
  const schema = { type: 'array', items: one, maxItems: limits.paramValuesMax };
  return { ...made, schema, style: 'form', explode: true };
}

/** The preset as its schema has it. */
function presetOf({ schema, presetText = '' }: Param<unknown>): unknown {
  const { type } = schema as JsonSchema;
  return type === 'integer' || type === 'number' || type === 'boolean'
    ? (JSON.parse(presetText) as unknown)
    : presetText;
}

const idempotencyKey: OpenapiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A text for this request only; when it is sent again with it, nothing happens twice',
  schema: { type: 'string', minLength: 1, maxLength: limits.idempotencyKeyLengthMax },
};

const linesSchema = {
  type: 'string',
  description: 'One object per line, each as it would be sent alone',
};

const mayRetry = new Set(['429', '503', '507']);

const retryAfter = {
  description: 'Seconds to wait before the same request may succeed',
  schema: { type: 'integer', minimum: 1 },
};

function byStatus(codes: readonly ErrorCode[]): Record<string, ErrorCode[]> {
  const groups: Record<string, ErrorCode[]> = {};
  for (const code of new Set(codes)) {
    const { status } = errorTable[code];
    groups[status] ??= [];
    (groups[status] as ErrorCode[]).push(code);
  }
  return groups;
}
