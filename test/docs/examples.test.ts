/** Every command and request in the documentation works, in order, on a fresh server. */
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namingAdvice } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { launcher, removeDirectory, startServer, temporaryDirectory } from '../whole/server.ts';
import { examplesOf } from './markdown.ts';
import { problemsOf } from './run.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Pages, and how many runnable examples each holds at least: a page that lost them is a mistake. */
const pages = [
  { page: 'README.md', atLeast: 9 },
  { page: 'docs/quick-start.md', atLeast: 10 },
  { page: 'docs/concepts.md', atLeast: 5 },
  { page: 'docs/metric-types.md', atLeast: 7 },
  { page: 'docs/naming.md', atLeast: 3 },
  { page: 'docs/api.md', atLeast: 15 },
  { page: 'docs/operations.md', atLeast: 4 },
  { page: 'docs/scaling.md', atLeast: 2 },
  { page: 'docs/security.md', atLeast: 10 },
  { page: 'docs/questions.md', atLeast: 14 },
  { page: 'docs/live.md', atLeast: 2 },
  { page: 'docs/api-questions.md', atLeast: 20 },
  { page: 'docs/export.md', atLeast: 11 },
  { page: 'docs/influx.md', atLeast: 3 },
  { page: 'docs/otlp.md', atLeast: 3 },
  { page: 'docs/grafana.md', atLeast: 4 },
  { page: 'docs/webhooks.md', atLeast: 9 },
  { page: 'docs/prometheus-remote-write.md', atLeast: 1 },
  { page: 'docs/statsd.md', atLeast: 1 },
  { page: 'docs/migrate.md', atLeast: 4 },
  { page: 'docs/cli.md', atLeast: 14 },
  { page: 'docs/ci.md', atLeast: 2 },
  { page: 'docs/mlflow.md', atLeast: 4 },
  { page: 'docs/demo.md', atLeast: 4 },
  { page: 'docs/run.md', atLeast: 6 },
  { page: 'docs/client-typescript.md', atLeast: 7 },
  { page: 'docs/agent.md', atLeast: 4 },
];

// The documentation's commands are written for a POSIX shell, which Windows does not have.
describe.runIf(process.platform !== 'win32')('the documentation', () => {
  it.each(pages)('$page: every example works and answers as shown', async ({ page, atLeast }) => {
    const dir = temporaryDirectory('tacho-docs-');
    const server = await startServer({ dataDir: join(dir, 'tacho-data') });
    try {
      const text = readFileSync(join(root, page), 'utf8')
        .replaceAll(/http:\/\/(localhost|127\.0\.0\.1):9090/g, server.url)
        // Where a page lets something listen: several of these tests may run at once.
        .replaceAll(/\b9099\b/g, String(await freePort()));
      const examples = examplesOf(text, server.url);
      expect(examples.length).toBeGreaterThanOrEqual(atLeast);
      const place = { dir, launcher: launcher(), env: environmentOf(server.url, dir) };
      expect(await problemsOf(examples, place)).toEqual([]);
      expect(await adviceOn(server.url)).toEqual([]);
    } finally {
      endAgents(dir);
      await server.stop();
      removeDirectory(dir);
    }
  });

  it('has only JSON in its JSON blocks, on every page', () => {
    for (const page of ['docs/configuration.md', 'docs/format.md', 'docs/architecture.md']) {
      expect(() => examplesOf(readFileSync(join(root, page), 'utf8'), '')).not.toThrow();
    }
  });
});

/** A port that nothing listens on just now. */
async function freePort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  await new Promise((resolve) => holder.close(resolve));
  return port;
}

/** What programs of a page find: the packages, this server, and an agent of their own. */
function environmentOf(serverUrl: string, dir: string): Record<string, string> {
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  return {
    TACHO_SERVER: serverUrl,
    TACHO_AGENT_DIR: join(dir, 'agents'),
    TACHO_AGENT_BIN: join(root, 'packages/server/bin/tacho-agent.js'),
  };
}

/** Ends the agents that programs of a page started. */
function endAgents(dir: string): void {
  const folder = join(dir, 'agents');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!/^agent-[0-9a-f]+\.json$/.test(name)) continue;
    const { pid } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { pid: number };
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It ended by itself.
    }
  }
}

/** What the naming guide has against the metrics that a page recorded. */
async function adviceOn(url: string): Promise<string[]> {
  const reply = await fetch(`${url}/api/data/sessions`);
  const sessions = (await reply.json()) as { metrics: Metric[] }[];
  return sessions
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ name, unit, tags }) => namingAdvice(name, unit, tags))
    .map(({ message }) => message);
}

interface Metric {
  name: string;
  unit?: string;
  tags?: string[];
}
