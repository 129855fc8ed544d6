/** Writes batches to one shard: what waits while an insert is under way becomes the next one (group commit). */
import { limits, TachoError } from '@tacho/protocol';
import type { Appended, StoreBatch, StoreClock, StoreEntry } from '../store.ts';
import type { Told } from '../told.ts';
import { BatchRows, type Desk, type Notice } from './batch.ts';
import { Catalog } from './catalog.ts';
import { quickTimeoutMs, type Shard } from './connection.ts';
import { onceName, type Rival, rivalsOf, storedBefore } from './ledger.ts';
import { batchName, type LiveSession, type Outcome } from './live.ts';
import { EntryLog } from './log.ts';
import type { SampleRun } from './log-block.ts';
import type { LogRow } from './log-row.ts';
import { quotedList, uuidList } from './sql.ts';
import { writeOutcomes } from './tables.ts';
import type { Turns } from './turns.ts';

/** What a writer works with. */
export interface WriterParts {
  shard: Shard;
  turns: Turns;
  clock: StoreClock & { clock: () => number };
  tell: (told: readonly Told[]) => void;
  /** Called for sessions that turn out to be deleted. */
  onGone: (id: string) => void;
}

/** A batch with what the server itself notices. */
type Job = Pick<StoreBatch, 'receivedUs' | 'entries' | 'once' | 'replay'> & { notices: Notice[] };

interface Pending extends Job {
  /** Roughly how much it is: entries, and samples in them. */
  size: number;
  resolve(answer: Appended): void;
  reject(error: unknown): void;
}

/** A batch that is new, with its rows. */
interface Taken {
  pending: Pending;
  rows: BatchRows;
}

/** Entries and samples of one insert. */
const groupSizeMax = 100_000;

/** Sessions that are kept to be written to. */
const liveMax = 20_000;

/**
 * How much older than now the turn of a row may be that another server has just inserted: its insert
 * and the difference of the clocks. What is later still is found by the upkeep.
 */
const lateUsMax = 120e6;

/** Tries of an insert whose outcome is not known; the token makes it count once. */
const insertTries = 3;

const dayUs = 24 * 3600 * 1e6;

/** Takes batches in order of arrival and answers when they are durable and can be asked for. */
export class Writer {
  readonly log: EntryLog;
  readonly catalog: Catalog;
  readonly #parts: WriterParts;
  /** The least recently written to first. */
  readonly #live = new Map<string, LiveSession>();
  readonly #queue: Pending[] = [];
  /** Sessions whose tables may know less than the log. */
  readonly #unsure = new Set<string>();
  #queuedSize = 0;
  #batches = 0;
  #inserts = 0;
  #running: Promise<void> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.log = new EntryLog(parts.shard);
    this.catalog = new Catalog(parts.shard, this.log);
  }

  /** Entries that are not durable yet. */
  get queuedEntries(): number {
    return this.#queuedSize;
  }

  /** Makes a batch durable; see `Store.append`. */
  append(job: Job): Promise<Appended> {
    const size = sizeOf(job);
    if (this.#queuedSize > 0 && this.#queuedSize + size > limits.queuedEntriesMax) {
      const details = `${this.#queuedSize} entries wait for ClickHouse already; try again soon`;
      return Promise.reject(new TachoError('overloaded', details, { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...job, size, resolve, reject });
      this.#queuedSize += size;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group: Pending[] = [];
      let size = 0;
      while (
        this.#queue[0] !== undefined &&
        (size === 0 || size + this.#queue[0].size <= groupSizeMax)
      ) {
        const pending = this.#queue.shift()!;
        size += pending.size;
        group.push(pending);
      }
      try {
        await this.#commit(group);
      } catch (error) {
        for (const pending of group) pending.reject(error);
      }
      this.#queuedSize -= size;
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    const fresh = await this.#withoutStored(group);
    if (fresh.length === 0) return;
    const desk = await this.#desk(fresh);
    const { taken, repeated } = this.#take(fresh, desk);
    const touched = new Set(taken.flatMap(({ rows }) => [...rows.touched]));
    const rows = taken.flatMap((one) => one.rows.rows);
    const runs = taken.flatMap((one) => one.rows.runs);
    let lost: Map<Pending, Appended>;
    const outcomes: { live: LiveSession; outcome: Outcome }[] = [];
    try {
      if (rows.length > 0) await this.#insert(rows, runs);
      for (const live of touched) outcomes.push({ live, outcome: live.takeOutcome() });
      const { shard } = this.#parts;
      [, lost] = await Promise.all([writeOutcomes(shard, outcomes), this.#settle(taken, touched)]);
    } catch (error) {
      // They are ahead of what is durable, or their tables are behind.
      for (const { id } of touched) {
        this.#live.delete(id);
        this.#unsure.add(id);
      }
      throw error;
    }
    this.#parts.tell(outcomes.flatMap(({ outcome }) => outcome.told));
    for (const { pending } of taken) pending.resolve(lost.get(pending) ?? { kind: 'stored' });
    for (const [pending, first] of repeated) this.#repeat(pending, first);
    this.#keep(touched);
    for (const { id, gone } of desk.sessions.values()) {
      if (gone || this.#live.get(id)?.gone) this.#parts.onGone(id);
    }
  }

  /** Answers batches that were stored before; the others. */
  async #withoutStored(group: readonly Pending[]): Promise<Pending[]> {
    const entries = group.flatMap(({ once, receivedUs }) => (once ? [{ once, receivedUs }] : []));
    const stored =
      entries.length === 0 ? undefined : await storedBefore(this.#parts.shard, entries);
    if (stored === undefined || stored.size === 0) return [...group];
    const fresh: Pending[] = [];
    const answered: [Pending, Appended][] = [];
    for (const pending of group) {
      const answer = pending.once && stored.get(onceName(pending.once));
      if (answer === undefined) fresh.push(pending);
      else if (answer instanceof TachoError) pending.reject(answer);
      else answered.push([pending, answer]);
    }
    // Whoever stored them may have ended before its tables were written.
    await this.#bringUpToDate(answered.flatMap(([{ entries }]) => entries));
    for (const [pending, answer] of answered) pending.resolve(answer);
    return fresh;
  }

  async #bringUpToDate(entries: readonly StoreEntry[]): Promise<void> {
    const ids = new Set(entries.map(({ session }) => session.id));
    await this.catalog.load([...ids].filter((id) => !this.#live.has(id)));
  }

  /** Loads every session that a group is about. */
  async #desk(group: readonly Pending[]): Promise<Desk> {
    const { shard, turns, clock } = this.#parts;
    const wanted = new Set<string>();
    const machines = new Set<string>();
    for (const { entries, notices, replay } of group) {
      for (const entry of entries) {
        wanted.add(entry.session.id);
        if (entry.kind === 'start' && entry.machineId !== undefined && !replay) {
          machines.add(entry.machineId);
        }
      }
      for (const notice of notices) {
        wanted.add(notice.id);
        if (notice.kind === 'renew') this.#unsure.add(notice.id);
      }
    }
    if (machines.size > 0) {
      const siblings = await shard.rows<{ session: string }>(
        `SELECT session FROM head FINAL
         WHERE machine IN ${quotedList(machines)} AND NOT gone AND lifecycle = 'active'
           AND heartbeat_us IS NOT NULL`,
      );
      for (const { session } of siblings) wanted.add(session);
    }
    const sessions = new Map<string, LiveSession>();
    const missing: string[] = [];
    for (const id of wanted) {
      const live = this.#unsure.has(id) ? undefined : this.#live.get(id);
      if (live === undefined) missing.push(id);
      else sessions.set(id, live);
    }
    for (const live of await this.catalog.load(missing)) {
      sessions.set(live.id, live);
      this.#unsure.delete(live.id);
      turns.see(live.turn);
    }
    const day = Math.floor(Math.max(0, group[0]!.receivedUs) / dayUs);
    return { turns, clock, sessions, day };
  }

  #take(group: readonly Pending[], desk: Desk) {
    const taken: Taken[] = [];
    const repeated: [Pending, Pending][] = [];
    const firsts = new Map<string, Pending>();
    for (const pending of group) {
      const name = pending.once && onceName(pending.once);
      const first = name === undefined ? undefined : firsts.get(name);
      if (first !== undefined) {
        repeated.push([pending, first]);
        continue;
      }
      const rows = new BatchRows(desk, pending, ++this.#batches);
      try {
        rows.take(pending.entries, pending.notices);
      } catch (error) {
        // It was refused before it did anything.
        pending.reject(error);
        continue;
      }
      if (name !== undefined) firsts.set(name, pending);
      taken.push({ pending, rows });
    }
    return { taken, repeated };
  }

  /** A batch that came twice in one group. */
  #repeat(pending: Pending, first: Pending): void {
    if (pending.once?.kind === 'key' && first.once?.kind === 'key') {
      if (pending.once.fingerprint !== first.once.fingerprint) {
        // The first one is stored now, so asking again tells of the conflict.
        void this.append(pending).then(pending.resolve, pending.reject);
        return;
      }
      pending.resolve({ kind: 'duplicate', reply: first.once.reply });
      return;
    }
    pending.resolve({ kind: 'duplicate' });
  }

  async #insert(rows: readonly LogRow[], runs: readonly SampleRun[]): Promise<void> {
    const token = `${this.#parts.turns.server} ${++this.#inserts}`;
    const endMs = performance.now() + quickTimeoutMs;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.log.insert(rows, runs, token);
        return;
      } catch (error) {
        const isAway = error instanceof TachoError && error.code === 'store_unavailable';
        if (!isAway || tries === insertTries || performance.now() > endMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 * tries));
      }
    }
  }

  /**
   * Looks whether other servers wrote to the same sessions meanwhile, or the same batches: then the
   * sessions are folded anew and are no longer among `touched`. The batches that do not count, with
   * their answers.
   */
  async #settle(
    taken: readonly Taken[],
    touched: Set<LiveSession>,
  ): Promise<Map<Pending, Appended>> {
    const { shard, turns } = this.#parts;
    const named = taken.flatMap(({ pending: { once, receivedUs }, rows }) =>
      once === undefined ? [] : [{ once, receivedUs, batch: rows.number }],
    );
    const ids = [...touched].map(({ id }) => id);
    const since = this.#parts.clock.clock() - lateUsMax;
    const [strange, rivals] = await Promise.all([
      this.catalog.strangers(ids, turns.server, Math.max(0, Math.floor(since))),
      rivalsOf(shard, named, turns.server),
    ]);
    const counts = strange.length === 0 ? undefined : await this.catalog.counts(strange);
    const lost = new Map<Pending, Appended>();
    const stale = new Set<string>();
    for (const rival of rivals) {
      const ours = taken.find(
        ({ pending: { once } }) => once && onceName(once) === onceName(rival.once),
      );
      if (ours === undefined) continue;
      const isOurs = rival.server < turns.server;
      if (isOurs) lost.set(ours.pending, rival.answer);
      await this.#void(ours, isOurs ? undefined : rival);
      for (const { id } of ours.rows.touched) stale.add(id);
    }
    for (const { id, gen, known } of touched) {
      const gens = counts?.get(id);
      if (gens === undefined) continue;
      if (Math.max(...gens.keys()) !== gen || gens.get(gen) !== known) stale.add(id);
    }
    for (const live of await this.catalog.refold([...stale])) {
      this.#live.set(live.id, live);
      turns.see(live.turn);
      const old = [...touched].find(({ id }) => id === live.id);
      if (old !== undefined) touched.delete(old);
    }
    return lost;
  }

  /** Takes a batch out of what counts: ours, or that of another server. */
  async #void(ours: Taken, rival: Rival | undefined): Promise<void> {
    const { shard, turns, clock } = this.#parts;
    const server = rival?.server ?? turns.server;
    const batch = rival?.batch ?? ours.rows.number;
    const body = batchName(server, batch);
    const sessions = [...ours.rows.touched];
    if (sessions.length === 0) return;
    const ids = uuidList(sessions.map(({ id }) => id));
    await shard.run(
      `DELETE FROM entry WHERE session IN ${ids} AND series != 0
         AND server = ${server} AND batch = ${batch}`,
    );
    const nowUs = clock.clock();
    const rows = sessions.map(({ id, gen, start }): LogRow => {
      const turn = turns.next(nowUs);
      return {
        ...{ session: id, series: 0n, atUs: nowUs, turn, server: turns.server, place: 0, gen },
        ...{ batch: ++this.#batches, kind: 'void', replay: false, receivedUs: nowUs },
        ...{ product: start.product, version: start.version, value: 0, body },
        day: Math.floor(nowUs / dayUs),
      };
    });
    await this.#insert(rows, []);
  }

  #keep(touched: ReadonlySet<LiveSession>): void {
    for (const live of touched) {
      this.#live.delete(live.id);
      this.#live.set(live.id, live);
    }
    for (const id of this.#live.keys()) {
      if (this.#live.size <= liveMax) return;
      this.#live.delete(id);
    }
  }
}

function sizeOf({ entries }: Job): number {
  let size = 0;
  for (const entry of entries) {
    if (entry.kind === 'samples') size += entry.values.length;
    else if (entry.kind === 'columns') size += entry.values.length * entry.timesUs.length;
    else size += 1;
  }
  return size;
}
