/** Bodies that programs send to the agent: collected within limits, expanded, and read as JSON. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { gunzip } from 'node:zlib';
import { type JsonValue, limits, parseJson, TachoError } from '@tacho/protocol';

/** A body that was read. */
export interface Body {
  value: JsonValue;
  /** Its JSON text in UTF-8. */
  bytes: Buffer;
}

/**
 * The JSON value of a body; NaN and the infinities, which Python writes as bare words, are strings
 * in it.
 * @throws TachoError (`unsupported_media_type`, `unsupported_encoding`, `body_too_large`,
 * `expanded_body_too_large`, `invalid_body`, `invalid_json`), or the error of a broken connection
 */
export async function readBody(request: IncomingMessage): Promise<Body> {
  checkMediaType(request.headers['content-type']);
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw new TachoError(
      'unsupported_encoding',
      `Content-Encoding ${JSON.stringify(encoding.slice(0, 60))} is not read; accepted: gzip`,
    );
  }
  const sent = await collect(request);
  const bytes = encoding === 'identity' ? sent : await expand(sent);
  return { value: parseText(bytes), bytes };
}

/** Anything but JSON is refused: forms of web pages can send everything else without asking. */
function checkMediaType(type: string | undefined): void {
  if (type === undefined || /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type.trim())) return;
  throw new TachoError(
    'unsupported_media_type',
    `Content-Type ${JSON.stringify(type.slice(0, 60))} is not read; accepted: application/json`,
  );
}

/** A body that is refused is still read and thrown away, so that its sender gets to see the answer. */
function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const max = limits.bodyBytesMax;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size <= max) pieces.push(piece);
      else if (pieces.length > 0) pieces.length = 0;
    });
    request.on('end', () => {
      if (size <= max) resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces));
      else reject(new TachoError('body_too_large', `The body is larger than ${max} bytes`));
    });
    request.on('error', reject);
    // A sender that goes away in the middle ends without `end`.
    request.on('close', () => reject(new Error('the sender went away')));
  });
}

function expand(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const maxOutputLength = limits.expandedBodyBytesMax;
    gunzip(bytes, { maxOutputLength }, (error, expanded) => {
      if (error === null) resolve(expanded);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        const details = `The body expands to more than ${maxOutputLength} bytes`;
        reject(new TachoError('expanded_body_too_large', details));
      } else reject(new TachoError('invalid_body', `The body is not gzip: ${error.message}`));
    });
  });
}

function parseText(bytes: Buffer): JsonValue {
  const text = bytes.toString('utf8');
  if (text.includes('\uFFFD') && !isUtf8(bytes)) {
    throw new TachoError('invalid_json', 'The body is not UTF-8, which JSON must be');
  }
  try {
    return parseJson(text);
  } catch (error) {
    const problem = error instanceof SyntaxError ? error.message : 'it is nested too deeply';
    throw new TachoError('invalid_json', `The body is not JSON: ${problem}`);
  }
}
