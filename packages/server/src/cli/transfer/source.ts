/** What is imported: a file or stdin as text, expanded when it is gzip, and how much of it was read. */
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { explain } from '../../failure.ts';
import { CommandError } from '../exit.ts';

/** An open file or stdin. */
export interface Source {
  /** Its text in pieces of any length. */
  text: AsyncIterable<string>;
  /** Bytes read so far, as they are stored. */
  bytesRead(): number;
  /** All of them; undefined when that cannot be known. */
  bytesTotal: number | undefined;
}

/** Opens a file, or stdin for `-`. Rejects with Failure when it cannot be read. */
export async function openSource(file: string): Promise<Source> {
  const isStdin = file === '-';
  const bytesTotal = isStdin
    ? undefined
    : explain(`cannot read ${file}`, () => statSync(file).size);
  const raw = isStdin ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
  let read = 0;
  const count = (bytes: number): void => {
    read += bytes;
  };
  return { text: textOf(counted(raw, count), file), bytesRead: () => read, bytesTotal };
}

async function* counted(
  raw: Readable,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer, undefined> {
  for await (const piece of raw as AsyncIterable<Buffer>) {
    count(piece.length);
    yield piece;
  }
}

async function* textOf(bytes: AsyncGenerator<Buffer>, file: string): AsyncGenerator<string> {
  const first = await bytes.next();
  if (first.done) return;
  const whole = chain(first.value, bytes);
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of isGzip ? expanded(whole) : whole) {
      yield decoder.decode(piece, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new CommandError('failed', `${file} is not UTF-8 text`);
    }
    if (code?.startsWith('Z_')) throw new CommandError('failed', `${file} is damaged gzip`);
    throw error;
  }
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Gzip files may be several in a row, as appending to one makes them. */
async function* expanded(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(bytes, { objectMode: false });
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
}
