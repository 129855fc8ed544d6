/** The OpenAPI document: valid, whole, and with nothing in it that it does not allow itself. */
import { Validator } from '@seriousme/openapi-schema-validator';
import Type from 'typebox';
import Schema from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import { errorTable } from './errors.ts';
import { type JsonSchema, SchemaBook } from './openapi/schemas.ts';
import { type OpenapiOperation, type OpenapiParameter, openapiDocument } from './openapi.ts';
import type { Param } from './params.ts';
import { type Route, routes } from './routes.ts';

const document = openapiDocument('0.1.0');
const { components } = document;

/** Each operation with its path and method. */
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

const table = Object.entries<Route>(routes);

function parametersOf({ parameters }: OpenapiOperation): OpenapiParameter[] {
  return parameters.map((parameter) =>
    '$ref' in parameter ? (at(parameter.$ref) as OpenapiParameter) : parameter,
  );
}

/** What a reference leads to. */
function at(ref: string): unknown {
  const keys = ref.replace(/^#\//, '').split('/');
  return keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], document);
}

/** Every object in the document, with the way to it. */
function* objectsIn(value: unknown, way = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [way, value as Record<string, unknown>];
  for (const [key, inner] of Object.entries(value)) yield* objectsIn(inner, `${way}/${key}`);
}

describe('the OpenAPI document', () => {
  it('is valid by the schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document) as never);
    expect(result.errors ?? []).toEqual([]);
    expect([result.valid, validator.version]).toEqual([true, '3.1']);
  });

  it('has every endpoint of the table, and no other', () => {
    const shown = operations.map(({ path, method, operation }) => [
      operation.operationId,
      `${method.toUpperCase()} ${path}`,
    ]);
    const wanted = table.map(([name, { method, path }]) => [name, `${method} ${path}`]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(wanted));
    expect(shown).toHaveLength(wanted.length);
  });

  it.each(table)('%s: has the parameters of the table with their presets', (name, route) => {
    const { operation } = operations.find((each) => each.operation.operationId === name)!;
    const shown = parametersOf(operation).filter((parameter) => parameter.in === 'query');
    const wanted = Object.entries<Param<unknown>>(route.query ?? {});
    expect(shown.map((parameter) => parameter.name)).toEqual(wanted.map(([each]) => each));
    for (const [i, [, param]] of wanted.entries()) {
      const { schema, description, required } = shown[i]!;
      expect(description).toContain(param.description);
      expect(required).toBe(param.required ?? false);
      const preset = 'default' in schema ? String(schema.default) : undefined;
      expect(preset).toBe(param.presetText);
      expect(Schema.Check(schema, schema.default) || preset === undefined).toBe(true);
    }
  });

  it.each(table)('%s: says what each name in its path stands for', (name, route) => {
    const { operation } = operations.find((each) => each.operation.operationId === name)!;
    const shown = parametersOf(operation).filter((parameter) => parameter.in === 'path');
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, each]) => each);
    expect(shown.map((parameter) => parameter.name)).toEqual(names);
    for (const each of Object.keys(route.names ?? {})) expect(names).toContain(each);
    const isSession = /^\/api\/sessions\/\{id\}/.test(route.path);
    if (!isSession) expect(Object.keys(route.names ?? {})).toEqual(names);
  });

  it.each(table)(
    '%s: shows each of its errors with status and code, and its scope',
    (name, route) => {
      const { operation } = operations.find((each) => each.operation.operationId === name)!;
      for (const code of route.errors) {
        const response = operation.responses[errorTable[code].status]!;
        const text = JSON.stringify('$ref' in response ? at(response.$ref) : response);
        expect(text).toContain(`\`${code}\``);
        const { title = 'Error' } = (route.errorSchema ?? {}) as { title?: string };
        expect(text).toContain(`#/components/schemas/${title}`);
      }
      const { scope } = route;
      expect(operation.security).toEqual(
        scope === 'open' ? [] : [{ token: [scope] }, { cookie: [scope] }],
      );
    },
  );

  it('describes every parameter and every schema that has a name', () => {
    for (const { path, operation } of operations) {
      for (const parameter of parametersOf(operation)) {
        expect(parameter.description, `${path} ${parameter.name}`).toMatch(/^\S.{5,}/);
      }
    }
    for (const [name, schema] of Object.entries(components.schemas)) {
      expect(schema.description, name).toMatch(/^\S.{5,}/);
    }
  });

  it('refers only to what is in it', () => {
    for (const [way, object] of objectsIn(document)) {
      if (typeof object.$ref === 'string') expect(at(object.$ref), way).toBeTypeOf('object');
    }
  });

  it('gives only examples that their own schemas allow', () => {
    let count = 0;
    for (const [way, schema] of objectsIn(document)) {
      if (!Array.isArray(schema.examples)) continue;
      for (const example of schema.examples as unknown[]) {
        const [ok, errors] = Schema.Errors({ ...schema, components } as JsonSchema, example);
        expect([ok, errors], `${way}: ${JSON.stringify(example)}`).toEqual([true, []]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(5);
  });

  it('has an example of every body that must be sent', () => {
    for (const { path, operation } of operations) {
      if (operation.requestBody?.required !== true) continue;
      const text = JSON.stringify(operation.requestBody.content['application/json']);
      const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => at(ref!));
      expect(`${text}${JSON.stringify(refs)}`.includes('"examples"'), path).toBe(true);
    }
  });
});

describe('a book of schemas', () => {
  it('keeps a schema with a title once, wherever it stands', () => {
    const book = new SchemaBook();
    const inner = Type.Object({ a: Type.Number() }, { title: 'Inner' });
    const outer = Type.Object({ one: inner, more: Type.Optional(Type.Array(inner)) });
    const ref = { $ref: '#/components/schemas/Inner' };
    expect(book.add(outer).properties).toEqual({ one: ref, more: { type: 'array', items: ref } });
    expect(Object.keys(book.schemas)).toEqual(['Inner']);
  });

  it('refuses two schemas of one title', () => {
    const book = new SchemaBook();
    book.add(Type.Number({ title: 'X' }));
    expect(() => book.add(Type.String({ title: 'X' }))).toThrow('two schemas are called X');
  });

  it('says in the words of JSON Schema 2020-12 what TypeBox says in older ones', () => {
    const book = new SchemaBook();
    expect(book.add(Type.Tuple([Type.Number(), Type.Null()]))).toEqual({
      type: 'array',
      prefixItems: [{ type: 'number' }, { type: 'null' }],
      items: false,
      minItems: 2,
    });
    expect(book.add(Type.Record(Type.String(), Type.Number()))).toEqual({
      type: 'object',
      additionalProperties: { type: 'number' },
    });
    expect(book.add(Type.Union([Type.Literal('a'), Type.Literal('b')]))).toEqual({
      type: 'string',
      enum: ['a', 'b'],
    });
    expect(book.add(Type.Enum(['a', 'b']))).toEqual({ type: 'string', enum: ['a', 'b'] });
  });

  it('leaves fields alone that are called like keywords', () => {
    const book = new SchemaBook();
    const fields = Type.Object({ title: Type.String(), items: Type.Array(Type.Number()) });
    expect(book.add(fields).properties).toEqual({
      title: { type: 'string' },
      items: { type: 'array', items: { type: 'number' } },
    });
    expect(book.schemas).toEqual({});
  });
});
