/** What other servers stored, for the readers of live streams here: the log is asked for it again and again. */
import { eventNames, SeriesTable } from '@tacho/protocol';
import type { Log } from '../../log.ts';
import type { StoreBatch, StoreEntry } from '../store.ts';
import type { OtherServers, OthersListener, Told } from '../told.ts';
import type { Shard } from './connection.ts';
import { type EventColumns, eventOfRow } from './events.ts';
import { EntryLog } from './log.ts';
import type { LogRow } from './log-row.ts';
import { detailOf, keyOfText, saidOf, startOf } from './said.ts';
import { uuidList, whole } from './sql.ts';
import type { Turns } from './turns.ts';

/** Time between two looks; with the time of an insert, how much later readers elsewhere are told. */
const pollIntervalMs = 500;

/** An insert that takes longer than this is not told to readers on other servers. */
const insertUsMax = 10e6;

/** Rows of one look; what is beyond them comes with the next. */
const rowsMax = 20_000;

/** How a session stood when readers were last told. */
interface Standing {
  lifecycle: Told['lifecycle'];
  isHung: boolean;
  /** Receipt of what made it so. */
  receivedUs: number;
}

const unheard: Standing = { lifecycle: 'active', isHung: false, receivedUs: 0 };

/** Looks for what others stored, while somebody wants to know. */
export class Others implements OtherServers {
  readonly #shards: readonly Shard[];
  readonly #turns: Turns;
  readonly #clock: () => number;
  readonly #log: Log;
  /** Rows that were told, with their turns. */
  readonly #seen = new Map<string, number>();
  readonly #standings = new Map<string, Standing>();
  #fromUs = 0;
  #listener: OthersListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(shards: readonly Shard[], turns: Turns, clock: () => number, log: Log) {
    this.#shards = shards;
    this.#turns = turns;
    this.#clock = clock;
    this.#log = log;
  }

  /** Tells `listener` from now on; nobody when it is undefined. */
  watch(listener: OthersListener | undefined): void {
    this.#listener = listener;
    if (listener === undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (this.#timer !== undefined) return;
    this.#fromUs = this.#clock();
    this.#seen.clear();
    this.#standings.clear();
    this.#timer = setInterval(() => this.#look(), pollIntervalMs).unref();
  }

  /** Takes what this server told by itself: readers know it, so that it is no news from elsewhere. */
  note(told: readonly Told[]): void {
    if (this.#listener === undefined) return;
    for (const { session, lifecycle, isHung, receivedUs } of told) {
      this.#standings.set(session, { lifecycle, isHung, receivedUs });
    }
  }

  /** Resolves when no look is under way. */
  async close(): Promise<void> {
    this.watch(undefined);
    await this.#looking;
  }

  #look(): void {
    // A slow answer is no reason to ask twice at once.
    this.#looking ??= this.#lookAll()
      .catch((error) => this.#log.warn({ err: error }, 'what other servers stored is not known'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #lookAll(): Promise<void> {
    const nowUs = this.#clock();
    const sinceUs = Math.max(this.#fromUs, nowUs - insertUsMax);
    for (const shard of this.#shards) await this.#lookAt(shard, sinceUs);
    for (const [key, turn] of this.#seen) if (turn < sinceUs) this.#seen.delete(key);
  }

  async #lookAt(shard: Shard, sinceUs: number): Promise<void> {
    const day = Math.floor(sinceUs / 86_400e6);
    const recent = `day >= toDate(${day}) AND turn >= ${whole(sinceUs)} AND server != ${this.#turns.server}`;
    const rows: LogRow[] = [];
    const wanted = `${recent} AND NOT replay AND kind NOT IN ('batch', 'void')`;
    for await (const row of new EntryLog(shard).rows(wanted, 'turn, server, place', rowsMax)) {
      rows.push(row);
    }
    const fresh = rows.filter((row) => !this.#seen.has(nameOf(row)));
    for (const row of fresh) this.#seen.set(nameOf(row), row.turn);
    if (fresh.length === 0) return;
    const keys = await this.#keysOf(shard, fresh);
    for (const batch of batchesOf(fresh, keys)) this.#listener?.publish(batch);
    await this.#tellOf(shard, fresh, sinceUs);
  }

  async #keysOf(shard: Shard, rows: readonly LogRow[]): Promise<Map<string, string>> {
    const hashes = new Set(rows.flatMap(({ series }) => (series === 0n ? [] : [series])));
    if (hashes.size === 0) return new Map();
    const found = await shard.rows<{ id: string; text: string }>(
      `SELECT toString(hash) AS id, min(key) AS text FROM series
       WHERE hash IN (${[...hashes].join(', ')}) GROUP BY hash`,
    );
    return new Map(found.map(({ id, text }) => [id, text]));
  }

  /** Tells what followed from rows: how sessions stand now, and what events the other server made. */
  async #tellOf(shard: Shard, rows: readonly LogRow[], sinceUs: number): Promise<void> {
    const ids = uuidList(new Set(rows.map(({ session }) => session)));
    const [heads, events] = await Promise.all([
      shard.rows<HeadColumns>(
        `SELECT session, lifecycle, hung, updated_us FROM head FINAL WHERE session IN ${ids} AND NOT gone`,
      ),
      shard.rows<EventColumns & { session: string; arrived: number }>(
        `SELECT session, seq, at_us, received_us, arrived, body FROM event FINAL
         WHERE session IN ${ids} AND arrived >= ${whole(sinceUs)} ORDER BY arrived`,
      ),
    ]);
    const said = new Set(
      rows.flatMap((row) => (row.kind === 'event' ? [`${row.session} ${row.body}`] : [])),
    );
    const told: Told[] = [];
    for (const { session, lifecycle, hung, updated_us: receivedUs } of heads) {
      const before = this.#standings.get(session) ?? unheard;
      // A row that was read before this server wrote on is old news.
      const isLater = receivedUs >= before.receivedUs;
      const isChanged = isLater && (before.lifecycle !== lifecycle || before.isHung !== hung);
      if (isLater) this.#standings.set(session, { lifecycle, isHung: hung, receivedUs });
      const made = events.filter((row) => {
        const name = `${session} made ${row.arrived} ${row.seq}`;
        if (row.session !== session || said.has(`${session} ${row.body}`)) return false;
        const isNew = !this.#seen.has(name) && rows.some(({ turn }) => turn <= row.arrived);
        if (isNew) this.#seen.set(name, row.arrived);
        return isNew && isMade(row);
      });
      if (!isChanged && made.length === 0) continue;
      const atUs = made.at(-1)?.at_us ?? receivedUs;
      const list = made.map((row) => eventOfRow(row).event);
      told.push({ session, atUs, receivedUs, events: list, lifecycle, isHung: hung, isChanged });
    }
    if (told.length > 0) this.#listener?.tell(told);
  }
}

interface HeadColumns {
  session: string;
  lifecycle: Told['lifecycle'];
  hung: boolean;
  updated_us: number;
}

function nameOf({ server, turn, place, series }: LogRow): string {
  return `${server} ${turn} ${place} ${series}`;
}

/** Whether servers make such an event. */
function isMade(row: EventColumns): boolean {
  const { crash, resume, recover } = eventNames;
  const made: readonly string[] = [crash, resume, recover];
  return made.includes(eventOfRow(row).event.name);
}

/** Rows as batches: what was received at one instant belongs together; samples are those of one turn. */
function batchesOf(rows: readonly LogRow[], keys: ReadonlyMap<string, string>): StoreBatch[] {
  const batches = new Map<number, StoreBatch>();
  const received = new Map(
    rows.map(({ session, turn, receivedUs }) => [`${session} ${turn}`, receivedUs]),
  );
  const runs = new Map<string, LogRow[]>();
  const add = (receivedUs: number, entry: StoreEntry): void => {
    const batch = batches.get(receivedUs) ?? { receivedUs, entries: [] };
    batch.entries.push(entry);
    batches.set(receivedUs, batch);
  };
  for (const row of rows) {
    const session = { id: row.session, series: new SeriesTable() };
    if (row.kind === 'sample') {
      const name = `${row.session} ${row.turn}`;
      const run = runs.get(name);
      if (run === undefined) runs.set(name, [row]);
      else run.push(row);
    } else if (row.kind === 'start') {
      add(row.receivedUs, { kind: 'start', session, ...startOf(row) });
    } else if (row.kind !== 'sampled') {
      const said = saidOf(row);
      if (said !== undefined && said.kind !== 'sampled') {
        add(row.receivedUs, { ...said, session } as StoreEntry);
      }
    }
  }
  for (const [name, run] of runs) add(received.get(name) || run[0]!.turn, samplesEntry(run, keys));
  return [...batches.values()];
}

function samplesEntry(rows: readonly LogRow[], keys: ReadonlyMap<string, string>): StoreEntry {
  const series = new SeriesTable();
  const known = rows.flatMap((row) => {
    const text = keys.get(String(row.series));
    if (text === undefined) return [];
    const { name, type, unit, tags } = keyOfText(text);
    return [{ row, at: series.index(name, type, unit, tags) }];
  });
  const session = { id: rows[0]!.session, series };
  const [only] = known;
  if (known.length === 1 && only !== undefined) {
    const { atUs, value, body } = only.row;
    const detail = detailOf(body);
    return { kind: 'sample', session, series: only.at, atUs, value, ...(detail && { detail }) };
  }
  return {
    kind: 'samples',
    session,
    series: Uint32Array.from(known, ({ at }) => at),
    timesUs: Float64Array.from(known, ({ row }) => row.atUs),
    values: Float64Array.from(known, ({ row }) => row.value),
  };
}
