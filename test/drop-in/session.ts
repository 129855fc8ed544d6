/** Sessions as the server tells them, for tests of what programs and agents sent it. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../whole/http.ts';
import type { Server } from '../whole/server.ts';

/** One session in full, as `GET /api/sessions/{id}` has it. */
export interface Session {
  id: string;
  product: string;
  version: string;
  machine_id?: string;
  hostname?: string;
  active: boolean;
  crashed: boolean;
  hung: boolean;
  created_at: string;
  ended_at: string | null;
  state: Record<string, unknown>;
  state_history: { timestamp: string; state: Record<string, unknown> }[];
  events: {
    timestamp: string;
    name: string;
    level: string;
    category: string;
    group: string;
    labels: string[] | null;
    message: string;
    data: Record<string, unknown> | null;
    stacktrace?: string[];
    exception_type?: string;
  }[];
  metrics: {
    timestamp: string;
    name: string;
    type: string;
    value: number | string;
    tags?: string[];
    unit?: string;
    count?: number;
    metadata?: Record<string, unknown>;
  }[];
  cause: { kind: string; sentence: string } | null;
}

/** The session; undefined while the server does not know it. */
async function sessionOn(server: Server, id: string): Promise<Session | undefined> {
  const { status, json } = await get(`${server.url}/api/sessions/${id}`);
  return status === 200 ? (json as Session) : undefined;
}

/** The session once it is as it should be; fails with how it is after a long time. */
export async function sessionWhen(
  server: Server,
  id: string,
  isSo: (session: Session) => boolean,
): Promise<Session> {
  let session: Session | undefined;
  await until(
    async () => {
      session = await sessionOn(server, id);
      return session !== undefined && isSo(session);
    },
    () => JSON.stringify(session),
  );
  return session as Session;
}

/** All sessions of the server. */
export async function sessionsOn(server: Server): Promise<Session[]> {
  return (await get(`${server.url}/api/data/sessions`)).json as Session[];
}

/** Waits until it is so; fails with what `how` says after a long time. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  how: () => string = () => '',
): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not come to be so: ${how()}`);
    await sleep(50);
  }
}

/** A port of 127.0.0.1 where nothing listens at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Whether a process is there; one that ended and was not waited for is not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
