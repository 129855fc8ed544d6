/** Which form a request body claims to have. */

/** `none`: no content type; `other`: one that we do not read. */
export type MediaType = 'json' | 'ndjson' | 'protobuf' | 'none' | 'other';

/**
 * The media type of a Content-Type header. Only types that a web page cannot send without asking
 * first count as readable: that is what keeps forms of other sites out.
 */
export function mediaTypeOf(header: string | undefined): MediaType {
  if (header === 'application/json') return 'json';
  if (header === undefined || header === '') return 'none';
  const [type = '', ...parameters] = header.split(';');
  if (!parameters.every(isUnderstood)) return 'other';
  return known.get(type.trim().toLowerCase()) ?? 'other';
}

const known = new Map<string, MediaType>([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/x-protobuf', 'protobuf'],
]);

/** JSON is UTF-8; another charset would be read wrongly. Other parameters mean nothing to us. */
function isUnderstood(parameter: string): boolean {
  const match = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter);
  return match === null || /^(utf-?8|us-ascii)$/i.test(match[1] as string);
}
