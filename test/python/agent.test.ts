/** Python programs with a real agent and a real server: started by the client, and right about every end. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  foreignEnvironment,
  type Server,
  startServer,
  temporaryDirectory,
} from '../whole/server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Stored {
  id: string;
  active: boolean;
  cause?: { kind: string; exit_code?: number; signal?: string };
  events: { name: string; exception_type?: string }[];
  metrics: { name: string; type: string; value: number }[];
}

// What processes did is fully known on Linux only.
describe.runIf(process.platform === 'linux')('a Python program beside an agent', () => {
  let server: Server;
  let dir: string;
  beforeAll(async () => {
    server = await startServer();
    dir = temporaryDirectory('tacho-python-agent-');
  });
  afterAll(async () => {
    // The agent was started by a program that is gone; only its registration says who it is.
    for (const name of readdirSync(dir).filter((each) => /^agent-.*\.json$/.test(each))) {
      const { pid } = JSON.parse(readFileSync(join(dir, name), 'utf8')) as { pid: number };
      try {
        process.kill(pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    }
    await server.stop();
  });

  /** Runs a program to its end and waits until its session is over, or as wanted. */
  async function record(
    source: string,
    isThere = (stored: Stored) => !stored.active,
  ): Promise<{ status: number | string; stored: Stored }> {
    const env = {
      ...foreignEnvironment(),
      PYTHONPATH: join(root, 'python'),
      PYTHONWARNINGS: 'ignore::DeprecationWarning',
      TACHO_AGENT_BIN: join(root, 'packages/server/bin/tacho-agent.js'),
      TACHO_SERVER: server.url,
      TACHO_AGENT_DIR: dir,
    };
    const text = `import tacho\nsession = tacho.connect("shop", "1.0")\nprint(session.session_id, flush=True)\n${source}`;
    const { status, stdout } = await new Promise<{ status: number | string; stdout: string }>(
      (resolve) => {
        execFile('python3', ['-c', text], { env }, (error, out) => {
          resolve({ status: error === null ? 0 : (error.code ?? error.signal ?? ''), stdout: out });
        });
      },
    );
    const id = stdout.trim().split('\n')[0] as string;
    for (let attempt = 0; attempt < 300; attempt++) {
      const reply = await fetch(`${server.url}/api/sessions/${id}`);
      if (reply.status === 200) {
        const stored = (await reply.json()) as Stored;
        if (isThere(stored)) return { status, stored };
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const reply = await fetch(`${server.url}/api/sessions/${id}`);
    throw new Error(`it did not come to that: ${reply.status} ${await reply.text()}`);
  }

  it.each([
    ['that ends its session', 'session.end()', 'ended', {}],
    ['that comes to its end', '', 'exited', { exit_code: 0 }],
    ['that exits with a status', 'import sys; sys.exit(3)', 'failed', { exit_code: 3 }],
    ['that fails', 'raise ValueError("odd")', 'uncaught', {}],
    [
      'that is terminated',
      'import os; os.kill(os.getpid(), 15)',
      'terminated_by_user',
      { signal: 'SIGTERM' },
    ],
    ['that is cut off', 'import os; session.flush(30); os._exit(1)', 'crashed', {}],
    ['that is killed', 'import os; session.flush(30); os.kill(os.getpid(), 9)', 'crashed', {}],
  ])('%s is known to have done so', { timeout: 120_000 }, async (_, end, kind, facts) => {
    const { stored } = await record(
      `session.log_event("last"); session.log_counter("n", 3)\n${end}`,
    );
    expect(stored.cause).toMatchObject({ kind, ...facts });
    expect(stored.events.map(({ name }) => name)).toContain('last');
    const totals = stored.metrics.filter(({ name }) => name === 'n').map(({ value }) => value);
    expect(totals.at(-1)).toBe(3);
  });

  it('loses and doubles nothing when its agents are killed', { timeout: 240_000 }, async () => {
    const { status, stored } = await record(`
import glob, json, os, time
for number in range(400):
    session.log_event("e%d" % number, data={"number": number})
    session.log_counter("jobs", number)
    session.log_metric("reading", number)
    time.sleep(0.01)
    if number % 80 == 40:
        for path in glob.glob(os.environ["TACHO_AGENT_DIR"] + "/agent-*.json"):
            try:
                os.kill(json.load(open(path))["pid"], 9)
            except ProcessLookupError:
                pass
assert session.flush(60), session.stats
`);
    expect(status).toBe(0);
    expect(stored.events.map(({ name }) => name)).toEqual(
      Array.from({ length: 400 }, (_, number) => `e${number}`),
    );
    const values = (name: string) =>
      stored.metrics.filter((each) => each.name === name).map(({ value }) => value);
    expect(values('reading')).toEqual(Array.from({ length: 400 }, (_, number) => number));
    expect(values('jobs').at(-1)).toBe((400 * 399) / 2);
  });

  it('and its children are one session', { timeout: 120_000 }, async () => {
    const { stored } = await record(`
import os
children = []
for number in (1, 2, 3):
    pid = os.fork()
    if pid == 0:
        session.log_counter("jobs", number)
        session.log_event("child")
        session.flush(30)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
session.log_counter("jobs", 4)
`);
    expect(stored.cause?.kind).toBe('exited');
    const totals = stored.metrics.filter(({ name }) => name === 'jobs').map(({ value }) => value);
    expect(totals.at(-1)).toBe(10);
    expect(stored.events.filter(({ name }) => name === 'child')).toHaveLength(3);
  });

  it('sees its details right after its end', { timeout: 120_000 }, async () => {
    const { stored } = await record(`
session.log_event("last")
session.end()
details = session.get_details()
assert details["id"] == session.session_id, details
assert [event["name"] for event in details["events"]] == ["last"], details
`);
    expect(stored.cause?.kind).toBe('ended');
  });
});
