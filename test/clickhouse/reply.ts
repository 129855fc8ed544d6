/** Answers as ClickHouse's HTTP interface gives them: headers, figures, compression, errors early and late. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGzip, type Gzip } from 'node:zlib';
import type { Figures } from './engine.ts';
import { exceptionOf, exceptionText, statusOf } from './exception.ts';

/** Bytes of an answer that wait for its end, so that most errors have a status of their own. */
const heldBytesMax = 1024 * 1024;

const contentTypes: readonly [pattern: RegExp, type: string][] = [
  [/^JSON.*EachRow/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8'],
  [/^(TSV|TabSeparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^(RowBinary|Native|Parquet|Arrow)/i, 'application/octet-stream'],
];

/** The answer to one request. */
export class Reply {
  readonly #response: ServerResponse;
  readonly #version: string;
  readonly #packs: boolean;
  /** Marks an error in the midst of rows; random, so that no row can look like it. */
  readonly #tag = randomBytes(8).toString('hex');
  #packer: Gzip | undefined;

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    about: { queryId: string; version: string },
  ) {
    this.#response = response;
    this.#version = about.version;
    const { searchParams } = new URL(message.url ?? '/', 'http://shim');
    this.#packs =
      ['1', 'true'].includes(searchParams.get('enable_http_compression') ?? '') &&
      /\bgzip\b/.test(String(message.headers['accept-encoding'] ?? ''));
    // A client that goes away is its own business.
    response.on('error', () => {});
    response.setHeader('X-ClickHouse-Query-Id', about.queryId);
    response.setHeader('X-ClickHouse-Server-Display-Name', 'shim');
    response.setHeader('X-ClickHouse-Timezone', Intl.DateTimeFormat().resolvedOptions().timeZone);
  }

  /** Says when the client has gone: at any time, or only once rows are on their way, as a server does. */
  gone(atAnyTime: boolean): AbortSignal {
    const gone = new AbortController();
    this.#response.once('close', () => {
      if (!this.#response.writableFinished && (atAnyTime || this.#response.headersSent))
        gone.abort();
    });
    return gone.signal;
  }

  /** Sends what is there at once. */
  whole(format: string, bytes: Buffer, figures: Figures | undefined): void {
    this.#begin(format, figures);
    (this.#packer ?? this.#response).end(bytes);
  }

  /** Sends rows as they come; the first of them wait, all of them if it must be so. */
  async stream(
    format: string,
    rows: AsyncGenerator<Buffer, Figures>,
    waits: boolean,
  ): Promise<void> {
    const held: Buffer[] = [];
    let heldBytes = 0;
    while (heldBytes <= heldBytesMax || waits) {
      const step = await rows.next();
      if (step.done) return this.whole(format, Buffer.concat(held), step.value);
      held.push(step.value);
      heldBytes += step.value.length;
    }
    this.#begin(format, undefined);
    await this.#write(Buffer.concat(held));
    for await (const chunk of rows) {
      // Nobody listens any more: to leave the loop ends the question.
      if (this.#response.destroyed) return;
      await this.#write(chunk);
    }
    (this.#packer ?? this.#response).end();
  }

  /** Tells an error: by status, or in the midst of the rows and then by breaking off. */
  async fail(error: unknown): Promise<void> {
    const exception = exceptionOf(error);
    const text = exceptionText(exception, this.#version);
    if (!this.#response.headersSent) {
      this.#response.statusCode = statusOf(exception);
      this.#response.setHeader('X-ClickHouse-Exception-Code', exception.code);
      return this.whole('', Buffer.from(text), undefined);
    }
    const mark = `__exception__\r\n${this.#tag}`;
    const length = Buffer.byteLength(text);
    await this.#write(
      Buffer.from(`\r\n${mark}\r\n${text}${length} ${this.#tag}\r\n__exception__\r\n`),
    );
    if (this.#packer !== undefined) {
      await new Promise<void>((resolve) => this.#packer?.flush(() => resolve()));
    }
    // Without the last chunk, so that nobody takes this for the whole.
    this.#response.socket?.end();
  }

  #begin(format: string, figures: Figures | undefined): void {
    const type = contentTypes.find(([pattern]) => pattern.test(format))?.[1];
    this.#response.setHeader('Content-Type', type ?? 'text/plain; charset=UTF-8');
    if (format !== '') this.#response.setHeader('X-ClickHouse-Format', format);
    this.#response.setHeader('X-ClickHouse-Exception-Tag', this.#tag);
    if (figures !== undefined) {
      this.#response.setHeader('X-ClickHouse-Summary', summaryOf(figures));
    }
    if (this.#packs) {
      this.#response.setHeader('Content-Encoding', 'gzip');
      this.#packer = createGzip({ level: 3 });
      this.#packer.pipe(this.#response);
    }
  }

  /** Waits for the reader, or for its end. */
  #write(bytes: Buffer): Promise<void> {
    const body = this.#packer ?? this.#response;
    if (bytes.length === 0 || body.write(bytes) || this.#response.destroyed) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const proceed = (): void => {
        body.off('drain', proceed);
        this.#response.off('close', proceed);
        resolve();
      };
      body.on('drain', proceed);
      this.#response.on('close', proceed);
    });
  }
}

/** The figures as the server writes them: all of them texts. */
function summaryOf(figures: Figures): string {
  return JSON.stringify({
    read_rows: '0',
    read_bytes: '0',
    written_rows: String(figures.writtenRows),
    written_bytes: String(figures.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(figures.resultRows),
    result_bytes: String(figures.resultBytes),
    elapsed_ns: String(figures.elapsedNs),
  });
}
