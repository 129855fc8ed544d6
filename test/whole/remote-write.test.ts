/** The real Prometheus as a sender: it scrapes a program, and Tacho has what it saw. */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { removeDirectory, startServer, temporaryDirectory } from './server.ts';

/** Path of Prometheus; undefined where it cannot be had. */
function prometheus(): string | undefined {
  const script = fileURLToPath(new URL('../../scripts/promtool.sh', import.meta.url));
  const { status, stdout } = spawnSync(script, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? join(dirname(stdout.trim()), 'prometheus') : undefined;
}

/** A program that tells what it does, in the form that Prometheus scrapes. */
async function startProgram(): Promise<{ port: number; scrapes: () => number }> {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes++;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(
      [
        '# TYPE orders_total counter',
        `orders_total{kind="card \\"x\\""} ${scrapes}`,
        '# TYPE till_build_info gauge',
        'till_build_info{version="2.4.0"} 1',
        '# TYPE wait_seconds histogram',
        'wait_seconds_bucket{le="0.1"} 1',
        'wait_seconds_bucket{le="+Inf"} 2',
        'wait_seconds_sum 0.75',
        'wait_seconds_count 2',
        // It ends, and a stale marker says so.
        ...(scrapes < 3 ? ['brief 1'] : []),
        '',
      ].join('\n'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, scrapes: () => scrapes };
}

/** JSON of an answer, looked into without ceremony: a field that is missing fails the test. */
type Json = ReturnType<typeof JSON.parse>;

async function ask(url: string): Promise<Json> {
  return (await fetch(url)).json();
}

it('takes what Prometheus sends on, stale markers and metadata included', async (context) => {
  const binary = prometheus();
  if (binary === undefined) return context.skip('Prometheus cannot be had here');
  const program = await startProgram();
  const server = await startServer();
  onTestFinished(async () => void (await server.stop()));
  const dir = temporaryDirectory('tacho-prometheus-');
  const target = `127.0.0.1:${program.port}`;
  writeFileSync(
    join(dir, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      scrape_configs: [{ job_name: 'till', static_configs: [{ targets: [target] }] }],
      remote_write: [
        {
          url: `${server.url}/api/v1/write`,
          queue_config: { batch_send_deadline: '100ms' },
          metadata_config: { send_interval: '500ms' },
        },
      ],
    }),
  );
  const child = spawn(
    binary,
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      // It picks a free port itself.
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    removeDirectory(dir);
  });
  const find = async () => {
    const query = 'product=till&version=2.4.0';
    const { sessions } = await ask(`${server.url}/api/sessions?${query}`);
    return sessions.length === 0 ? undefined : ask(`${server.url}/api/sessions/${sessions[0].id}`);
  };
  const isDone = async () => {
    const { metrics = [] } = (await find()) ?? {};
    return metrics.filter(({ name }: { name: string }) => name === 'orders_total').length >= 6;
  };
  await expect.poll(isDone, { timeout: 30_000, interval: 200, message: said }).toBe(true);
  const session = await find();
  expect(session).toMatchObject({
    hostname: '127.0.0.1',
    state: { prometheus: { till_build_info: { version: '2.4.0' } } },
  });
  const of = (name: string) =>
    session.metrics.filter((metric: { name: string }) => metric.name === name);
  const orders = of('orders_total');
  expect(orders[0]).toMatchObject({ type: 'counter', tags: ['kind:card "x"'] });
  const values = orders.map(({ value }: { value: number }) => value);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(new Set(values).size).toBe(values.length);
  expect(of('wait_seconds_bucket')[0]).toMatchObject({
    type: 'counter',
    value: 1,
    tags: ['le:0.1'],
  });
  expect(of('up')[0]).toMatchObject({ type: 'gauge', value: 1 });
  expect(of('brief').every(({ value }: { value: unknown }) => value === 1)).toBe(true);
  const { doors } = await ask(`${server.url}/api/doors`);
  const door = doors.find(({ name }: { name: string }) => name === 'prometheus');
  expect(door.refused).toEqual([]);
  expect(said).not.toMatch(/level=(warn|error)/);
}, 60_000);
