/** Request bodies: collected within limits, expanded, and read as JSON or as lines of JSON. */

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import zlib from 'node:zlib';
import { type JsonValue, limits, parseJson, TachoError } from '@tacho/protocol';
import type { Items } from '../record/draft.ts';
import { expandSnappy } from './snappy.ts';

/** How large bodies may be, in bytes. */
export interface BodyLimits {
  bodyBytesMax: number;
  expandedBodyBytesMax: number;
}

/** Receives the body, or why there is none; undefined is an empty body. */
export type BodyTaker = (error: TachoError | null, bytes?: Buffer) => void;

/**
 * Collects a body and expands it by its Content-Encoding. Calls `take` once, unless the client goes
 * away first. A body that is refused is still read and thrown away, so that the client gets to see
 * the answer.
 */
export function takeBody(request: IncomingMessage, max: BodyLimits, take: BodyTaker): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined) collect(request, max.bodyBytesMax, take);
  else takeEncoded(request, encoding, max, take);
}

function takeEncoded(
  request: IncomingMessage,
  encoding: string,
  max: BodyLimits,
  take: BodyTaker,
): void {
  const expand = expanders.get(encoding.trim().toLowerCase());
  if (expand === undefined) {
    request.resume();
    take(unsupportedEncoding(encoding));
    return;
  }
  collect(request, max.bodyBytesMax, (error, bytes) => {
    if (error !== null || bytes === undefined) take(error);
    else {
      expand(bytes, max.expandedBodyBytesMax, (cause, expanded) => {
        if (cause === null) take(null, expanded);
        else take(expansionError(cause, encoding, max.expandedBodyBytesMax));
      });
    }
  });
}

/** The JSON value of a body. Throws `invalid_json`. */
export function parseBody(bytes: Buffer | undefined): JsonValue {
  if (bytes === undefined) {
    throw new TachoError('invalid_json', 'The body is empty; accepted: a JSON object');
  }
  return parseText(textOf(bytes));
}

/** The values of a body of lines, broken lines as errors; blank lines do not count. */
export function parseLines(bytes: Buffer | undefined): Items {
  if (bytes === undefined) return [];
  const items: (JsonValue | TachoError)[] = [];
  const text = textOf(bytes);
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(from, end).trim();
    from = end + 1;
    if (line === '') continue;
    // One more than allowed is enough to refuse the list.
    if (items.length > limits.batchItemsMax) break;
    items.push(parseLine(line));
  }
  return items;
}

/** One listener per event and no copy when the body comes in one piece, as small ones do. */
function collect(request: IncomingMessage, bytesMax: number, take: BodyTaker): void {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > bytesMax) {
    request.resume();
    take(bodyTooLarge(bytesMax));
    return;
  }
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  request.on('data', (piece: Buffer) => {
    size += piece.length;
    if (size > bytesMax) {
      if (size - piece.length <= bytesMax) take(bodyTooLarge(bytesMax));
      first = rest = undefined;
    } else if (first === undefined) first = piece;
    else {
      rest ??= [first];
      rest.push(piece);
    }
  });
  request.on('end', () => {
    if (size <= bytesMax) take(null, rest === undefined ? first : Buffer.concat(rest, size));
  });
}

type Expanded = (error: Error | null, bytes: Buffer) => void;
type Expander = (bytes: Buffer, bytesMax: number, done: Expanded) => void;

/** Node expands piece by piece off the main thread and stops at `maxOutputLength`. */
const expanders = new Map<string, Expander>([
  ['identity', (bytes, _max, done) => done(null, bytes)],
  ['gzip', (bytes, max, done) => zlib.gunzip(bytes, { maxOutputLength: max }, done)],
  ['x-gzip', (bytes, max, done) => zlib.gunzip(bytes, { maxOutputLength: max }, done)],
  ['deflate', inflate],
  ['br', (bytes, max, done) => zlib.brotliDecompress(bytes, { maxOutputLength: max }, done)],
]);

expanders.set('snappy', (bytes, max, done) => {
  let expanded: Buffer;
  try {
    expanded = expandSnappy(bytes, max);
  } catch (error) {
    done(error as Error, bytes);
    return;
  }
  done(null, expanded);
});

/** Zstandard is in Node from 22.15 on. */
const { zstdDecompress } = zlib as {
  zstdDecompress?: (bytes: Buffer, options: { maxOutputLength: number }, done: Expanded) => void;
};
if (zstdDecompress !== undefined) {
  expanders.set('zstd', (bytes, max, done) =>
    zstdDecompress(bytes, { maxOutputLength: max }, done),
  );
}

/** `deflate` is the zlib format (RFC 9110 8.4.1.2), yet some clients send it bare. */
function inflate(bytes: Buffer, max: number, done: Expanded): void {
  const hasHeader =
    bytes.length >= 2 && ((bytes[0] as number) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
  (hasHeader ? zlib.inflate : zlib.inflateRaw)(bytes, { maxOutputLength: max }, done);
}

/** A replacement character may have been sent as such; only then the bytes are looked at again. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (text.includes('\uFFFD') && !isUtf8(bytes)) {
    throw new TachoError('invalid_json', 'The body is not UTF-8, which JSON must be');
  }
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function parseText(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    throw invalidJson(error);
  }
}

function parseLine(line: string): JsonValue | TachoError {
  try {
    return parseJson(line);
  } catch (error) {
    return invalidJson(error);
  }
}

function invalidJson(error: unknown): TachoError {
  // The lenient reader recurses; what exhausts its stack is nested beyond all limits.
  const problem = error instanceof SyntaxError ? error.message : 'it is nested too deeply';
  return new TachoError('invalid_json', `The body is not JSON: ${problem}`);
}

function bodyTooLarge(bytesMax: number): TachoError {
  return new TachoError('body_too_large', `The body is larger than ${bytesMax} bytes`);
}

function unsupportedEncoding(encoding: string): TachoError {
  const accepted = [...expanders.keys()].join(', ');
  return new TachoError(
    'unsupported_encoding',
    `Content-Encoding ${JSON.stringify(encoding.slice(0, 60))} is not read; accepted: one of ${accepted}`,
  );
}

function expansionError(cause: Error, encoding: string, bytesMax: number): TachoError {
  if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
    return new TachoError(
      'expanded_body_too_large',
      `The body expands to more than ${bytesMax} bytes`,
    );
  }
  return new TachoError('invalid_body', `The body is not valid ${encoding}: ${cause.message}`);
}
