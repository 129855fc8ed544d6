/** The hub of live streams: what became durable goes in, and every reader is told that there is more. */
import type { ServerResponse } from 'node:http';
import { eventNames, limits, TachoError } from '@tacho/protocol';
import type { Store, StoreBatch, StoreEntry, Told } from '../store/store.ts';
import { liveEntry, toldEntries } from './entry.ts';
import { type Facts, type LiveFilter, LiveReader } from './reader.ts';
import { LiveRing } from './ring.ts';

/** Sessions whose product and version are remembered. */
const factsMax = 10_000;

/** Heartbeats without a drain after which a reader has gone. */
const stuckMax = 20;

/** Takes what was stored and hands it to readers. */
export class LiveHub {
  readonly #ring = new LiveRing();
  readonly #store: Store;
  /** Readers, each with what says whether it may still read. */
  readonly #readers = new Map<LiveReader, { response: ServerResponse; mayRead: () => boolean }>();
  readonly #facts = new Map<string, Facts | undefined>();
  #onTrouble: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWoken = false;

  constructor(store: Store) {
    this.#store = store;
    store.told.watch((told) => this.tell(told));
  }

  /** Readers now. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Where a reader starts that knows all that is stored at this moment. */
  get mark(): string {
    return this.#ring.mark;
  }

  /** Has `listener` called after whatever may be worth a message: an end, an error, a hang. */
  onTrouble(listener: () => void): void {
    this.#onTrouble = listener;
  }

  /** Adds what a batch said; call it once that is durable. */
  publish({ entries, receivedUs, replay }: StoreBatch): void {
    // What was recorded elsewhere and long ago is no news.
    if (replay === true) return;
    for (const entry of entries) {
      const live = liveEntry(entry, receivedUs);
      if (live === undefined) continue;
      if (live.product !== undefined) this.#remember(live.session, live as Facts);
      this.#ring.push(live);
      if (isTrouble(entry)) this.#onTrouble?.();
    }
  }

  /** Adds what the store found out by itself. */
  tell(told: readonly Told[]): void {
    for (const one of told) for (const live of toldEntries(one)) this.#ring.push(live);
    this.#onTrouble?.();
  }

  /** Throws `overloaded` when there are as many readers as may be. */
  checkRoom(): void {
    if (this.#readers.size < limits.liveReadersMax) return;
    const details = `There are ${this.#readers.size} readers of live streams; try again later`;
    throw new TachoError('overloaded', details, { retryAfterSeconds: 10 });
  }

  /** Feeds a response whose head was sent, from the place that a mark names, else from now on. */
  join(
    response: ServerResponse,
    filter: LiveFilter,
    mark: string | undefined,
    mayRead: () => boolean,
  ): void {
    const ring = this.#ring;
    const [life, place = ''] = (mark ?? '').split('-', 2);
    const asked = life === ring.life && /^\d{1,15}$/.test(place) ? Number(place) : undefined;
    const isKnown = asked !== undefined && asked <= ring.next;
    const position = isKnown ? Math.max(asked, ring.first) : ring.next;
    const factsOf = (session: string) => this.#factsOf(session);
    const reader = new LiveReader(ring, response, filter, factsOf, position);
    this.#readers.set(reader, { response, mayRead });
    response.on('close', () => this.#leave(reader));
    this.#listen();
    if (mark !== undefined && !isKnown) reader.gap(null, 'the server was started again');
    else if (isKnown && position > asked) reader.gap(position - asked, 'too long ago');
    reader.pull();
  }

  /** Ends every stream. */
  close(): void {
    for (const { response } of this.#readers.values()) response.end();
    clearInterval(this.#timer);
    this.#store.others?.watch(undefined);
  }

  #listen(): void {
    this.#ring.onPush(() => this.#wakeReaders());
    this.#store.others?.watch(this);
    this.#timer ??= setInterval(() => this.#beat(), limits.liveHeartbeatMs).unref();
  }

  #leave(reader: LiveReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#ring.onPush(undefined);
    this.#store.others?.watch(undefined);
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Once per turn, however much came in it. */
  #wakeReaders(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      for (const reader of this.#readers.keys()) reader.pull();
    });
  }

  #beat(): void {
    for (const [reader, { response, mayRead }] of this.#readers) {
      if (!mayRead()) response.end();
      else if (!reader.beat(stuckMax)) response.destroy();
    }
  }

  #factsOf(session: string): Facts | undefined | Promise<Facts | undefined> {
    if (this.#facts.has(session)) return this.#facts.get(session);
    return this.#look(session);
  }

  async #look(session: string): Promise<Facts | undefined> {
    let facts: Facts | undefined;
    try {
      for await (const part of this.#store.read(session, {})) {
        if (part.kind === 'session') facts = part.row;
      }
    } finally {
      this.#remember(session, facts);
    }
    return facts;
  }

  #remember(session: string, facts: Facts | undefined): void {
    if (this.#facts.size >= factsMax) this.#facts.delete(this.#facts.keys().next().value as string);
    const { product, version } = facts ?? {};
    const known = product !== undefined && version !== undefined;
    this.#facts.set(session, known ? { product, version } : undefined);
  }
}

/** Nearly all entries are samples, which are told apart first. */
function isTrouble(entry: StoreEntry): boolean {
  switch (entry.kind) {
    case 'sample':
      return false;
    case 'crash':
    case 'end':
      return true;
    case 'event': {
      const { level, name } = entry.event;
      return level === 'error' || level === 'critical' || name === eventNames.hang;
    }
    default:
      return false;
  }
}
