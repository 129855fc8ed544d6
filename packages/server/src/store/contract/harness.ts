/** What the contract's cases stand on: an engine under test with a clock that they move. */
import type { EventRecord, TachoError } from '@tacho/protocol';
import type { Appended, Once, SessionRow, Store, StoreBatch, StoreClock } from '../store.ts';
import { dump, dumpSession, type SessionDump } from './dump.ts';
import { type Plan, sessionId, toEntries } from './plan.ts';

/** What an engine is opened with. */
export interface ContractOptions extends StoreClock {
  /** The server's clock, epoch microseconds; it stands still unless the case moves it. */
  clock: () => number;
  /** Asks for internal limits so small that a few samples cross them. */
  tight?: boolean;
}

/** An engine under test. */
export interface OpenedStore {
  store: Store;
  /** Closes the store and opens the same data again; absent for engines that keep nothing. */
  reopen?: () => Promise<Store>;
  /** Makes the engine refuse appends with this error until told otherwise; absent where it cannot. */
  refuse?: (error: TachoError | undefined) => void;
}

/** Opens an empty engine. */
export type OpenStore = (options: ContractOptions) => Promise<OpenedStore>;

/** 2026-03-01T00:00:00Z, where the clock of every case starts. */
export const startUs = Date.UTC(2026, 2, 1) * 1000;

/** One second. */
export const secondUs = 1_000_000;

/** Silence after which the engines of the cases call a session suspended. */
export const suspendedAfterUs = 60 * secondUs;

/** Runs a case against an engine that is opened for it and closed after it. */
export function withStore(
  open: OpenStore,
  body: (bench: StoreBench) => Promise<void>,
  options: Partial<ContractOptions> = {},
): () => Promise<void> {
  return async () => {
    const bench = await StoreBench.open(open, options);
    try {
      await body(bench);
    } finally {
      await bench.store.close();
    }
  };
}

/** An engine with its clock and short words for what the cases do. */
export class StoreBench {
  readonly time: { nowUs: number };
  readonly refuse: OpenedStore['refuse'];
  store: Store;
  readonly #reopen: OpenedStore['reopen'];

  private constructor(time: { nowUs: number }, opened: OpenedStore) {
    this.time = time;
    this.store = opened.store;
    this.refuse = opened.refuse;
    this.#reopen = opened.reopen;
  }

  static async open(
    open: OpenStore,
    options: Partial<ContractOptions> = {},
    time = { nowUs: startUs },
  ): Promise<StoreBench> {
    const clock = () => time.nowUs;
    const opened = await open({ suspendedAfterUs, returnGraceUntilUs: 0, ...options, clock });
    return new StoreBench(time, opened);
  }

  /** Appends one batch, received now. */
  say(...plans: Plan[]): Promise<Appended> {
    return this.deliver(plans);
  }

  /** Appends one batch, received now, that counts once. */
  async deliver(plans: Plan[], once?: Once): Promise<Appended> {
    return this.store.append(await this.batch(plans, once));
  }

  /** A batch, received now, to be appended later: the order of the calls is the order of arrival. */
  async batch(plans: Plan[], once?: Once): Promise<StoreBatch> {
    const receivedUs = this.time.nowUs;
    const entries = await toEntries(this.store, plans, receivedUs);
    return { receivedUs, entries, ...(once === undefined ? {} : { once }) };
  }

  /** Appends one batch of a spool. */
  spool(spoolId: string, seq: number, ...plans: Plan[]): Promise<Appended> {
    return this.deliver(plans, { kind: 'spool', spoolId, seq });
  }

  /** Moves the clock. */
  pass(us: number): void {
    this.time.nowUs += us;
  }

  /** Everything that is stored. */
  dump(): Promise<SessionDump[]> {
    return dump(this.store);
  }

  /** A session that must be there. */
  async session(session: number | string): Promise<SessionDump> {
    const found = await dumpSession(this.store, sessionId(session));
    if (found === undefined) throw new Error(`session ${session} is not there`);
    return found;
  }

  /** Its row. */
  async row(session: number | string): Promise<SessionRow> {
    return (await this.session(session)).row;
  }

  /** Names of its events in the order in which they are read. */
  async eventNames(session: number | string): Promise<string[]> {
    const { events } = await this.session(session);
    return events.map(({ event }) => (JSON.parse(event) as { name: string }).name);
  }

  /** Closes and opens the store where the engine can; what was stored must still be there. */
  async reopen(): Promise<void> {
    if (this.#reopen !== undefined) this.store = await this.#reopen();
  }

  /** Checks now and again after the store was closed and opened. */
  async holds(check: () => Promise<void>): Promise<void> {
    await check();
    await this.reopen();
    await check();
  }
}

/** The record of an event that must be there; its integers must be small ones. */
export function recordOf(row: { event: string } | undefined): EventRecord {
  if (row === undefined) throw new Error('there is no such event');
  return JSON.parse(row.event) as EventRecord;
}
