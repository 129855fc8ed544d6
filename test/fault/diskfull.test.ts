/** A full disk is an answer, not a catastrophe: 507, nothing acknowledged lost, and it heals. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, closeConnections, get, post } from '../whole/http.ts';
import { type Random, randomFrom, seedOfRun, uuid } from '../whole/random.ts';
import { type Server, StartError, startServer, temporaryDirectory } from '../whole/server.ts';
import { buildShim, canPreload, SmallDisk } from './preload.ts';
import { Load } from './workload.ts';

const MiB = 1024 * 1024;
const seed = seedOfRun();

/** A directory on a disk of adjustable size. */
interface Disk {
  name: string;
  dir: string;
  environment: Record<string, string>;
  resize: (sizeBytes: number) => void;
  remove: () => void;
}

const disks = [{ name: 'by preload', make: preloadedDisk }];
if (canMount()) disks.push({ name: 'tmpfs', make: mountedDisk });

afterAll(closeConnections);

/* Without Linux there is no LD_PRELOAD to make a disk small; a mounted tmpfs needs root besides. */
describe.runIf(canPreload).each(disks)('a server on a full disk ($name)', ({ make }) => {
  it('answers 507, keeps what it acknowledged and recovers when space returns', async () => {
    const random = randomFrom(seed);
    const disk = make(24 * MiB);
    try {
      await fillAndFree(disk, random);
    } finally {
      disk.remove();
    }
  }, 240_000);
});

async function fillAndFree(disk: Disk, random: Random): Promise<void> {
  const options = { dataDir: disk.dir, env: disk.environment };
  let server = await startServer(options);
  try {
    const load = new Load({ random, clients: 4, pauseMs: 5 });
    const running = load.run(server.url);
    const refusal = await fill(server, random);
    expect(refusal.json).toMatchObject({ code: 'disk_full' });
    expect(refusal.json).toHaveProperty('error', expect.any(String));
    expect(refusal.json).toHaveProperty('details', expect.any(String));
    await sleep(1_000);
    load.stop();
    await running;
    const refused = load.ledger.said.filter((said) => said.status === 507).length;
    expect(server.running(), server.stderr()).toBe(true);
    await load.ledger.check(server.url);

    disk.resize(64 * MiB);
    const recoveredAfterMs = await untilWritable(server, random);
    await load.retry(server.url);
    const { acknowledged } = await load.ledger.check(server.url);

    await fill(server, random);
    await server.kill();
    const startsFull = await startsOnFullDisk(options);
    disk.resize(160 * MiB);
    server = await startServer(options);
    await load.ledger.check(server.url);
    await untilWritable(server, random);
    console.log(
      `disk full (${disk.name}): seed ${seed}, ${refused} requests of the load refused with 507, ` +
        `${acknowledged} entries acknowledged, none lost; writable ${recoveredAfterMs} ms after space ` +
        `returned; a start on the full disk ${startsFull ? 'worked' : 'was refused with a sentence'}`,
    );
  } finally {
    await server.kill();
  }
}

/** Sends incompressible samples until the disk is full; the refusal. */
async function fill(server: Server, random: Random): Promise<Answer> {
  const session = uuid(random);
  const spoolId = uuid(random);
  const at = new Date().toISOString();
  const start = { kind: 'start', session, at, product: 'Filler', version: '1' };
  const rows = 2_000;
  const overloadsMax = 200;
  let overloads = 0;
  for (let seq = 1; seq <= 2_000; seq += 1) {
    const times = Array.from({ length: rows }, (_, i) => Date.now() - rows + i);
    const series = Array.from({ length: 5 }, (_, i) => ({
      name: `noise.${i}`,
      values: Array.from({ length: rows }, random),
    }));
    const entries = [start, { kind: 'columns', session, times, series }];
    const answer = await post(`${server.url}/api/ingest`, { spoolId, seq, entries });
    if (answer.status === 507) return answer;
    expect([200, 503], answer.text).toContain(answer.status);
    if (answer.status === 200) continue;
    overloads += 1;
    expect(overloads, answer.text).toBeLessThan(overloadsMax);
    await sleep(100);
  }
  throw new Error('the disk did not get full');
}

/** Milliseconds until a session can be created and written again. */
async function untilWritable(server: Server, random: Random): Promise<number> {
  const id = uuid(random);
  const started = performance.now();
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const body = { id, product: 'Probe', version: '1' };
    const created = await post(`${server.url}/api/sessions`, body);
    if (created.status === 201) {
      const said = await post(`${server.url}/api/sessions/${id}/metrics`, { name: 'm', value: 1 });
      expect(said.status, said.text).toBe(200);
      expect((await get(`${server.url}/health`)).status).toBe(200);
      return Math.round(performance.now() - started);
    }
    expect([503, 507], created.text).toContain(created.status);
    await sleep(100);
  }
  throw new Error('the server did not become writable again within 30 s');
}

/** A start without any space either works or ends with a sentence; it never hangs. */
async function startsOnFullDisk(options: {
  dataDir: string;
  env: Record<string, string>;
}): Promise<boolean> {
  try {
    const server = await startServer(options);
    await server.kill();
    return true;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    expect(error.exit?.code, error.output).toBeGreaterThan(0);
    expect(error.output).not.toMatch(/\n {4}at /);
    return false;
  }
}

function preloadedDisk(sizeBytes: number): Disk {
  const dir = temporaryDirectory();
  const disk = new SmallDisk(buildShim(), dir, sizeBytes);
  return {
    name: 'by preload',
    dir,
    environment: disk.environment,
    resize: (bytes) => disk.resize(bytes),
    remove: () => disk.close(),
  };
}

function mountedDisk(sizeBytes: number): Disk {
  const dir = join(temporaryDirectory(), 'mount');
  mkdirSync(dir);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir]);
  return {
    name: 'tmpfs',
    dir,
    environment: {},
    resize: (bytes) => execFileSync('mount', ['-o', `remount,size=${bytes}`, dir]),
    remove: () => execFileSync('umount', ['-l', dir]),
  };
}

function canMount(): boolean {
  const dir = join(temporaryDirectory(), 'probe');
  mkdirSync(dir);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4096', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
