/** Clients that say everything the protocol knows, at once, until the server is gone. */
import { randomUUID } from 'node:crypto';
import { type Answer, isConnectionError, ownConnections, post } from '../whole/http.ts';
import { integer, pick, type Random } from '../whole/random.ts';
import { type Fact, Ledger, type Said } from './ledger.ts';

/** How a load behaves. */
export interface LoadOptions {
  random: Random;
  /** Clients at work at the same time; 8 by default. */
  clients?: number;
  /** Where the record of the disk stands; 0 when nothing is recorded. */
  position?: () => number;
  /** Pause after each request, in milliseconds; 0 by default. */
  pauseMs?: number;
}

/** A load on a server; its ledger knows everything that was said. */
export class Load {
  readonly ledger = new Ledger();
  readonly #options: LoadOptions;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Runs until `stop` or until every client has lost the server. */
  async run(url: string): Promise<void> {
    this.#stopped = false;
    const clients = this.#options.clients ?? 8;
    await Promise.all(Array.from({ length: clients }, () => this.#client(url)));
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * Sends again, in order, what the protocol promises to count once: all that was not acknowledged
   * before the record of the disk reached `upTo`, and a tenth of the rest.
   * @throws when one of them is not acknowledged
   */
  async retry(url: string, upTo = Number.POSITIVE_INFINITY): Promise<void> {
    const { random } = this.#options;
    for (const said of this.ledger.said) {
      if (!said.repeatable) continue;
      const settled = said.acknowledgedAt !== undefined && said.acknowledgedAt <= upTo;
      if (settled && random() > 0.1) continue;
      const answer = await this.#send(url, said);
      if (answer.status >= 300) {
        throw new Error(`a retry of ${said.path} was answered ${answer.status} ${answer.text}`);
      }
      said.acknowledgedAt = 0;
    }
  }

  async #client(url: string): Promise<void> {
    const { random, pauseMs = 0 } = this.#options;
    const speaker = new Speaker(random);
    const agent = ownConnections();
    try {
      while (!this.#stopped) {
        const said = this.ledger.add(speaker.next());
        const answer = await this.#send(url, said, agent);
        speaker.heard(answer.status);
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } catch (error) {
      if (!isConnectionError(error)) throw error;
    } finally {
      agent.destroy();
    }
  }

  async #send(url: string, said: Said, agent?: ReturnType<typeof ownConnections>): Promise<Answer> {
    const options = agent ? { headers: said.headers, agent } : { headers: said.headers };
    const answer = await post(`${url}${said.path}`, said.body, options);
    said.status = answer.status;
    if (answer.text.includes('"rejected"')) throw new Error(`${said.path}: ${answer.text}`);
    if (answer.status >= 200 && answer.status < 300) {
      said.acknowledgedAt ??= this.#options.position?.() ?? 0;
    } else if (![429, 503, 507].includes(answer.status)) {
      throw new Error(`${said.path} was answered ${answer.status} ${answer.text}`);
    }
    return answer;
  }
}

/** Numbers that tell entries apart, across all loads of a process. */
let numberNext = 1;

/** One client: a session at a time, and a spool of its own. */
class Speaker {
  readonly #random: Random;
  readonly #spoolId = randomUUID();
  #seq = 0;
  #session: string | undefined;
  #starting = false;
  /** Requests left until the session is ended. */
  #left = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next thing to say. */
  next(): Said {
    if (this.#session === undefined) return this.#create();
    this.#left -= 1;
    const session = this.#session;
    if (this.#left <= 0) {
      this.#session = undefined;
      return pick(this.#random, [this.#end, this.#crash]).call(this, session);
    }
    const say = pick(this.#random, [
      this.#single,
      this.#single,
      this.#single,
      this.#array,
      this.#event,
      this.#patch,
      this.#heartbeat,
      this.#ingest,
    ]);
    return say.call(this, session);
  }

  /** A session whose creation was refused does not exist. */
  heard(status: number): void {
    if (this.#starting && status >= 300) this.#session = undefined;
    this.#starting = false;
  }

  #create(): Said {
    const id = randomUUID();
    this.#session = id;
    this.#starting = true;
    this.#left = integer(this.#random, 5, 60);
    return {
      path: '/api/sessions',
      body: { id, product: 'Fault', version: '1.0', hostname: 'test' },
      headers: {},
      repeatable: true,
      facts: [{ session: id, kind: 'start', number: 0 }],
    };
  }

  #single(session: string): Said {
    const fact = newFact(session, 'sample');
    return this.#maybeKeyed(session, 'metrics', metric(fact.number), [fact]);
  }

  #array(session: string): Said {
    const facts = newFacts(session, 'sample', integer(this.#random, 2, 50));
    return this.#maybeKeyed(
      session,
      'metrics',
      facts.map((fact) => metric(fact.number)),
      facts,
    );
  }

  #event(session: string): Said {
    const fact = newFact(session, 'event');
    const body = { name: 'said', level: 'info', message: 'said', data: { number: fact.number } };
    return this.#maybeKeyed(session, 'events', body, [fact]);
  }

  #patch(session: string): Said {
    const fact = newFact(session, 'patch');
    return this.#maybeKeyed(session, 'state', { state: { number: fact.number } }, [fact]);
  }

  #heartbeat(session: string): Said {
    return plain(session, 'heartbeat', undefined, { session, kind: 'heartbeat', number: 0 });
  }

  #end(session: string): Said {
    return plain(session, 'end', undefined, { session, kind: 'end', number: 0 });
  }

  #crash(session: string): Said {
    return plain(session, 'crash', { reason: 'test' }, { session, kind: 'crash', number: 0 });
  }

  /** A batch of a spool, sometimes with a session of its own. */
  #ingest(session: string): Said {
    const facts: Fact[] = [];
    const entries: unknown[] = [];
    const at = new Date().toISOString();
    let into = session;
    if (this.#random() < 0.3) {
      into = randomUUID();
      facts.push({ session: into, kind: 'start', number: 0 });
      entries.push({ kind: 'start', session: into, at, product: 'Spool', version: '2' });
    }
    const columns = newFacts(into, 'sample', 2 * integer(this.#random, 1, 200));
    facts.push(...columns);
    entries.push({ kind: 'columns', session: into, ...columnsOf(columns) });
    const single = newFact(session, 'sample');
    const event = newFact(session, 'event');
    facts.push(single, event);
    entries.push({ kind: 'metric', session, at, ...metric(single.number) });
    entries.push({ kind: 'event', session, at, name: 'said', data: { number: event.number } });
    this.#seq += 1;
    const body = { spoolId: this.#spoolId, seq: this.#seq, entries };
    return { path: '/api/ingest', body, headers: {}, repeatable: true, facts };
  }

  #maybeKeyed(session: string, what: string, body: unknown, facts: Fact[]): Said {
    const repeatable = this.#random() < 0.4;
    const headers: Record<string, string> = repeatable ? { 'idempotency-key': randomUUID() } : {};
    return { path: `/api/sessions/${session}/${what}`, body, headers, repeatable, facts };
  }
}

/** A request that may be repeated because saying it twice means the same. */
function plain(session: string, what: string, body: unknown, fact: Fact): Said {
  const path = `/api/sessions/${session}/${what}`;
  return { path, body, headers: {}, repeatable: true, facts: [fact] };
}

function newFact(session: string, kind: Fact['kind']): Fact {
  const number = numberNext;
  numberNext += 1;
  return { session, kind, number };
}

function newFacts(session: string, kind: Fact['kind'], count: number): Fact[] {
  return Array.from({ length: count }, () => newFact(session, kind));
}

function metric(value: number): { name: string; value: number; tags: string[] } {
  return { name: `fault.metric_${value % 3}`, value, tags: ['test', `kind:${value % 2}`] };
}

/** Two series, sampled together every 100 ms until now. */
function columnsOf(facts: Fact[]): { times: number[]; series: unknown[] } {
  const rows = facts.length / 2;
  const now = Date.now();
  const numbers = facts.map((fact) => fact.number);
  return {
    times: Array.from({ length: rows }, (_, i) => now - 100 * (rows - i)),
    series: [
      { name: 'fault.first', type: 'gauge', values: numbers.slice(0, rows) },
      { name: 'fault.second', type: 'counter', unit: 'items', values: numbers.slice(rows) },
    ],
  };
}
