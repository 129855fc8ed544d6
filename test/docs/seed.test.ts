/** The metrics page of the DataCat protocol works literally: its curl command and each of its bodies. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../whole/server.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';

/** Request bodies, letter by letter as the page prints them. */
const bodies: Record<string, string> = {
  'Log Metric': `{
  "name": "response_time_ms",
  "value": 123.45,
  "tags": ["api", "v2", "user"]
}`,
  'Performance Metrics': `{
  "name": "response_time_ms",
  "value": 45.2,
  "tags": ["api", "endpoint:users"]
}`,
  'Resource Metrics': `{
  "name": "memory_usage_mb",
  "value": 1024.5,
  "tags": ["heap", "java"]
}`,
  'Business Metrics': `{
  "name": "transactions_processed",
  "value": 1523,
  "tags": ["payment", "success"]
}`,
  'Counter Metrics': `{
  "name": "error_count",
  "value": 3,
  "tags": ["validation", "user_input"]
}`,
};

/** The page's curl command; only the address is that of the server under test. */
const curlExample = (address: string) => `curl -X POST ${address}/api/sessions/550e8400/metrics \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "memory_mb",
    "value": 512.5,
    "tags": ["backend"]
  }'`;

/** What the page's Python examples record, as the bodies that they amount to. */
const recorded = [
  { name: 'file_size_bytes', value: 1048576 },
  { name: 'http_requests', value: 100, tags: ['endpoint:users', 'method:GET'] },
  { name: 'api_response_time_ms', value: 123.4, tags: ['endpoint:users', 'status:200'] },
  { name: 'items_processed', value: 12, tags: ['batch_id:123', 'type:user_data'] },
  { name: 'error_rate_percent', value: 5, tags: ['operation:import'] },
];

describe('the metrics page', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
    const reply = await post('/api/sessions', `{"id":"${id}","product":"shop","version":"1"}`);
    expect(reply.status).toBe(201);
  });
  afterAll(() => server.stop());

  const post = (path: string, body: string) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });

  const metrics = async () => {
    const reply = await fetch(`${server.url}/api/sessions/${id}`);
    return ((await reply.json()) as { metrics: { name: string }[] }).metrics;
  };

  it.each(Object.entries(bodies))(
    'takes the body of "%s" and stores what it says',
    async (_, body) => {
      const reply = await post('/api/sessions/550e8400/metrics', body);
      expect(reply.status).toBe(200);
      expect(reply.headers.get('content-type')).toMatch(/^application\/json\b/);
      expect(await reply.json()).toEqual({ success: true });
      expect(await metrics()).toContainEqual(expect.objectContaining(JSON.parse(body)));
    },
  );

  it('takes the bodies that its Python examples send', async () => {
    for (const body of recorded) {
      const reply = await post(`/api/sessions/${id}/metrics`, JSON.stringify(body));
      expect([reply.status, await reply.json()]).toEqual([200, { success: true }]);
      expect(await metrics()).toContainEqual(expect.objectContaining(body));
    }
  });

  // The command is written for a POSIX shell, which Windows does not have.
  it.runIf(process.platform !== 'win32')('runs its curl command', async () => {
    expect(JSON.parse(await shell(curlExample(server.url)))).toEqual({ success: true });
    const sent = { name: 'memory_mb', value: 512.5, tags: ['backend'] };
    expect(await metrics()).toContainEqual(expect.objectContaining(sent));
  });
});

/** What a shell command prints; fails when the command fails. */
function shell(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`status ${code}: ${out}`));
    });
  });
}
