/** Schemas as OpenAPI 3.1 has them: JSON Schema 2020-12, with those that have a title kept once. */
import type { TSchema } from 'typebox';

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Collects the schemas that have a title, so that documents show each of them once. */
export class SchemaBook {
  /** By title; in the order in which they were first met. */
  readonly schemas: Record<string, JsonSchema> = {};
  readonly #texts = new Map<string, string>();

  /**
   * The schema as it stands in the document: a reference when it has a title, itself otherwise.
   * Throws when two different schemas share a title.
   */
  add(schema: TSchema): JsonSchema {
    return this.#convert(JSON.parse(JSON.stringify(schema)) as JsonSchema);
  }

  #convert(schema: JsonSchema): JsonSchema {
    const { title } = schema;
    if (typeof title !== 'string') return this.#plain(schema);
    const text = JSON.stringify(schema);
    const known = this.#texts.get(title);
    if (known !== undefined && known !== text) throw new Error(`two schemas are called ${title}`);
    if (known === undefined) {
      this.#texts.set(title, text);
      // Set first, so that the order is that of meeting, not of finishing.
      this.schemas[title] = {};
      this.schemas[title] = this.#plain(schema);
    }
    return { $ref: `#/components/schemas/${title}` };
  }

  /** The schema with its inner schemas converted, in the keywords of 2020-12. */
  #plain(schema: JsonSchema): JsonSchema {
    const words = wordsOf(schema);
    if (words !== undefined) return words;
    const made: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === 'properties') made[keyword] = this.#each(value as Schemas);
      else if (keyword === 'patternProperties') this.#addRecord(made, value as Schemas);
      else if (keyword === 'items' && Array.isArray(value)) {
        made.prefixItems = value.map((item: JsonSchema) => this.#convert(item));
        made.items = false;
      } else if (keyword === 'anyOf' || keyword === 'allOf' || keyword === 'oneOf') {
        made[keyword] = (value as JsonSchema[]).map((item) => this.#convert(item));
      } else if (innerKeywords.has(keyword) && typeof value === 'object') {
        made[keyword] = this.#convert(value as JsonSchema);
      } else if (keyword !== 'additionalItems') made[keyword] = value;
    }
    return made;
  }

  #each(schemas: Schemas): Schemas {
    const entries = Object.entries(schemas).map(([name, schema]) => [name, this.#convert(schema)]);
    return Object.fromEntries(entries) as Schemas;
  }

  /** A record whose keys are any text is an object with further properties. */
  #addRecord(made: Record<string, unknown>, patterns: Schemas): void {
    const [[pattern, schema] = ['', {}], ...more] = Object.entries(patterns);
    if (more.length > 0 || pattern !== '^.*$') made.patternProperties = this.#each(patterns);
    else made.additionalProperties = this.#convert(schema as JsonSchema);
  }
}

type Schemas = Readonly<Record<string, JsonSchema>>;

const innerKeywords = new Set(['items', 'additionalProperties', 'not', 'contains']);

/** A choice of texts as `enum`; undefined for everything else. */
function wordsOf(schema: JsonSchema): JsonSchema | undefined {
  const { anyOf, ...rest } = schema;
  if (Array.isArray(anyOf) && anyOf.length > 1 && anyOf.every(isWord)) {
    return { type: 'string', enum: anyOf.map((word) => word.const), ...rest };
  }
  if (!Array.isArray(schema.enum) || schema.type !== undefined) return undefined;
  return schema.enum.every((word) => typeof word === 'string')
    ? { type: 'string', ...schema }
    : undefined;
}

function isWord(schema: JsonSchema): boolean {
  return typeof schema.const === 'string' && schema.description === undefined;
}
