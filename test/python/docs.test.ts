/** The page about the Python client, and the metrics page of the DataCat protocol: every block of Python works. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, blocksOf } from '../docs/markdown.ts';
import {
  foreignEnvironment,
  type Server,
  startServer,
  temporaryDirectory,
} from '../whole/server.ts';
import { seedBlocks, surroundings } from './seed.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Stored {
  id: string;
  active: boolean;
  state: Record<string, unknown>;
  metrics: { name: string; value: number; tags?: string[]; type: string }[];
  events: { name: string; data: unknown; exception_type?: string }[];
}

describe('Python in the documentation', () => {
  let server: Server;
  let count = 0;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  /** Runs a program in a session of its own; gives what it wrote and what arrived. */
  async function record(program: string): Promise<{ output: string; stored: Stored[] }> {
    const before = new Set((await sessions()).map(({ id }) => id));
    const dir = temporaryDirectory('tacho-python-docs-');
    const path = join(dir, `example${count++}.py`);
    writeFileSync(path, program);
    const env = {
      ...foreignEnvironment(),
      PYTHONPATH: join(root, 'python'),
      TACHO_AGENT: 'off',
      TACHO_SERVER: server.url,
      TACHO_AGENT_DIR: dir,
    };
    const { stdout, stderr } = await run('python3', ['-X', 'dev', path], { env });
    const stored = (await sessions()).filter(({ id }) => !before.has(id));
    return { output: stdout + stderr, stored };
  }

  async function sessions(): Promise<Stored[]> {
    return (await (await fetch(`${server.url}/api/data/sessions`)).json()) as Stored[];
  }

  it.each(pythonBlocks())('line $line of the page runs and is recorded', async ({ text }) => {
    // A warning on stderr, as development mode has them, is a mistake in the example.
    const { output, stored } = await record(text);
    expect(output).toMatch(/^(\d+ \d+ \d+\n|True\n|\d carts are stale\n)?$/);
    expect(stored).toHaveLength(1);
    const { metrics, events, state } = stored[0] as Stored;
    expect(metrics.length + events.length + Object.keys(state).length).toBeGreaterThanOrEqual(2);
  });

  it('has as many examples as the page is thought to have', () => {
    expect(pythonBlocks().length).toBeGreaterThanOrEqual(8);
  });

  it.each(seedBlocks)('the block $title of the metrics page works literally', async (block) => {
    const { output, stored } = await record(surroundings(block));
    expect(output).toBe('');
    expect(stored).toHaveLength(1);
    const { metrics, events } = stored[0] as Stored;
    const told = metrics.map(({ name, value, tags = [] }) => [name, value, ...tags]);
    for (const wanted of block.metrics) expect(told).toContainEqual(wanted);
    expect(told).toHaveLength(block.metrics.length);
    expect(events.map(({ name, data }) => [name, data])).toEqual(block.events ?? []);
  });
});

function pythonBlocks(): Block[] {
  const page = readFileSync(join(root, 'docs/client-python.md'), 'utf8');
  return blocksOf(page).filter(({ language }) => language === 'python');
}
