/** What the documentation tests report about commands that fail or answer something else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Example } from './markdown.ts';
import { problemsOf } from './run.ts';

// The documentation's commands are written for a POSIX shell, which Windows does not have.
describe.runIf(process.platform !== 'win32')('problemsOf', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tacho-docs-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const run = (...examples: Array<Omit<Example, 'line'>>) =>
    problemsOf(
      examples.map((example, index) => ({ line: index + 1, ...example })),
      { dir, launcher: join(dir, 'none') },
    );

  it('finds nothing wrong with commands that succeed and share their variables', async () => {
    const set = { command: 'value=7' };
    const show = { command: `echo "{\\"a\\": $value}"`, reply: '{"a": 7}' };
    expect(await run(set, show)).toEqual([]);
  });

  it('reports a command that fails, also in the middle of a block, and goes on', async () => {
    const problems = await run({ command: 'false\ntrue' }, { command: 'ls /nowhere' });
    expect(problems.map((text) => text.slice(0, 14))).toEqual(['line 1: failed', 'line 2: failed']);
  });

  it('reports an error reply that the page does not show', async () => {
    const command = `echo '{"error":"Not found","details":"-","code":"not_found"}'`;
    expect(await run({ command })).toHaveLength(1);
  });

  it('reports a reply that differs, or is not JSON', async () => {
    const differs = { command: `echo '{"a":1}'`, reply: '{"a":2}' };
    expect(await run(differs, { command: 'echo hello', reply: '{}' })).toHaveLength(2);
  });

  it('looks behind the headers that curl -i prints', async () => {
    const command = `printf 'HTTP/1.1 200 OK\\r\\nA: b\\r\\n\\r\\n{"a":1}'`;
    expect(await run({ command, reply: '{"a":1}' })).toEqual([]);
  });

  it('reports blocks that an exit kept from running', async () => {
    expect(await run({ command: 'exit 0' }, { command: 'true' })).toHaveLength(2);
  });

  it('knows no other npx than tacho', async () => {
    expect(await run({ command: 'npx cowsay' })).toHaveLength(1);
  });
});
