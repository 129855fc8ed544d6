/** The ring of recent live entries: shared by all readers, each frame made once, bounded in count and bytes. */
import { randomBytes } from 'node:crypto';
import { type JsonObject, limits, stringifyJson } from '@tacho/protocol';
import type { LiveEntry } from './entry.ts';

interface Slot {
  entry: LiveEntry;
  /** Made when the first reader wants it. */
  frame: string | undefined;
  bytes: number;
}

/** What an entry takes in memory before its frame is made, roughly. */
const entryBytes = 300;

/** Recent entries by position; a position grows by one with every entry and is never used again. */
export class LiveRing {
  /** Tells positions of this server's life from those of another. */
  readonly life = randomBytes(6).toString('hex');
  /** By position, modulo their number. */
  readonly #slots: (Slot | undefined)[] = [];
  #first = 0;
  #next = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;

  /** Position of the oldest entry that is still there. */
  get first(): number {
    return this.#first;
  }

  /** Position that the next entry will get. */
  get next(): number {
    return this.#next;
  }

  /** The next position as text, as `id` of frames and in the header of answers. */
  get mark(): string {
    return `${this.life}-${this.#next}`;
  }

  /** Adds an entry; the oldest ones go when there are too many. */
  push(entry: LiveEntry): void {
    if (this.#next - this.#first === limits.liveEntriesMax) this.#drop();
    // Texts of one or two bytes a character, and the objects that they are in.
    const bytes = entryBytes + 3 * (entry.size ?? 0);
    this.#slots[placeOf(this.#next++)] = { entry, frame: undefined, bytes };
    this.#bytes += bytes;
    // How large others are is known only once they are text.
    if (entry.size === undefined) this.frame(this.#next - 1);
    this.#trim();
    this.#wake?.();
  }

  /** Has `wake` called after every entry; undefined when nobody reads. */
  onPush(wake: (() => void) | undefined): void {
    this.#wake = wake;
  }

  /** The entry at a position; undefined when it is not there. */
  entry(position: number): LiveEntry | undefined {
    const isThere = position >= this.#first && position < this.#next;
    return isThere ? this.#slots[placeOf(position)]?.entry : undefined;
  }

  /** The text of an entry as a server-sent event; its id is the position after it. */
  frame(position: number): string {
    const slot = this.#slots[placeOf(position)]!;
    if (slot.frame !== undefined) return slot.frame;
    const { kind, session, body } = slot.entry;
    let data = stringifyJson({ kind, session, ...body() });
    if (data.length > limits.liveFrameLengthMax) data = shortened(slot.entry);
    const text = `id: ${this.life}-${position + 1}\nevent: ${kind}\ndata: ${data}\n\n`;
    slot.frame = text;
    // The text is enough from now on.
    slot.entry.body = released;
    this.#bytes += text.length + entryBytes - slot.bytes;
    slot.bytes = text.length + entryBytes;
    this.#trim();
    return text;
  }

  #trim(): void {
    while (this.#bytes > limits.liveBytesMax && this.#first < this.#next) this.#drop();
  }

  #drop(): void {
    const place = placeOf(this.#first++);
    this.#bytes -= this.#slots[place]!.bytes;
    this.#slots[place] = undefined;
  }
}

function placeOf(position: number): number {
  return position % limits.liveEntriesMax;
}

const released = (): JsonObject => ({});

/** An entry too large for a stream: what it is, and that the rest is to be asked for. */
function shortened({ kind, session, names, level, body }: LiveEntry): string {
  const { timestamp = null, received_at = null } = body();
  const short: JsonObject = { kind, session, timestamp, received_at, truncated: true };
  if (kind === 'event') Object.assign(short, { name: names[0] ?? '', level: level ?? '' });
  return stringifyJson(short);
}
