/** Endpoints as curl commands, as documents show them. */
import type { Route } from '../routes/route.ts';

/** Where a server listens when nobody says otherwise; readers put their own in its place. */
const server = 'http://localhost:9090';

/** The command for a typical request to an endpoint. */
export function curlOf(route: Route): string {
  const { method, path, example, request } = route;
  const named = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'id' && route.names?.id === undefined ? '5e551000' : name.toUpperCase(),
  );
  if (route.form !== undefined) return `curl ${server}${named} -d ${quoted(example ?? '')}`;
  const url = quoted(`${server}${named}${example === undefined ? '' : `?${example}`}`);
  const [body] = (request?.schema as { examples?: unknown[] } | undefined)?.examples ?? [];
  const parts = [method === 'GET' ? `curl ${url}` : `curl -X ${method} ${url}`];
  if (body !== undefined && request?.type !== undefined) {
    parts.push(`--data-binary ${quoted(String(body))}`);
  } else if (body !== undefined) {
    parts.push(
      `-H 'Content-Type: application/json'`,
      `-d ${quoted(JSON.stringify(body, null, 2))}`,
    );
  }
  return parts.join(' \\\n  ');
}

/** A word of a shell command; plain ones stay as they are. */
function quoted(text: string): string {
  return /^[\w:/.,=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
