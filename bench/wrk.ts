/** One metric per request over many connections: by wrk, or by our own generator where wrk is missing. */
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../test/whole/server.ts';
import { requestBytes, WireConnection } from '../test/whole/wire.ts';
import { percentile } from './measure.ts';

/** What a generator measured. */
export interface LoadResult {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** A small request. */
export interface SmallRequest {
  path: string;
  body: string;
}

/** Sends requests in turn for some seconds; throws when one is not answered 2xx. */
export interface Generator {
  name: string;
  run: (url: string, connections: number, seconds: number) => Promise<LoadResult>;
}

/** wrk with one thread when it is installed, else our own. */
export function generatorFor(requests: readonly SmallRequest[]): Generator {
  return isWrkInstalled() ? wrk(requests) : own(requests);
}

function isWrkInstalled(): boolean {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    /* `wrk -v` prints its version and exits with 1. */
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

function wrk(requests: readonly SmallRequest[]): Generator {
  const script = join(temporaryDirectory(), 'requests.lua');
  writeFileSync(script, luaScript(requests));
  return {
    name: 'wrk, 1 thread',
    run: async (url, connections, seconds) => {
      const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url];
      const { stdout } = await promisify(execFile)('wrk', args);
      return readWrk(stdout);
    },
  };
}

function luaScript(requests: readonly SmallRequest[]): string {
  const lines = requests.map(
    (r) => `  wrk.format("POST", [[${r.path}]], headers, [==[${r.body}]==]),`,
  );
  return `local headers = { ["content-type"] = "application/json" }
local requests, at = {}, 0
function init(args)
  requests = {
${lines.join('\n')}
  }
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;
}

/** @throws when there were errors, or the output is not understood */
function readWrk(output: string): LoadResult {
  const bad = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(output);
  if (bad) throw new Error(`wrk: ${bad[0]}`);
  const number = (pattern: RegExp): number => {
    const match = pattern.exec(output);
    if (!match) throw new Error(`wrk printed something else:\n${output}`);
    return Number(match[1]) * ({ us: 0.001, ms: 1, s: 1_000 }[match[2] ?? 'ms'] ?? 1);
  };
  return {
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: number(/50%\s+([\d.]+)(us|ms|s)/),
    p99Ms: number(/99%\s+([\d.]+)(us|ms|s)/),
  };
}

function own(requests: readonly SmallRequest[]): Generator {
  const headers = { 'content-type': 'application/json' };
  const ready = requests.map((r) => requestBytes('POST', r.path, headers, r.body));
  return {
    name: 'own generator on bare sockets, 1 thread',
    run: (url, connections, seconds) =>
      sendFor(Number(new URL(url).port), ready, connections, seconds),
  };
}

/** Exported for its test: keeps every connection busy with one request at a time. */
export async function sendFor(
  port: number,
  ready: readonly Buffer[],
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const lanes = await Promise.all(
    Array.from({ length: connections }, () => WireConnection.open(port)),
  );
  const latencies: number[] = [];
  const started = performance.now();
  const endAt = started + seconds * 1_000;
  let at = 0;
  const lane = async (connection: WireConnection): Promise<void> => {
    for (let from = started; from < endAt; ) {
      at = (at + 1) % ready.length;
      from = performance.now();
      const answer = await connection.ask(ready[at]!);
      if (answer.status >= 300) throw new Error(`answered ${answer.status} ${answer.body}`);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(lanes.map(lane));
  const elapsedSeconds = (performance.now() - started) / 1_000;
  for (const connection of lanes) connection.close();
  return {
    requestsPerSecond: latencies.length / elapsedSeconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}
