/** One batch on its way into the log: its entries become rows, and move the sessions that they are about. */
import type { SeriesKey, SeriesTable } from '@tacho/protocol';
import type { SampleEntry, StartEntry } from '../fold.ts';
import { refuseStarted } from '../replay.ts';
import type { StoreBatch, StoreClock, StoreEntry } from '../store.ts';
import { ledgerBody, ledgerId, ledgerPlace } from './ledger.ts';
import { type ClickHouseHandle, LiveSession } from './live.ts';
import type { SampleRun } from './log-block.ts';
import type { LogRow } from './log-row.ts';
import { type Content, contentOf, keyText, seriesHash, startContent } from './said.ts';
import { Samples } from './samples.ts';
import { numberOf } from './series-numbers.ts';
import type { Turns } from './turns.ts';

/** What the server itself notices about sessions. */
export type Notice =
  | { kind: 'lost'; id: string; lostBeforeUs: number }
  /** With an instant, only when nothing was received for it since. */
  | { kind: 'gone'; id: string; expiredBeforeUs?: number }
  /** Its tables may know less than the log; taking it up mends that. */
  | { kind: 'renew'; id: string };

/** What batches are written with. */
export interface Desk {
  turns: Turns;
  clock: StoreClock & { clock: () => number };
  /** Sessions that were loaded for this commit, and those that began in it. */
  sessions: Map<string, LiveSession>;
  /** Days since 1970 of this commit. */
  day: number;
}

/** Hashes of series by their place in the table of a session. */
const hashes = new WeakMap<SeriesTable, { hash: bigint; text: string }[]>();

/** Turns the entries of one batch into rows. */
export class BatchRows {
  readonly rows: LogRow[] = [];
  readonly runs: SampleRun[] = [];
  /** Sessions that it moved. */
  readonly touched = new Set<LiveSession>();
  readonly number: number;
  readonly #desk: Desk;
  readonly #batch: Pick<StoreBatch, 'receivedUs' | 'once' | 'replay'>;
  /** Samples of sessions that nothing else was said about since. */
  readonly #runs = new Map<LiveSession, Samples>();

  constructor(
    desk: Desk,
    batch: Pick<StoreBatch, 'receivedUs' | 'once' | 'replay'>,
    number: number,
  ) {
    this.#desk = desk;
    this.#batch = batch;
    this.number = number;
  }

  /** Takes all entries; throws `session_exists`, and has done nothing, where a replay starts what is there. */
  take(entries: readonly StoreEntry[], notices: readonly Notice[]): void {
    if (this.#batch.replay) refuseStarted(entries, ({ id }) => this.#there(id) !== undefined);
    for (const entry of entries) this.#entry(entry);
    for (const live of [...this.#runs.keys()]) this.#flush(live);
    for (const notice of notices) this.#notice(notice);
    const { once, receivedUs } = this.#batch;
    if (once === undefined) return;
    const atUs = ledgerPlace({ once, receivedUs });
    const turn = this.#desk.turns.next(receivedUs);
    const content = { kind: 'batch', atUs, value: 0, body: ledgerBody(once) } as const;
    this.rows.push(this.#row({ id: ledgerId(once), gen: 0 }, turn, content));
  }

  #there(id: string): LiveSession | undefined {
    const live = this.#desk.sessions.get(id);
    return live === undefined || live.gone ? undefined : live;
  }

  #entry(entry: StoreEntry): void {
    const handle = entry.session as ClickHouseHandle;
    const live = this.#there(handle.id);
    if (entry.kind === 'start') {
      if (live === undefined) this.#start(entry, handle);
      else handle.gen ??= live.gen;
      return;
    }
    // A session that was never started, or that was deleted since the handle was given out, has no place for it.
    if (live === undefined || (handle.gen ?? live.gen) !== live.gen) return;
    if (entry.kind === 'sample' || entry.kind === 'samples' || entry.kind === 'columns') {
      this.#samples(live, entry);
      return;
    }
    this.#flush(live);
    const { receivedUs, replay } = this.#batch;
    const own = replay && 'receivedUs' in entry ? entry.receivedUs : undefined;
    this.#say(live, contentOf(entry, receivedUs), undefined, own);
  }

  #start(entry: StartEntry, handle: ClickHouseHandle): void {
    const { machineId, session: _, ...start } = entry;
    if (machineId !== undefined && !this.#batch.replay) this.#machineReturned(entry, machineId);
    const before = this.#desk.sessions.get(handle.id);
    const gen = before === undefined ? 0 : before.gen + 1;
    const turn = this.#desk.turns.next(this.#batch.receivedUs);
    const { product, version } = start;
    const of = { id: handle.id, gen, product, version };
    const row = this.#row(of, turn, startContent(entry));
    this.rows.push(row);
    const live = LiveSession.begin(row);
    this.#desk.sessions.set(handle.id, live);
    this.touched.add(live);
    handle.gen = gen;
  }

  /** The machine runs again, so siblings that had fallen silent before are dead. */
  #machineReturned(start: StartEntry, machineId: string): void {
    const { clock, suspendedAfterUs, returnGraceUntilUs } = this.#desk.clock;
    const { receivedUs } = this.#batch;
    if (clock() < returnGraceUntilUs) return;
    const siblings = [...this.#desk.sessions.values()]
      .filter(({ gone, start: sibling, fold }) => {
        const { lifecycle, lastHeartbeatUs } = fold.standing.status;
        return (
          !gone &&
          sibling.machineId === machineId &&
          sibling.product === start.product &&
          lifecycle === 'active' &&
          lastHeartbeatUs !== null &&
          receivedUs - lastHeartbeatUs > suspendedAfterUs &&
          !isSameAgent(sibling, start)
        );
      })
      .sort((a, b) => a.no - b.no);
    for (const sibling of siblings) {
      this.#flush(sibling);
      this.#say(sibling, { kind: 'returned', atUs: receivedUs, value: 0, body: machineId });
    }
  }

  #samples(live: LiveSession, entry: SampleEntry): void {
    const { series: keys } = entry.session;
    const run = this.#runs.get(live);
    // To an active session, samples mean only their times: what is said in a row is one row.
    const isPlain = live.fold.standing.status.lifecycle === 'active';
    if (run !== undefined && run.keys !== keys) this.#flush(live);
    const samples = this.#runs.get(live) ?? new Samples(keys);
    samples.add(entry);
    if (samples.timesUs.length === 0) return;
    this.#runs.set(live, samples);
    if (!isPlain) this.#flush(live);
  }

  #flush(live: LiveSession): void {
    const run = this.#runs.get(live);
    if (run === undefined) return;
    this.#runs.delete(live);
    const { receivedUs, replay = false } = this.#batch;
    const sampled = run.sum(receivedUs);
    const used = run.used.map(hashesOf(run.keys));
    const fresh: [number, string][] = [];
    for (const [i, { hash, text }] of used.entries()) {
      if (!live.series.has(hash)) fresh.push([numberOf(run.keys, run.used[i]!), text]);
    }
    const turn = this.#say(
      live,
      contentOf(sampled, receivedUs, fresh, run.span(receivedUs)),
      sampled,
    );
    const { turns, day } = this.#desk;
    const { product, version } = live.start;
    this.runs.push({
      ...{ session: live.id, gen: live.gen, turn, batch: this.number, server: turns.server },
      ...{ product, version, day, replay, hashes: used.map(({ hash }) => hash) },
      ...{ series: run.series, timesUs: run.timesUs, values: run.values, details: run.details },
    });
  }

  #notice(notice: Notice): void {
    const live = this.#there(notice.id);
    const { receivedUs } = this.#batch;
    if (live === undefined || notice.kind === 'renew') return;
    if (notice.kind === 'gone') {
      const { expiredBeforeUs = Infinity } = notice;
      if (live.fold.standing.updatedUs >= expiredBeforeUs) return;
      this.#say(live, { kind: 'gone', atUs: receivedUs, value: 0, body: '' });
      return;
    }
    const { lifecycle, lastActivityUs } = live.fold.standing.status;
    if (lifecycle !== 'active' || lastActivityUs >= notice.lostBeforeUs) return;
    this.#say(live, { kind: 'lost', atUs: receivedUs, value: 0, body: '' });
  }

  /** Adds a row about a session and lets it move the session; its turn. */
  #say(
    live: LiveSession,
    content: Content,
    said?: Parameters<LiveSession['take']>[1],
    receivedUs = this.#batch.receivedUs,
  ): number {
    const turn = this.#desk.turns.next(this.#batch.receivedUs);
    const row = this.#row(ofLive(live), turn, content, receivedUs);
    this.rows.push(row);
    const events = live.take(row, said);
    // Events of one row are told apart by the turns that follow.
    if (events > 1) this.#desk.turns.next(0, events - 1);
    this.touched.add(live);
    return turn;
  }

  #row(
    { id, gen, product = '', version = '' }: RowOf,
    turn: number,
    content: Content,
    receivedUs = this.#batch.receivedUs,
  ): LogRow {
    const { turns, day } = this.#desk;
    return {
      ...{ session: id, series: 0n, atUs: content.atUs, turn, server: turns.server, place: 0 },
      ...{ gen, batch: this.number, kind: content.kind, replay: this.#batch.replay === true },
      ...{ receivedUs, product, version, value: content.value, body: content.body, day },
    };
  }
}

interface RowOf {
  id: string;
  gen: number;
  product?: string;
  version?: string;
}

function ofLive({ id, gen, start }: LiveSession): RowOf {
  return { id, gen, product: start.product, version: start.version };
}

/** The same agent of the same boot speaks for both: then silence is not a sign of death. */
function isSameAgent(a: LiveSession['start'], b: StartEntry): boolean {
  const isKnown = a.bootId !== undefined && a.agentId !== undefined;
  return isKnown && a.bootId === b.bootId && a.agentId === b.agentId;
}

function hashesOf(table: SeriesTable): (series: number) => { hash: bigint; text: string } {
  const known = hashes.get(table) ?? [];
  hashes.set(table, known);
  return (series) => {
    known[series] ??= hashOf(table.keys[series]!);
    return known[series];
  };
}

function hashOf(key: SeriesKey): { hash: bigint; text: string } {
  return { hash: seriesHash(key), text: keyText(key) };
}
