/** Runs many fuzz cases against a server, several at a time, and counts. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { get, post } from '../whole/http.ts';
import type { Server } from '../whole/server.ts';
import { type FuzzCase, type FuzzContext, kinds } from './cases.ts';
import { Connections } from './exchange.ts';
import { problemOf } from './verdict.ts';

/** What to run. */
export interface CampaignOptions {
  cases: number;
  seed: number;
  /** Connections at the same time; 16 by default. */
  parallel?: number;
  /** Senders that stall for good, beside the cases; each must be cut off in time. */
  stalled?: number;
  /** Draw cases of this kind only. */
  kind?: string;
  /** Run this case alone. */
  only?: number;
  onProgress?: (done: number) => void;
}

/** What came of it. */
export interface CampaignResult {
  /** Cases by kind. */
  kinds: Record<string, number>;
  /** Answers by status; `closed` counts connections that ended without an answer. */
  statuses: Record<string, number>;
  /** Broken promises, at most 50 of them. */
  failures: string[];
  rssBytes: number;
  peakRssBytes: number;
}

const deadlineMs = 20_000;
/** Longer than any timeout that the server has for a request. */
const stalledDeadlineMs = 90_000;
const failuresMax = 50;

/** Runs the cases; the server is asked for its health every thousand of them. */
export async function runCampaign(
  server: Server,
  options: CampaignOptions,
): Promise<CampaignResult> {
  const context: FuzzContext = { sessions: [] };
  const result: CampaignResult = {
    kinds: {},
    statuses: {},
    failures: [],
    rssBytes: 0,
    peakRssBytes: 0,
  };
  const connections = new Connections(server.port);
  const stalled = stalledSenders(server, options, result);
  const first = options.only ?? 0;
  const last = options.only === undefined ? options.cases : first + 1;
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < last && result.failures.length < failuresMax && server.running()) {
      const number = next;
      next += 1;
      if ((number - first) % 1_000 === 0) {
        context.sessions = await freshSessions(server);
        await checkHealth(server, result);
        options.onProgress?.(number - first);
      }
      await runCase(connections, drawCase(options, number, context), number, result);
    }
  };
  context.sessions = await freshSessions(server);
  const workers = Array.from({ length: options.parallel ?? 16 }, () =>
    worker().catch((error: Error) => result.failures.push(`no service: ${error.message}`)),
  );
  await Promise.all(workers);
  await stalled;
  connections.close();
  Object.assign(result, server.memory());
  if (server.running()) await checkHealth(server, result);
  if (!server.running()) {
    const exit = JSON.stringify(await server.exited);
    result.failures.push(`the server ended: ${exit}\n${server.stderr()}`);
  }
  return result;
}

/** The case of this number: its kind and content depend on the seed and the number alone. */
function drawCase(
  { seed, kind }: CampaignOptions,
  number: number,
  context: FuzzContext,
): { kind: string; fuzzCase: FuzzCase } {
  const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35);
  const arbitrary = kindOf(kind).chain((drawn) =>
    kinds[drawn]!.make(context).map((fuzzCase) => ({ kind: drawn, fuzzCase })),
  );
  return fc.sample(arbitrary, { seed: mixed | 0, numRuns: 1 })[0]!;
}

/** Kinds by their shares, or the one that was asked for. */
function kindOf(wanted: string | undefined): fc.Arbitrary<string> {
  if (wanted !== undefined) return fc.constant(wanted);
  const shares = Object.entries(kinds).filter(([, { share }]) => share > 0);
  const weighted = shares.map(([name, { share }]) => ({
    weight: Math.round(share * 100),
    arbitrary: fc.constant(name),
  }));
  return fc.oneof(...weighted);
}

async function runCase(
  connections: Connections,
  drawn: { kind: string; fuzzCase: FuzzCase },
  number: number | string,
  result: CampaignResult,
  waitMs = deadlineMs,
): Promise<void> {
  const { kind, fuzzCase } = drawn;
  count(result.kinds, kind);
  let problem: string | undefined;
  try {
    const outcome = await connections.exchange(fuzzCase, waitMs);
    for (const answer of outcome.answers) count(result.statuses, String(answer.status));
    if (outcome.answers.length === 0) count(result.statuses, 'closed');
    problem = problemOf(fuzzCase, outcome);
  } catch (error) {
    problem = `no connection: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (problem && result.failures.length < failuresMax) {
    const sent = Buffer.concat(fuzzCase.pieces.map((piece) => piece.bytes));
    const shown = sent.toString('latin1', 0, 600);
    result.failures.push(
      `case ${number} (${kind}): ${problem}\n--- sent ${sent.length} bytes:\n${shown}`,
    );
  }
}

/** A few sessions at a time, so that none of them grows without bound. */
async function freshSessions(server: Server): Promise<string[]> {
  const ids = Array.from({ length: 8 }, () => randomUUID());
  for (const id of ids) {
    const answer = await post(`${server.url}/api/sessions`, { id, product: 'Fuzz', version: '1' });
    if (answer.status !== 201) throw new Error(`cannot create a session: ${answer.text}`);
  }
  return ids;
}

async function checkHealth(server: Server, result: CampaignResult): Promise<void> {
  const answer = await get(`${server.url}/health`);
  if (answer.status !== 200) result.failures.push(`/health: ${answer.status} ${answer.text}`);
}

async function stalledSenders(
  server: Server,
  options: CampaignOptions,
  result: CampaignResult,
): Promise<void> {
  const stalled = options.only === undefined ? (options.stalled ?? 0) : 0;
  if (stalled === 0) return;
  const connections = new Connections(server.port);
  const make = kinds.stalled!.make({ sessions: [randomUUID()] });
  const cases = fc.sample(make, { seed: options.seed, numRuns: stalled });
  await Promise.all(
    cases.map((fuzzCase, i) =>
      runCase(
        connections,
        { kind: 'stalled', fuzzCase },
        `stalled ${i}`,
        result,
        stalledDeadlineMs,
      ),
    ),
  );
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
