/** Tokens with real processes: made before a server starts and while it runs, asked for, revoked. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { launcher, type Server, startServer, temporaryDirectory } from './server.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});

async function start(dataDir: string, ...args: string[]): Promise<Server> {
  const server = await startServer({ dataDir, args });
  running.push(server);
  return server;
}

/** Runs `tacho token …` in a folder without any configuration. */
function token(args: string[], env: Record<string, string> = {}) {
  const cwd = temporaryDirectory();
  const child = spawn(process.execPath, [launcher(), 'token', ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      outcome[name] += text;
    });
  }
  return new Promise<typeof outcome & { code: number | null }>((resolve) =>
    child.once('close', (code) => resolve({ code, ...outcome })),
  );
}

async function statusOf(url: string, secret?: string): Promise<number> {
  const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  return (await fetch(`${url}/api/data/sessions`, { headers })).status;
}

describe('tacho token', () => {
  it('makes a token before the server starts, which may then be reached from elsewhere', async () => {
    const dir = temporaryDirectory();
    const made = await token(['create', '--name', 'ops', '--scope', 'admin', '--data', dir]);
    expect(made.code, made.stderr).toBe(0);
    const secret = made.stdout.trim();
    expect(secret).toMatch(/^tacho_\w{32}$/);
    const server = await start(dir, '--host', '0.0.0.0');
    const url = `http://127.0.0.1:${server.port}`;
    expect([await statusOf(url), await statusOf(url, secret)]).toEqual([401, 200]);
    await server.stop();
    expect(server.stderr()).not.toContain('without access control');
    // The use was written down at the stop, and the secret nowhere.
    const list = await token(['ls', '--data', dir, '--json']);
    expect(JSON.parse(list.stdout).tokens).toMatchObject([
      { name: 'ops', scopes: ['admin'], last_used_at: expect.stringMatching(/^20/) },
    ]);
    expect(readFileSync(join(dir, 'tacho.db')).includes(secret)).toBe(false);
  });

  it('manages tokens through a running server, with a token once there is one', async () => {
    const dir = temporaryDirectory();
    const server = await start(dir);
    const at = ['--server', server.url];
    const admin = await token(['create', '--name', 'a', '--scope', 'admin', ...at]);
    const env = { TACHO_TOKEN: admin.stdout.trim() };
    const refused = await token(['ls', ...at]);
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('TACHO_TOKEN')]);
    const expires = ['--expires', '90d'];
    const ci = [
      'create',
      '--name',
      'ci',
      '--scope',
      'ingest',
      '--scope',
      'read',
      ...expires,
      ...at,
    ];
    const made = await token(ci, env);
    expect(await statusOf(server.url, made.stdout.trim())).toBe(200);
    const list = await token(['ls', ...at], env);
    const [head, ...rows] = list.stdout.trim().split('\n');
    expect(head).toMatch(/^ID +NAME +SCOPES +CREATED +EXPIRES +LAST USED$/);
    const row = rows.find((line) => line.includes(' ci ')) ?? '';
    expect(row).toContain('ingest,read');
    const [id = ''] = row.split(' ');
    expect((await token(['revoke', id, ...at], env)).code).toBe(0);
    expect(await statusOf(server.url, made.stdout.trim())).toBe(401);
    const again = await token(['revoke', id, ...at], env);
    expect([again.code, again.stderr]).toEqual([3, expect.stringContaining(id)]);
    const busy = await token(['ls', '--data', dir], { TACHO_PORT: String(server.port), ...env });
    expect([busy.code, busy.stdout]).toEqual([0, expect.stringContaining('admin')]);
  });

  it('warns of a first token that may not manage the others, and says what is wrong', async () => {
    const dir = temporaryDirectory();
    const made = await token(['create', '--name', 'ci', '--scope', 'ingest', '--data', dir]);
    expect(made.stderr).toContain('no token has scope admin');
    const bad = await token(['create', '--name', 'x', '--scope', 'read', '--expires', 'soon']);
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('--expires soon')]);
    const word = await token(['create', '--name', 'x', '--scope', 'write']);
    expect([word.code, word.stderr]).toEqual([2, expect.stringContaining('ingest, read, admin')]);
    const nobody = await token(['ls', '--server', 'http://127.0.0.1:1']);
    expect([nobody.code, nobody.stderr]).toEqual([4, expect.stringContaining('no server answers')]);
  });
});
