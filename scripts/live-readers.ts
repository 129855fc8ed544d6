/** Measures what live readers cost a server: opens many, records, and reports resident bytes for each. */
import { type ClientRequest, request } from 'node:http';
import { startServer } from '../test/whole/server.ts';

const readers = Number(process.argv[2] ?? 1_000);
const requests = Number(process.argv[3] ?? 200);
const server = await startServer();
const post = async (path: string, body: unknown) => {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return (await fetch(`${server.url}${path}`, init)).json() as Promise<{ id: string }>;
};
const { id } = await post('/api/sessions', { product: 'busy', version: '1' });
const record = async (): Promise<number> => {
  const startMs = performance.now();
  for (let i = 0; i < requests; i++) {
    await post(`/api/sessions/${id}/metrics`, { name: `metric_${i % 10}`, value: i });
    if (i % 10 === 0)
      await post(`/api/sessions/${id}/events`, { name: 'tick', message: 'so it goes' });
  }
  return performance.now() - startMs;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// The ring fills and the code gets warm before anything is compared.
await record();
await pause(3_000);
const before = server.memory().rssBytes;
let frames = 0;
const open = (): Promise<ClientRequest> =>
  new Promise((resolve, reject) => {
    const sent = request(`${server.url}/api/live`, { agent: false }, (answer) => {
      answer.on('data', (piece: Buffer) => {
        for (let at = piece.indexOf('\ndata:'); at >= 0; at = piece.indexOf('\ndata:', at + 1))
          frames++;
      });
      answer.on('error', () => {});
      resolve(sent);
    });
    sent.on('error', reject);
    sent.end();
  });
const opened = await Promise.all(Array.from({ length: readers }, open));
await pause(2_000);
const idle = server.memory().rssBytes;
const ms = await record();
await pause(3_000);
const { rssBytes, peakRssBytes } = server.memory();
const each = (bytes: number) => `${((bytes - before) / readers / 1024).toFixed(1)} KB`;
process.stdout.write(
  `${readers} readers: ${each(idle)} each when idle, ${each(rssBytes)} each after ${frames} frames ` +
    `(peak ${each(peakRssBytes)}); ${requests} metrics and a tenth as many events took ${ms.toFixed(0)} ms meanwhile\n`,
);
for (const sent of opened) sent.destroy();
await server.stop();
