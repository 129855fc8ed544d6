/** An agent, or a server, as tests need it: takes batches over HTTP, keeps them, and misbehaves on demand. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** An entry of a batch, as it was sent. */
type Entry = Record<string, unknown> & { kind: string };

/** A batch, as it was sent. */
export interface TakenBatch {
  spoolId: string;
  seq: number;
  entries: Entry[];
}

/** What a fake does with a request instead of taking the batch; undefined to take it. */
export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  batch: TakenBatch,
) => true | undefined;

/** A running fake. */
export interface FakeAgent {
  url: string;
  port: number;
  agentId: string;
  /** Batches taken, each once. */
  batches: TakenBatch[];
  /** Entries of all batches taken, in order. */
  entries(kind?: string): Entry[];
  /** All samples and values by the name of their series. */
  values(name: string): unknown[];
  /** Requests so far, repeated ones included. */
  requests: number;
  headers: IncomingMessage['headers'][];
  misbehave: Misbehaviour | undefined;
  /** Takes a batch that did not come over HTTP; false when it was taken before. */
  take(batch: TakenBatch): boolean;
  /** Waits until something holds. */
  until(what: () => boolean, text?: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a port of 127.0.0.1; of a fixed number when it comes back. */
export async function fakeAgent({
  port = 0,
  isServer = false,
  known,
}: {
  port?: number;
  isServer?: boolean;
  known?: FakeAgent;
} = {}): Promise<FakeAgent> {
  const lastSeq = new Map<string, number>();
  for (const { spoolId, seq } of known?.batches ?? []) lastSeq.set(spoolId, seq);
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => answer(request, response, Buffer.concat(pieces)));
  });
  const answer = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => {
    if (request.url === '/health') {
      response.end(JSON.stringify({ status: 'ok', agentId: fake.agentId }));
      return;
    }
    fake.requests++;
    fake.headers.push(request.headers);
    const isGzip = request.headers['content-encoding'] === 'gzip';
    const batch = JSON.parse(String(isGzip ? gunzipSync(bytes) : bytes)) as TakenBatch;
    if (fake.misbehave?.(request, response, batch)) return;
    const isDuplicate = !fake.take(batch);
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        success: true,
        accepted: isDuplicate ? 0 : batch.entries.length,
        ...(isDuplicate && { duplicate: true }),
        ...(!isServer && { agentId: fake.agentId }),
      }),
    );
  };
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const fake: FakeAgent = {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    agentId: randomUUID(),
    batches: [...(known?.batches ?? [])],
    entries: (kind) =>
      fake.batches
        .flatMap(({ entries }) => entries)
        .filter((entry) => kind === undefined || entry.kind === kind),
    values: (name) => valuesOf(fake.entries(), name),
    requests: 0,
    headers: [],
    misbehave: undefined,
    take: (batch) => {
      if (batch.seq <= (lastSeq.get(batch.spoolId) ?? 0)) return false;
      lastSeq.set(batch.spoolId, batch.seq);
      fake.batches.push(batch);
      return true;
    },
    until: (what, text = 'it') => until(what, text),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

/** Waits until something holds; fails when it does not within a generous time. */
export async function until(what: () => boolean, text = 'it'): Promise<void> {
  for (const end = Date.now() + 30_000; !what(); ) {
    if (Date.now() > end) throw new Error(`${text} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function valuesOf(entries: Entry[], name: string): unknown[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'columns') {
      const series = entry.series as { name: string; values: unknown[] }[];
      return series.filter((each) => each.name === name).flatMap(({ values }) => values);
    }
    if (entry.name !== name) return [];
    return [entry.kind === 'growth' ? (entry.delta ?? entry.counts) : entry.value];
  });
}
