/** The example examples/host-metrics.sh records this machine, and its session ends as the script did. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { namingAdvice } from '@tacho/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';

const script = fileURLToPath(new URL('../../examples/host-metrics.sh', import.meta.url));

interface Metric {
  name: string;
  type: string;
  unit: string;
  value: number;
  tags: string[];
}

interface Session {
  active: boolean;
  crashed: boolean;
  ended_at: string | null;
  last_heartbeat?: string;
  hostname: string;
  state: Record<string, unknown>;
  events: { name: string; level: string; data: Record<string, unknown> }[];
  metrics: Metric[];
}

// The script is for Linux and macOS.
describe.runIf(process.platform !== 'win32')('host-metrics.sh', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  it('records load, memory, disk and network, and ends its session', async () => {
    const { code, session } = await record(server, ['1', '2']);
    expect(code).toBe(0);
    expect(session).toMatchObject({ active: false, crashed: false });
    expect(session.ended_at).not.toBeNull();
    expect(session.last_heartbeat).toBeDefined();
    expect(session.state).toMatchObject({ product: 'host-metrics', status: 'done', rounds: 2 });
    expect(session.events.map(({ name }) => name)).toEqual([
      'recording_started',
      'recording_stopped',
    ]);

    const load = withTag(session, 'load_average', 'window:1m');
    expect(load).toHaveLength(2);
    expect(load[0]).toMatchObject({ type: 'gauge', unit: 'processes' });
    expect(withTag(session, 'load_average', 'window:15m')).toHaveLength(2);
    for (const name of ['memory_bytes', 'disk_space_bytes']) {
      const [total] = withTag(session, name, 'kind:total');
      const [available] = withTag(session, name, 'kind:available');
      expect(total?.unit).toBe('bytes');
      expect(available!.value).toBeGreaterThan(0);
      expect(available!.value).toBeLessThanOrEqual(total!.value);
    }
    const received = withTag(session, 'network_traffic_bytes', 'direction:received');
    const sent = withTag(session, 'network_traffic_bytes', 'direction:sent');
    expect(received).toHaveLength(sent.length);
    for (const metric of received) expect(metric.type).toBe('counter');
    for (const { name, unit, tags } of session.metrics) {
      expect(namingAdvice(name, unit, tags)).toEqual([]);
    }
  });

  it('ends its session when it is told to stop', async () => {
    const { code, session } = await record(server, ['60'], {}, (child) => child.kill('SIGTERM'));
    expect(code).toBe(0);
    expect(session).toMatchObject({ active: false, crashed: false });
    expect(session.events.at(-1)?.name).toBe('recording_stopped');
  });

  it('crashes its session when something goes wrong', async () => {
    const { code, session } = await record(server, ['1'], { DISK: '/no/such/disk' });
    expect(code).not.toBe(0);
    expect(session).toMatchObject({ active: false, crashed: true });
    expect(session.events.at(-1)).toMatchObject({
      name: 'session_crashed_detected',
      data: { reason: `host-metrics.sh ended with status ${code}` },
    });
  });

  it('tells of a full disk by state and event', async () => {
    const df = 'echo head; echo /dev/disk1 1000 950 50 95% /';
    const { session } = await record(server, ['1', '1'], { PATH: programs({ df }) });
    expect(session.state).toMatchObject({ disk: { level: 'low' } });
    expect(session.events).toContainEqual(
      expect.objectContaining({ name: 'disk_low', level: 'warning' }),
    );
  });

  it('reads what macOS prints', async () => {
    const PATH = programs(macos);
    const { code, session } = await record(server, ['1', '1'], { PATH });
    expect(code).toBe(0);
    expect(withTag(session, 'load_average', 'window:1m')[0]?.value).toBe(1.97);
    expect(withTag(session, 'memory_bytes', 'kind:total')[0]?.value).toBe(17179869184);
    expect(withTag(session, 'memory_bytes', 'kind:available')[0]?.value).toBe(10 * 16384);
    expect(withTag(session, 'network_traffic_bytes', 'direction:sent')).toEqual([
      expect.objectContaining({ tags: ['interface:en0', 'direction:sent'], value: 222 }),
      expect.objectContaining({ tags: ['interface:utun1', 'direction:sent'], value: 44 }),
    ]);
    expect(withTag(session, 'network_traffic_bytes', 'direction:received')[0]?.value).toBe(111);
  });

  it('says so when there is no server', async () => {
    const env = { ...process.env, TACHO_URL: 'http://127.0.0.1:1' };
    const child = spawn('sh', [script, '1', '1'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const text = textOf(child.stderr);
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(text()).toContain('is Tacho running at http://127.0.0.1:1?');
  });
});

/** Programs as they answer on macOS 14; loopback and the address lines must not be counted. */
const macos: Record<string, string> = {
  uname: 'case $1 in -s) echo Darwin ;; *) echo mac.local ;; esac',
  sysctl: 'case $2 in vm.loadavg) echo "{ 1.97 2.11 2.20 }" ;; *) echo 17179869184 ;; esac',
  vm_stat: [
    "cat <<'TEXT'",
    'Mach Virtual Memory Statistics: (page size of 16384 bytes)',
    'Pages free:                                       1.',
    'Pages active:                                   100.',
    'Pages inactive:                                   2.',
    'Pages speculative:                                3.',
    'Pages purgeable:                                  4.',
    'TEXT',
  ].join('\n'),
  netstat: [
    "cat <<'TEXT'",
    'Name  Mtu   Network     Address           Ipkts Ierrs Ibytes Opkts Oerrs Obytes Coll',
    'lo0   16384 <Link#1>                         10     0    999    10     0    999    0',
    'en0   1500  <Link#11>   f0:18:98:00:00:01    20     0    111    30     0    222    0',
    'en0   1500  192.168.1   192.168.1.5          20     -    111    30     -    222    -',
    'utun1* 1380 <Link#17>                         3     0     33     4     0     44    0',
    'TEXT',
  ].join('\n'),
};

/** A PATH on which these programs come before the real ones. */
function programs(texts: Record<string, string>): string {
  const dir = temporaryDirectory();
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  return `${dir}:${process.env.PATH}`;
}

/** Runs the script and reads its session; `onStart` is called once recording has begun. */
async function record(
  server: Server,
  args: string[],
  env: Record<string, string> = {},
  onStart: (child: ChildProcess) => void = () => {},
): Promise<{ code: number; session: Session }> {
  const child = spawn('sh', [script, ...args], {
    env: { ...process.env, TACHO_URL: server.url, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const text = textOf(child.stdout);
  child.stdout.once('data', () => onStart(child));
  const [code] = (await once(child, 'close')) as [number];
  const id = /recording session (\S+)/.exec(text())?.[1];
  const reply = await fetch(`${server.url}/api/sessions/${id}`);
  return { code, session: (await reply.json()) as Session };
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

function withTag({ metrics }: Session, name: string, tag: string): Metric[] {
  return metrics.filter((metric) => metric.name === name && metric.tags.includes(tag));
}
