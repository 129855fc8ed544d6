/** A program that logs through whatever agent there is, and a ledger of what it said, to compare with. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { registrationPath } from '../../packages/client/src/registration.ts';
import type { Session } from '../drop-in/session.ts';
import { get, ownConnections, post } from '../whole/http.ts';
import type { Server } from '../whole/server.ts';
import { registeredIn } from './agent.ts';

/** Where a program finds its agent; everything has a default but that. */
export interface ProgramOptions {
  serverUrl: string;
  /** State directory of its agents. */
  directory: string;
  /** How often it says one of everything; 5 by default. */
  intervalMs?: number;
  /** How often it shows that it responds, after which it may be silent 3 s; never by default. */
  beatMs?: number;
  /** Text that goes along with each event. */
  ballast?: () => string;
}

/** What an agent answers. */
interface Receipt {
  success: boolean;
  accepted: number;
  rejected?: unknown[];
  duplicate?: boolean;
  agentId: string;
}

/**
 * Says numbers, each with an event, an update of the state, a sample and growth of a counter and of a
 * histogram, and sends what it said in batches: the next one once an agent has taken the last one.
 */
export class LoggingProgram {
  readonly session = randomUUID();
  /** Numbers said, from 1. */
  said = 0;
  /** Numbers that an agent has taken. */
  taken = 0;
  /** Batches that an agent had taken already when they came again. */
  duplicates = 0;
  /** Agents that took batches one after the other. */
  moves = 0;
  /** Entries that an agent refused; there should be none. */
  readonly refused: unknown[] = [];
  /** Statuses other than 200; there should be none. */
  readonly failures: string[] = [];

  readonly #options: ProgramOptions;
  readonly #clientId = randomUUID();
  readonly #connections = ownConnections();
  #seq = 0;
  #agentId: string | undefined;
  #entries: object[] = [];
  #isStopped = false;
  #isEnding = false;
  readonly #running: Promise<void>;
  readonly #speaking: NodeJS.Timeout;
  readonly #beating: NodeJS.Timeout | undefined;

  /** Starts at once, whether there is an agent or not. */
  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#speaking = setInterval(() => this.#say(), options.intervalMs ?? 5);
    const { beatMs } = options;
    if (beatMs !== undefined) this.#beating = setInterval(() => this.#beat(), beatMs);
    this.#running = this.#deliver();
  }

  /** Resolves when agents have taken at least so many further numbers. */
  async further(numbers: number): Promise<void> {
    const goal = this.taken + numbers;
    await until(
      () => this.taken >= goal,
      () => `taken ${this.taken}, expected ${goal}; ${this.failures.join('; ')}`,
    );
  }

  /** Says that it ends, and resolves when an agent has taken everything. */
  async end(): Promise<void> {
    clearInterval(this.#speaking);
    clearInterval(this.#beating);
    this.#isEnding = true;
    await this.#running;
    this.#connections.destroy();
  }

  /** Breaks off without another word. */
  async abandon(): Promise<void> {
    this.#isStopped = true;
    await this.end();
  }

  #say(): void {
    this.said++;
    const n = this.said;
    const { session } = this;
    const at = performance.timeOrigin + performance.now();
    const { ballast } = this.#options;
    const data = { n, ...(ballast && { ballast: ballast() }) };
    const columns = { times: [at], series: [{ name: 'gauge', values: [n] }] };
    const counts = n % 2 === 1 ? [1, 0] : [0, 1];
    const value = n % 2 === 1 ? 5 : 15;
    const histogram = { bounds: [10], counts, sum: value, min: value, max: value };
    this.#entries.push(
      { kind: 'event', session, at, name: `e-${n}`, data },
      { kind: 'patch', session, at, patch: { n } },
      { kind: 'columns', session, ...columns },
      { kind: 'growth', session, at, type: 'counter', name: 'counter', delta: n },
      { kind: 'growth', session, at, type: 'histogram', name: 'histogram', ...histogram },
    );
  }

  #beat(): void {
    const { session } = this;
    this.#entries.push({ kind: 'heartbeat', session, at: Date.now(), timeout_ms: 3_000 });
  }

  async #deliver(): Promise<void> {
    while (!this.#isStopped) {
      const isLast = this.#isEnding;
      if (this.#entries.length > 0 || isLast) await this.#deliverBatch(isLast);
      if (isLast) return;
      await sleep(10);
    }
  }

  async #deliverBatch(isLast: boolean): Promise<void> {
    const upTo = this.said;
    const at = performance.timeOrigin + performance.now();
    const { session } = this;
    const end = isLast ? [{ kind: 'end', session, at }] : [];
    const entries = [...this.#entries, ...end];
    this.#entries = [];
    const body = this.#compose(entries);
    const receipt = await this.#untilTaken(body);
    if (receipt === undefined) return;
    if (receipt.rejected !== undefined) this.refused.push(...receipt.rejected);
    if (receipt.duplicate === true) this.duplicates++;
    if (receipt.agentId !== this.#agentId) this.moves++;
    this.#agentId = receipt.agentId;
    this.taken = upTo;
  }

  /** A batch; to an agent that is new to the program it introduces itself first. */
  #compose(entries: object[]): string {
    const agentId = registeredIn(this.#registration())?.agentId;
    const { session } = this;
    const [product, version, pid] = ['faults', '1', process.pid];
    const start = { kind: 'start', session, at: Date.now(), product, version, pid };
    const isKnown = agentId !== undefined && agentId === this.#agentId;
    this.#seq++;
    return JSON.stringify({
      spoolId: this.#clientId,
      seq: this.#seq,
      entries: isKnown ? entries : [start, ...entries],
    });
  }

  /** Sends the same bytes again until an agent says that it has them. */
  async #untilTaken(body: string): Promise<Receipt | undefined> {
    while (!this.#isStopped) {
      const url = registeredIn(this.#registration())?.url;
      try {
        if (url !== undefined) {
          const answer = await post(`${url}/api/ingest`, body, { agent: this.#connections });
          if (answer.status === 200) return answer.json as Receipt;
          this.failures.push(`${answer.status} ${answer.text}`);
        }
      } catch {
        // The agent is gone, or went before it answered.
      }
      await sleep(20);
    }
    return undefined;
  }

  #registration(): string {
    return registrationPath(this.#options.directory, this.#options.serverUrl);
  }
}

/** Waits until everything that the program said is on the server: once, in order, and nothing else. */
export async function expectEverything(server: Server, program: LoggingProgram): Promise<void> {
  const { said, session: id } = program;
  expect(program.failures).toEqual([]);
  expect(program.refused).toEqual([]);
  expect(program.taken).toBe(said);
  let session: Session | undefined;
  await until(
    async () => {
      const { status, json } = await get(`${server.url}/api/sessions/${id}`);
      session = status === 200 ? (json as Session) : undefined;
      return session !== undefined && session.ended_at !== null;
    },
    () => `events on the server: ${session?.events.length ?? 'no session'}, said: ${said}`,
  );
  expectSaid(session as Session, said);
  expect(session).toMatchObject({ active: false, crashed: false });
}

function expectSaid({ events, state_history, metrics, state }: Session, said: number): void {
  const numbers = Array.from({ length: said }, (_, i) => i + 1);
  const found = {
    events: events.map(({ name }) => name),
    states: state_history.map((snapshot) => snapshot.state.n).filter((n) => n !== undefined),
    gauge: metrics.filter(({ name }) => name === 'gauge').map(({ value }) => value),
  };
  expectSame(
    found.events,
    numbers.map((n) => `e-${n}`),
    'events',
  );
  expectSame(found.states, numbers, 'states');
  expectSame(found.gauge, numbers, 'samples');
  expect(state.n).toBe(said);
  const totals = metrics.filter(({ name }) => name === 'counter').map(({ value }) => value);
  expectSame(
    totals,
    [...new Set(totals as number[])].sort((a, b) => a - b),
    'totals',
  );
  expect(totals.at(-1)).toBe((said * (said + 1)) / 2);
  const [odd, even] = [Math.ceil(said / 2), Math.floor(said / 2)];
  const histogram = metrics.filter(({ name }) => name === 'histogram').at(-1);
  expect(histogram?.metadata).toMatchObject({
    count: said,
    sum: 5 * odd + 15 * even,
    buckets: [
      { le: 10, count: odd },
      { le: '+Inf', count: said },
    ],
  });
}

/** Thousands of values in a report would hide the one that differs. */
function expectSame(found: readonly unknown[], expected: readonly unknown[], what: string): void {
  const at = expected.findIndex((value, i) => value !== found[i]);
  const place = at < 0 ? Math.min(expected.length, found.length) : at;
  const cut = (values: readonly unknown[]) => ({
    what,
    place,
    length: values.length,
    around: values.slice(Math.max(0, place - 3), place + 5),
  });
  expect(cut(found)).toEqual(cut(expected));
}

/** Waits until it is so; fails with what `how` says after a very long time. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  how: () => string,
): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not come to be so: ${how()}`);
    await sleep(50);
  }
}
