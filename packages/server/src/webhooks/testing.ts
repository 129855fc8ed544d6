/** A receiver of webhooks under test: a real server on a free port, which answers as the test wants. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';

/** A message as it arrived. */
export interface Arrival {
  headers: IncomingHttpHeaders;
  body: string;
  json: ReturnType<typeof JSON.parse>;
  url: string;
}

/** Starts a receiver that ends with the test; `answer` gives a status or answers by itself. */
export async function receive(
  answer: (arrival: Arrival, response: ServerResponse, count: number) => number | undefined = () =>
    204,
): Promise<{ url: string; arrivals: Arrival[]; arrived: (count: number) => Promise<Arrival[]> }> {
  const arrivals: Arrival[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      const { headers, url = '' } = request;
      const arrival = { headers, body, json: JSON.parse(body), url };
      arrivals.push(arrival);
      const status = answer(arrival, response, arrivals.length);
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const arrived = async (count: number): Promise<Arrival[]> => {
    await expect.poll(() => arrivals.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
    return arrivals;
  };
  return { url: `http://127.0.0.1:${port}/hook`, arrivals, arrived };
}

/** Holds the signature of a message against its bytes, as a receiver would with nothing of ours. */
export function expectSigned({ headers, body }: Arrival, secret: string): void {
  const id = headers['webhook-id'] as string;
  const timestamp = headers['webhook-timestamp'] as string;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${hmac}`);
  expect(timestamp).toMatch(/^\d{10}$/);
}
