/** A disk that is full under the spool: programs are answered, and what was taken arrives once and in order. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort, type Session } from '../drop-in/session.ts';
import { closeConnections, get } from '../whole/http.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { agentLogIn, spawnAgent, startAgent } from './agent.ts';
import { expectEverything, LoggingProgram, until } from './program.ts';

const KiB = 1024;
const ends: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(closeConnections);

/* Only root may mount a disk that is small enough to be filled. */
describe.runIf(canMount())('a disk that is full under the spool', () => {
  it('while the server is away goes unnoticed, and everything arrives when it is back', async () => {
    const { agent, directory, port, program } = await recordingWithoutServer();
    fill(directory);
    await program.further(400);
    expect(await agent.health()).toMatchObject({ server: 'unreachable', dropped: {} });
    expect(agentLogIn(directory)).toMatch(/spool: ENOSPC/);

    const server = await startServer({ args: ['--port', String(port)] });
    ends.push(server.kill);
    await program.further(200);
    await program.end();
    await expectEverything(server, program);
  });

  it('and gets space again loses nothing, though the agent is killed then', async () => {
    const { agent: first, directory, port, program, serverUrl } = await recordingWithoutServer();
    fill(directory);
    await program.further(200);
    rmSync(ballastIn(directory));
    // The disk is tried again with each cut; the second one after it finds the log whole.
    await program.further(200);
    await first.kill();
    const second = await startAgent({ serverUrl, directory, flushIntervalMs: 100 });
    ends.push(second.kill);
    await program.further(50);
    const server = await startServer({ args: ['--port', String(port)] });
    ends.push(server.kill);
    await program.end();
    await expectEverything(server, program);
    expect(agentLogIn(directory)).not.toMatch(/damaged|internal error/);
  });

  it('when an agent starts lets it be found once there is space again', async () => {
    const { agent: first, directory, port, program, serverUrl } = await recordingWithoutServer();
    await first.kill();
    fill(directory);
    const second = spawnAgent({ serverUrl, directory, flushIntervalMs: 100 });
    ends.push(second.kill);
    const server = await startServer({ args: ['--port', String(port)] });
    ends.push(server.kill);
    // What the first one left arrives though there is no space.
    await until(
      async () => ((await sessionOf(server, program))?.events.length ?? 0) >= program.taken,
      () => 'nothing arrives',
    );
    rmSync(ballastIn(directory));
    await second.ready();
    await program.further(100);
    await program.end();
    await expectEverything(server, program);
  });

  it('while the server is there lets programs be recorded all the same', async () => {
    const directory = mountDisk(2_048 * KiB);
    const server = await startServer();
    ends.push(server.kill);
    const agent = await startAgent({ serverUrl: server.url, directory, flushIntervalMs: 100 });
    ends.push(agent.kill);
    fill(directory);
    const program = new LoggingProgram({ serverUrl: server.url, directory });
    ends.push(() => program.abandon());
    await program.further(300);
    await until(
      async () => (await agent.health()).pendingEntries < 2_000,
      () => 'nothing arrives',
    );
    await program.end();
    await expectEverything(server, program);
  });
});

/** A program and its agent on a small disk, which have something to say to a server that is away. */
async function recordingWithoutServer() {
  const directory = mountDisk(2_048 * KiB);
  const port = await freePort();
  const serverUrl = `http://127.0.0.1:${port}`;
  const agent = await startAgent({ serverUrl, directory, flushIntervalMs: 100 });
  ends.push(agent.kill);
  const program = new LoggingProgram({ serverUrl, directory });
  ends.push(() => program.abandon());
  await program.further(100);
  return { agent, directory, port, program, serverUrl };
}

async function sessionOf(
  server: Server,
  { session }: LoggingProgram,
): Promise<Session | undefined> {
  const { status, json } = await get(`${server.url}/api/sessions/${session}`);
  return status === 200 ? (json as Session) : undefined;
}

/** A small disk of its own for a state directory. */
function mountDisk(sizeBytes: number): string {
  const directory = join(temporaryDirectory('tacho-agent-'), 'mount');
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', directory]);
  ends.push(async () => execFileSync('umount', ['-l', directory]));
  return directory;
}

/** Leaves no space on the disk. */
function fill(directory: string): void {
  const { bavail, bsize } = statfsSync(directory);
  try {
    writeFileSync(ballastIn(directory), Buffer.alloc(bavail * bsize));
  } catch (error) {
    // The agent took some of it meanwhile: it is full all the same.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  for (let i = 0; statfsSync(directory).bavail > 0 && i < 100; i++) {
    writeFileSync(`${ballastIn(directory)}-${i}`, Buffer.alloc(bsize));
  }
  expect(statfsSync(directory).bavail).toBe(0);
}

function ballastIn(directory: string): string {
  return join(directory, 'ballast');
}

function canMount(): boolean {
  const directory = join(temporaryDirectory(), 'probe');
  mkdirSync(directory);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4096', 'tmpfs', directory], {
      stdio: 'ignore',
    });
    execFileSync('umount', [directory]);
    return true;
  } catch {
    return false;
  }
}
