/** What a program said and was not sent yet, in bounded memory, and batches made of it in small steps. */
import { entryText, limits, Totals } from '@tacho/protocol';
import { Columns } from './columns.ts';
import { Drops } from './drops.ts';
import { Growths } from './growths.ts';

/** Who receives a batch: an agent sums growth up and hears what concerns the machine, a server does not. */
export type Receiver = 'agent' | 'server';

/** One entry as text. */
export interface Said {
  text: string;
  /** Calls of the program that it stands for; none for what the client says by itself. */
  calls: number;
  /** Only an agent understands it. */
  isLocal?: boolean;
  /** It was sent before, to an agent that had not heard of the session. */
  isSecond?: boolean;
}

/** How large things may become; limits of the protocol by default. */
export interface BacklogBounds {
  bufferBytesMax: number;
  batchBytesMax: number;
}

/** Collects entries of one session. */
export class Backlog {
  readonly session: string;
  readonly columns: Columns;
  readonly growths: Growths;
  readonly drops = new Drops();
  /** Calls of the program, those that were dropped included. */
  said = 0;
  /** Called when there is something to send after there was nothing, and when it is pressing. */
  onSaid: ((isUrgent: boolean) => void) | undefined;

  readonly #bounds: BacklogBounds;
  readonly #totals = new Totals();
  readonly #onFirst = () => this.onSaid?.(false);
  #texts: Said[] = [];
  #next = 0;
  #textBytes = 0;
  #heartbeat: Said | undefined;
  #last: Said[] = [];

  constructor(session: string, bounds: Partial<BacklogBounds> = {}) {
    this.session = session;
    this.#bounds = {
      bufferBytesMax: bounds.bufferBytesMax ?? limits.clientBufferBytesMax,
      batchBytesMax: bounds.batchBytesMax ?? limits.clientBatchBytesMax,
    };
    const { bufferBytesMax } = this.#bounds;
    const reserved = Math.min(limits.clientReservedBytes, bufferBytesMax / 4);
    this.columns = new Columns(bufferBytesMax - reserved, this.#onFirst);
    this.growths = new Growths(this.#onFirst);
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return (
      this.#next === this.#texts.length &&
      this.#heartbeat === undefined &&
      this.columns.isEmpty &&
      this.growths.size === 0 &&
      this.#last.length === 0
    );
  }

  /** Keeps an entry; false when there is no room for it. */
  add(said: Said, isUrgent = false): boolean {
    // Two bytes per unit of text is what the engine needs at most, and an object around it.
    const bytes = said.text.length * 2 + 64;
    if (this.#textBytes + this.columns.bytes + bytes > this.#bounds.bufferBytesMax) return false;
    this.#textBytes += bytes;
    this.#texts.push(said);
    this.onSaid?.(isUrgent);
    return true;
  }

  /** Puts entries before all others, as they were refused only for the want of a start. */
  addFirst(entries: readonly Said[]): void {
    this.#texts = [...entries, ...this.#texts.slice(this.#next)];
    this.#next = 0;
    for (const { text } of entries) this.#textBytes += text.length * 2 + 64;
    this.onSaid?.(true);
  }

  /** A sign of life; only the latest one is sent. */
  beat(text: string): void {
    this.#heartbeat = { text, calls: 0 };
    this.onSaid?.(false);
  }

  /** The latest sign of life comes before what is said next: monitoring rests after it, not before. */
  settleBeat(): void {
    const beat = this.#heartbeat;
    this.#heartbeat = undefined;
    if (beat !== undefined) this.add(beat);
  }

  /** What is sent after everything else, whatever the room. */
  addLast(said: Said): void {
    this.#last.push(said);
    this.onSaid?.(true);
  }

  /** Begins a batch; its entries are taken as it is written, step by step. */
  begin(receiver: Receiver): BatchDraft {
    return new BatchDraft(() => this.#take(receiver), this.#bounds.batchBytesMax);
  }

  /** The next entry; undefined when there is none. */
  #take(receiver: Receiver): Said | undefined {
    const text = this.#takeText(receiver);
    if (text !== undefined) return text;
    const sample = this.columns.take(this.session) ?? this.#takeGrowth(receiver);
    if (sample !== undefined) return sample;
    const last = this.#last.shift();
    if (last === undefined || receiver === 'agent' || !last.isLocal) return last;
    return this.#take(receiver);
  }

  #takeText(receiver: Receiver): Said | undefined {
    while (this.#next < this.#texts.length) {
      const said = this.#texts[this.#next++] as Said;
      this.#textBytes -= said.text.length * 2 + 64;
      if (this.#next === this.#texts.length) {
        this.#texts = [];
        this.#next = 0;
      }
      if (receiver === 'agent' || !said.isLocal) return said;
    }
    const heartbeat = this.#heartbeat;
    this.#heartbeat = undefined;
    return heartbeat;
  }

  #takeGrowth(receiver: Receiver): Said | undefined {
    if (receiver === 'agent') {
      const taken = this.growths.take(this.session);
      return taken && { text: entryText(taken.growth), calls: taken.calls };
    }
    for (let taken = this.growths.take(this.session); taken; ) {
      this.#totals.add(taken.growth);
      const [total] = this.#totals.take();
      if (total !== undefined) return { text: entryText(total), calls: taken.calls };
      this.drops.add('series_limit', taken.calls);
      taken = this.growths.take(this.session);
    }
    return undefined;
  }
}

/** A batch that is being written. */
export class BatchDraft {
  readonly entries: Said[] = [];
  /** Whether more is waiting than this batch takes. */
  isFull = false;

  readonly #take: () => Said | undefined;
  readonly #bytesMax: number;
  #bytes = 0;
  #isDone = false;

  constructor(take: () => Said | undefined, bytesMax: number) {
    this.#take = take;
    this.#bytesMax = bytesMax;
  }

  /** Puts an entry at its start. */
  unshift(said: Said): void {
    this.entries.unshift(said);
    this.#bytes += said.text.length;
  }

  /** Writes on for about so many characters; false when the batch is complete. */
  step(charactersMax: number): boolean {
    if (this.#isDone) return false;
    for (let written = 0; written < charactersMax; ) {
      const said = this.#take();
      if (said === undefined) {
        this.#isDone = true;
        return false;
      }
      this.entries.push(said);
      written += said.text.length;
      this.#bytes += said.text.length;
      if (this.#bytes >= this.#bytesMax) {
        this.isFull = true;
        this.#isDone = true;
        return false;
      }
    }
    return true;
  }
}
