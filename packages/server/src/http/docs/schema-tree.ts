/** Schemas as trees to read: one line per field, what is inside a field opens below it. */
import type { JsonSchema, OpenapiDocument } from '@tacho/protocol';
import { type Html, html, prose } from './html.ts';

type Schemas = OpenapiDocument['components']['schemas'];

/** Deeper than this, fields start closed. */
const openDepth = 1;

/** The fields of a schema, or the one line of a schema without fields. */
export function schemaTree(schema: JsonSchema, schemas: Schemas): Html {
  const inner = insideOf(schema, { schemas, depth: 0, within: [] });
  const { description } = resolved(schema, schemas);
  const head = html`<p class="form"><span class="type">${typeOf(schema, schemas)}</span>${
    typeof description === 'string' && html` ${prose(description)}`
  }</p>`;
  return html`<div class="tree">${head}${inner}</div>`;
}

/** What a value looks like, in a few words. */
export function typeOf(schema: JsonSchema, schemas: Schemas): string {
  const { $ref, anyOf, type, items } = schema;
  if (typeof $ref === 'string') {
    const inner = resolved(schema, schemas);
    return inner.type === 'object' || inner.anyOf !== undefined
      ? nameOf($ref)
      : typeOf(inner, schemas);
  }
  if (Array.isArray(anyOf)) {
    return [...new Set(anyOf.map((each: JsonSchema) => typeOf(each, schemas)))].join(' or ');
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (type === 'array') {
    const item = isSchema(items) ? typeOf(items, schemas) : undefined;
    if (item === undefined) return 'array';
    return item.includes(' or ') ? `array of (${item})` : `array of ${item}`;
  }
  if (type === undefined) return schema.enum === undefined ? 'anything' : 'string';
  const bounds = boundsOf(schema);
  const format = typeof schema.format === 'string' ? schema.format : undefined;
  return [String(type), bounds, format].filter((part) => part !== undefined).join(' ');
}

interface Place {
  schemas: Schemas;
  depth: number;
  /** Names of the schemas around; one inside itself is not opened again. */
  within: readonly string[];
}

/** The fields inside a schema; undefined when it has none. */
function insideOf(schema: JsonSchema, place: Place): Html | undefined {
  const { $ref, anyOf, items, properties, additionalProperties } = schema;
  if (typeof $ref === 'string') {
    if (place.within.includes($ref)) return undefined;
    const within = [...place.within, $ref];
    return insideOf(resolved(schema, place.schemas), { ...place, within });
  }
  if (Array.isArray(anyOf)) return choices(anyOf, place);
  if (isSchema(items)) return insideOf(items, place);
  if (isSchema(additionalProperties)) {
    const inner = { ...place, depth: place.depth + 1 };
    return html`<ul>${field('any key', additionalProperties, true, inner)}</ul>`;
  }
  const fields = Object.entries((properties ?? {}) as Schemas);
  if (fields.length === 0) return undefined;
  const required = new Set(Array.isArray(schema.required) ? (schema.required as string[]) : []);
  const inner = { ...place, depth: place.depth + 1 };
  const rows = fields.map(([name, each]) => field(name, each, required.has(name), inner));
  return html`<ul>${rows}</ul>`;
}

function field(name: string, schema: JsonSchema, isRequired: boolean, place: Place): Html {
  const { schemas, depth } = place;
  const description = descriptionOf(schema, schemas);
  const words = wordsOf(resolved(schema, schemas));
  const line = html`<span class="name">${name}</span>
    <span class="type">${typeOf(schema, schemas)}</span>${!isRequired && html` <em>optional</em>`}
    ${typeof description === 'string' && html`<span class="says">${prose(description)}</span>`}
    ${words !== undefined && html`<span class="words">${words}</span>`}`;
  const inner = insideOf(schema, place);
  if (inner === undefined) return html`<li><div class="field">${line}</div></li>`;
  const open = depth < openDepth ? html` open` : undefined;
  return html`<li><details${open}><summary class="field">${line}</summary>${inner}</details></li>`;
}

/** What is said of a schema, or else of the one form of it that says something. */
function descriptionOf(schema: JsonSchema, schemas: Schemas): unknown {
  const { description, anyOf } = resolved(schema, schemas);
  if (schema.description !== undefined || description !== undefined) {
    return schema.description ?? description;
  }
  const said = (Array.isArray(anyOf) ? anyOf : []).map((each: JsonSchema) =>
    descriptionOf(each, schemas),
  );
  const distinct = new Set(said.filter((each) => each !== undefined));
  return distinct.size === 1 ? [...distinct][0] : undefined;
}

/** Forms of which one is meant: shown in turn when several have fields. */
function choices(forms: readonly JsonSchema[], place: Place): Html | undefined {
  const shown = forms.flatMap((form) => {
    const inner = insideOf(form, place);
    return inner === undefined ? [] : [{ form, inner }];
  });
  if (shown.length <= 1) return shown[0]?.inner;
  const distinct = new Map(shown.map((each) => [each.inner.text, each]));
  if (distinct.size === 1) return shown[0]?.inner;
  const parts = [...distinct.values()].map(
    ({ form, inner }) => html`<li><details><summary class="field">
      <span class="name choice">${labelOf(form, place.schemas)}</span></summary>${inner}</details></li>`,
  );
  return html`<ul>${parts}</ul>`;
}

/** What tells one form from the others: its fixed field, its name, or what it is. */
function labelOf(form: JsonSchema, schemas: Schemas): string {
  const schema = resolved(form, schemas);
  for (const [name, each] of Object.entries((schema.properties ?? {}) as Schemas)) {
    if (typeof each.const === 'string') return `${name} ${JSON.stringify(each.const)}`;
  }
  const { title, description } = schema;
  return String(title ?? description ?? typeOf(form, schemas));
}

function wordsOf(schema: JsonSchema): Html[] | undefined {
  const words = schema.enum;
  if (!Array.isArray(words)) return undefined;
  return words.map((word) => html`<code>${word === '' ? '""' : String(word)}</code> `);
}

function boundsOf({ minimum, maximum, minLength, maxLength }: JsonSchema): string | undefined {
  if (minimum !== undefined && maximum !== undefined && Number(maximum) < 2 ** 53 - 1) {
    return `${minimum} … ${maximum}`;
  }
  if (minimum !== undefined) return `≥ ${minimum}`;
  if (maximum !== undefined) return `≤ ${maximum}`;
  if (maxLength === undefined) return undefined;
  return minLength === maxLength ? `of ${maxLength}` : `up to ${maxLength}`;
}

function resolved(schema: JsonSchema, schemas: Schemas): JsonSchema {
  return typeof schema.$ref === 'string' ? (schemas[nameOf(schema.$ref)] ?? {}) : schema;
}

function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
