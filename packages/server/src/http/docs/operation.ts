/** One endpoint on the page of the API: what it takes, what it answers, and a request to copy or try. */
import {
  filterParams,
  type OpenapiDocument,
  type OpenapiOperation,
  type OpenapiParameter,
  type OpenapiRef,
  type OpenapiResponse,
} from '@tacho/protocol';
import { type Html, html, prose } from './html.ts';
import { schemaTree, typeOf } from './schema-tree.ts';

type Components = OpenapiDocument['components'];

/** An endpoint of the document. */
export interface Endpoint {
  /** Upper case. */
  method: string;
  path: string;
  operation: OpenapiOperation;
}

/** The section of an endpoint. */
export function operationSection(endpoint: Endpoint, components: Components): Html {
  const { method, path, operation } = endpoint;
  const { operationId, summary, description } = operation;
  return html`<section class="op" id="${operationId}" data-method="${method}" data-path="${path}">
<div class="about">
<h3><a href="#${operationId}">${methodLabel(method)} <code>${pathOf(path)}</code></a></h3>
<p class="summary">${prose(summary)}</p>
<p class="access">${scopeOf(operation)} ${prose(withoutAccess(description))}</p>
${parameters(operation, components)}
${bodies(operation, components)}
</div>
<div class="ask">${request(endpoint)}</div>
<div class="replies">${replies(operation, components)}</div>
</section>`;
}

/** The method as a word that the eye finds. */
export function methodLabel(method: string): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`;
}

/** A path whose names in braces stand out, and which breaks between its parts. */
export function pathOf(path: string): Html {
  const parts = path.split(/(?=\/)/).map((part) => {
    const isName = part.startsWith('/{');
    return html`<wbr>${isName ? html`/<var>${part.slice(1)}</var>` : part}`;
  });
  return html`${parts}`;
}

function scopeOf({ security, description }: OpenapiOperation): Html {
  const scope = security[0] === undefined ? 'open' : Object.values(security[0])[0]?.[0];
  return html`<span class="chip" title="${description}">${scope}</span>`;
}

/** The chip says who may ask; what the description says beyond that. */
function withoutAccess(description: string): string {
  return description.replace(/^[^.]*token[^.]*\. ?/, '');
}

function parameters(operation: OpenapiOperation, components: Components): Html | undefined {
  const all = operation.parameters.map((each) => found(each, components.parameters));
  if (all.length === 0) return undefined;
  const own = all.filter((each) => !isFilter(each));
  const filter = all.filter(isFilter);
  // A handful of them is not worth hiding.
  const isLong = filter.length > 8 && own.length > 1;
  const rows = (isLong ? own : all).map((each) => parameter(each, components));
  const rest = filter.map((each) => parameter(each, components));
  return html`<h4>Parameters</h4>
<table class="params"><tbody>${rows}</tbody></table>
${
  isLong &&
  html`<details class="filter"><summary><b>Which sessions</b> ${filter.length} parameters; all that are
given must hold</summary><table class="params"><tbody>${rest}</tbody></table></details>`
}`;
}

function found(each: OpenapiParameter | OpenapiRef, known: Components['parameters']) {
  if (!('$ref' in each)) return each;
  return known[each.$ref.slice(each.$ref.lastIndexOf('/') + 1)] as OpenapiParameter;
}

/** Whether it is one of the parameters that choose sessions, which many endpoints have. */
function isFilter({ name, description, required, in: place }: OpenapiParameter): boolean {
  const known = (filterParams as Record<string, { description: string }>)[name];
  return (
    place === 'query' &&
    !required &&
    known !== undefined &&
    description.startsWith(known.description)
  );
}

/** What the type of a parameter says already. */
const isPlain = /^(a whole number|a number|a text of|true or false)/;

function parameter(each: OpenapiParameter, { schemas }: Components): Html {
  const { name, schema, required, in: place } = each;
  const isMany = schema.type === 'array';
  const one = (isMany ? schema.items : schema) as { enum?: string[]; examples?: unknown[] };
  const [says = '', accepted] = each.description.split(/\. Accepted: /);
  const examples = (one.examples ?? []).map((text) => html` <code>${String(text)}</code>`);
  const preset = schema.default === undefined ? undefined : String(schema.default);
  const facts = [
    place !== 'query' && `in the ${place === 'header' ? 'head' : 'path'}`,
    required && place === 'query' && 'required',
    isMany && 'may be given several times',
  ].filter((fact) => fact !== false);
  return html`<tr data-name="${name}" data-in="${place}" data-words="${one.enum?.join(' ')}" data-preset="${preset}">
<th scope="row"><code>${name}</code><span class="type">${typeOf(one, schemas)}</span></th>
<td>${prose(says)}${!says.endsWith('.') && '.'}
${facts.length > 0 && html`<span class="fact">${facts.join(', ')}</span>`}
${one.enum !== undefined && html`<span class="words">${one.enum.map((word) => html`<code>${word}</code> `)}</span>`}
${one.enum === undefined && accepted !== undefined && !isPlain.test(accepted) && html`<span class="accepts">Accepted: ${accepted}</span>`}
${examples.length > 0 && html`<span class="accepts">For example${examples}</span>`}
${preset !== undefined && html`<span class="accepts">Without it: <code>${preset}</code></span>`}</td></tr>`;
}

function bodies({ requestBody }: OpenapiOperation, { schemas }: Components): Html | undefined {
  if (requestBody === undefined) return undefined;
  const types = Object.keys(requestBody.content).map((type) => html`<code>${type}</code> `);
  const { content } = requestBody;
  const { schema: json = {} } = content['application/json'] ?? Object.values(content)[0] ?? {};
  return html`<h4>Body <small>${types}${!requestBody.required && 'optional'}</small></h4>
${schemaTree(json, schemas)}`;
}

function replies({ responses }: OpenapiOperation, { schemas, responses: known }: Components): Html {
  // Replies of one form are shown once, with all their statuses.
  const good = new Map<string, { response: OpenapiResponse; cases: string[] }>();
  const bad: Html[] = [];
  const statuses: string[] = [];
  for (const [status, response] of Object.entries(responses)) {
    if (!('$ref' in response)) {
      const form = JSON.stringify(response.content);
      const known = good.get(form) ?? { response, cases: [] };
      known.cases.push(`${status}: ${response.description}`);
      good.set(form, known);
      continue;
    }
    const failure = known[response.$ref.slice(response.$ref.lastIndexOf('/') + 1)];
    statuses.push(status);
    bad.push(
      html`<tr><th scope="row">${status}</th><td>${prose(failure?.description ?? '')}</td></tr>`,
    );
  }
  // What usually comes stands first.
  const usual = ({ cases }: { cases: string[] }) => cases.some((each) => / Success/.test(each));
  const sorted = [...good.values()].sort((a, b) => Number(usual(b)) - Number(usual(a)));
  return html`${sorted.map((each) => reply(each.response, each.cases, schemas))}
<details class="errors"><summary><b>Errors</b> ${statuses.join(' ')}</summary>
<table><tbody>${bad}</tbody></table></details>`;
}

function reply(
  { content = {} }: OpenapiResponse,
  cases: readonly string[],
  schemas: Components['schemas'],
): Html {
  const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(content);
  const said = cases.join('. ').replace(': Success', '');
  return html`<h4>Reply <small><code>${type}</code> ${prose(said)}</small></h4>
${schemaTree(schema, schemas)}`;
}

function request({ method, operation }: Endpoint): Html {
  const [sample] = operation['x-codeSamples'];
  const isPage = operation.operationId.startsWith('docs');
  return html`<div class="request"><header><h4>Request</h4>
<button type="button" class="button" data-do="copy" hidden>Copy</button>
${method === 'GET' && !isPage && html`<button type="button" class="button" data-do="try" hidden>Try it</button>`}
</header><pre class="curl" tabindex="0">${sample?.source}</pre></div>`;
}
