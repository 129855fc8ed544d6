/** The real Prometheus over samples that it is given, for comparison. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A running Prometheus. */
export interface Prometheus {
  url: string;
  stop(): Promise<void>;
}

/** Path of promtool; undefined where it cannot be had. */
export function promtool(): string | undefined {
  const script = fileURLToPath(new URL('../../scripts/promtool.sh', import.meta.url));
  const { status, stdout } = spawnSync(script, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout.trim() : undefined;
}

/** Starts Prometheus over samples in OpenMetrics text. */
export async function startPrometheus(tool: string, samples: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'tacho-prometheus-'));
  writeFileSync(join(folder, 'samples'), samples);
  writeFileSync(join(folder, 'prometheus.yml'), 'scrape_configs: []\n');
  const data = join(folder, 'data');
  const filled = spawnSync(
    tool,
    ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'samples'), data],
    { encoding: 'utf8' },
  );
  if (filled.status !== 0) throw new Error(`promtool: ${filled.stdout}${filled.stderr}`);
  const port = await freePort();
  const child = spawn(
    join(dirname(tool), 'prometheus'),
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = (): Promise<void> => end(child, folder);
  await ready(url, child).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, stop };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`prometheus ended with ${child.exitCode}`);
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** A port that nobody has at this moment; Prometheus does not tell which one it took. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
