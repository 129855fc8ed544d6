/** `tacho demo`: fills an empty directory, leaves others alone, and goes on living while it is served. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { runTacho } from './cli.ts';
import { foreignEnvironment, serverCommand, temporaryDirectory } from './server.ts';

it('fills a directory that can be asked at once, and refuses one that holds sessions', async () => {
  const cwd = temporaryDirectory();
  const filled = await runTacho(['demo', '--sessions', '12'], { cwd });
  expect(filled).toMatchObject({ code: 0, stderr: '' });
  expect(filled.stdout).toMatch(/^filled \.\/tacho-demo with 12 sessions, .* samples: .*\nnext:\n/);
  const listed = await runTacho(['ls', '--data', 'tacho-demo', '--json'], { cwd });
  expect(JSON.parse(listed.stdout).totals.sessions).toBe(12);

  const refused = await runTacho(['demo', '--sessions', '12'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/tacho-demo holds sessions already/);
  const after = await runTacho(['ls', '--data', 'tacho-demo', '--json'], { cwd });
  expect(JSON.parse(after.stdout).totals.sessions).toBe(12);
});

it('understands its numbers and instants, or says what it expected', async () => {
  const cwd = temporaryDirectory();
  for (const wrong of [
    ['--sessions', '3'],
    ['--sessions', 'many'],
    ['--until', 'lunch'],
    ['--seed', '-1'],
  ]) {
    const { code, stderr } = await runTacho(['demo', ...wrong], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('Expected')]);
  }
});

it('goes on living while it is served', async () => {
  const data = join(temporaryDirectory(), 'demo');
  const [program = '', ...leading] = serverCommand().filter((part) => part !== 'serve');
  const args = [...leading, 'demo', '--data', data, '--sessions', '12', '--serve', '--port', '0'];
  const env = foreignEnvironment();
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    let url: string | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      url = /^tacho listening on (.*)$/.exec(line)?.[1];
      if (url !== undefined) break;
    }
    // All that it hears comes from the runs of the demo.
    const heard = async (): Promise<number> => {
      const reply = await fetch(`${url}/health`);
      const health = (await reply.json()) as { counters: { entries: { stored: number } } };
      return health.counters.entries.stored;
    };
    const before = await heard();
    await expect.poll(heard, { timeout: 30_000 }).toBeGreaterThan(before + 20);
  } finally {
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  }
});
