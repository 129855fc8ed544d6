/** What clients said to a server and what they were told: the truth that faults are held against. */
import { get } from '../whole/http.ts';

/** One thing that a request says; a number is said once in the life of a test. */
export interface Fact {
  session: string;
  kind: 'start' | 'sample' | 'event' | 'patch' | 'heartbeat' | 'end' | 'crash';
  /** Identifies samples, events and patches; 0 for the rest. */
  number: number;
}

/** A request and what became of it. */
export interface Said {
  path: string;
  body: unknown;
  headers: Record<string, string>;
  /** The protocol promises that sending it again changes nothing. */
  repeatable: boolean;
  facts: Fact[];
  /** Status of the last answer; undefined while none came. */
  status?: number;
  /** Where the record of the disk stood when the first 2xx came; 0 when nothing is recorded. */
  acknowledgedAt?: number;
}

/** What a check counted. */
export interface Checked {
  /** Acknowledged facts that had to be there once, and were. */
  acknowledged: number;
  /** Facts of requests that were never acknowledged, found once or not at all. */
  open: number;
}

/** Requests of one load in the order in which they were sent. */
export class Ledger {
  readonly said: Said[] = [];
  readonly sessions = new Set<string>();

  add(said: Said): Said {
    this.said.push(said);
    for (const fact of said.facts) this.sessions.add(fact.session);
    return said;
  }

  /** Facts that were acknowledged before the record of the disk reached `upTo`. */
  acknowledged(upTo = Number.POSITIVE_INFINITY): number {
    let count = 0;
    for (const said of this.said) if (isDurable(said, upTo)) count += said.facts.length;
    return count;
  }

  /**
   * Reads every session and compares: an acknowledged fact is there exactly once, any other at most
   * once (not at all when it was refused), and the facts of one request stand or fall together.
   * @throws with the first hundred broken promises
   */
  async check(url: string, upTo = Number.POSITIVE_INFINITY): Promise<Checked> {
    const found = new Map<string, Map<string, number>>();
    for (const session of this.sessions) found.set(session, await readSession(url, session));
    const broken: string[] = [];
    const checked: Checked = { acknowledged: 0, open: 0 };
    for (const said of this.said) {
      const counts = said.facts.map((fact) => found.get(fact.session)!.get(keyOf(fact)) ?? 0);
      const durable = isDurable(said, upTo);
      checked[durable ? 'acknowledged' : 'open'] += counts.length;
      const problem = problemOf(said, counts, durable);
      if (problem) broken.push(problem);
    }
    if (broken.length > 0) {
      throw new Error(`${broken.length} broken promises:\n${broken.slice(0, 100).join('\n')}`);
    }
    return checked;
  }
}

function isDurable(said: Said, upTo: number): boolean {
  return said.acknowledgedAt !== undefined && said.acknowledgedAt <= upTo;
}

function problemOf(said: Said, counts: number[], durable: boolean): string | undefined {
  const what = `${said.path} ${JSON.stringify(said.body)?.slice(0, 200)} (last answer ${said.status})`;
  const twice = counts.findIndex((count) => count > 1);
  if (twice >= 0) return `stored ${counts[twice]} times: ${keyOf(said.facts[twice]!)} of ${what}`;
  const missing = counts.filter((count) => count === 0).length;
  if (durable && missing > 0) {
    return `acknowledged and lost: ${missing} of ${counts.length} facts of ${what}`;
  }
  /* End, crash and heartbeat read the same whoever said them, so they cannot tell half a request. */
  const own = counts.filter((_, i) => said.facts[i]!.number !== 0);
  const absent = own.filter((count) => count === 0).length;
  if (said.status !== undefined && said.status >= 400 && !durable && absent < own.length) {
    return `refused and stored: ${what}`;
  }
  if (absent > 0 && absent < own.length)
    return `stored in part: ${absent} of ${own.length} missing of ${what}`;
  return undefined;
}

function keyOf(fact: Fact): string {
  return `${fact.kind} ${fact.number}`;
}

interface SessionBody {
  ended_at?: string | null;
  last_heartbeat?: string | null;
  crashed: boolean;
  events: { name: string; data: { number?: number } | null }[];
  metrics: { value: number }[];
  state_history: { state: { number?: number } }[];
}

/** How often each fact is in a session; empty when there is no such session. */
async function readSession(url: string, id: string): Promise<Map<string, number>> {
  const answer = await get(`${url}/api/sessions/${id}`, { timeoutMs: 60_000 });
  const counts = new Map<string, number>();
  if (answer.status === 404) return counts;
  if (answer.status !== 200) throw new Error(`reading ${id}: ${answer.status} ${answer.text}`);
  const session = answer.json as SessionBody;
  const count = (key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  count('start 0');
  for (const metric of session.metrics) count(`sample ${metric.value}`);
  for (const event of session.events) {
    if (event.name === 'session_crashed_detected') count('crash 0');
    else count(`event ${event.data?.number}`);
  }
  for (const snapshot of session.state_history) count(`patch ${snapshot.state.number}`);
  if (session.ended_at) count('end 0');
  if (session.last_heartbeat) count('heartbeat 0');
  return counts;
}
