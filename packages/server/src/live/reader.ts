/** One reader of a live stream: a place in the ring, and a socket that says when it takes more. */
import type { ServerResponse } from 'node:http';
import { type Level, levels } from '@tacho/protocol';
import type { LiveEntry } from './entry.ts';
import type { LiveRing } from './ring.ts';

/** What a reader wants to see; an empty list lets everything through. */
export interface LiveFilter {
  kind: readonly string[];
  level: Level | undefined;
  product: readonly string[];
  version: readonly string[];
  name: readonly string[];
  /** Ids of sessions, or beginnings of them. */
  session: readonly string[];
}

/** Product and version of a session. */
export interface Facts {
  product: string;
  version: string;
}

/** Finds out product and version of a session; at once when they are known. */
export type FactsOf = (session: string) => Facts | undefined | Promise<Facts | undefined>;

/** What is handed to the socket at once. */
const writeLengthMax = 16 * 1024;

/** Pulls from the ring as fast as its socket takes; what it misses is counted and told. */
export class LiveReader {
  readonly #ring: LiveRing;
  readonly #response: ServerResponse;
  readonly #filter: LiveFilter;
  readonly #factsOf: FactsOf;
  #position: number;
  #isBusy = false;
  /** Heartbeats since the socket stopped taking. */
  #stuck = 0;

  constructor(
    ring: LiveRing,
    response: ServerResponse,
    filter: LiveFilter,
    factsOf: FactsOf,
    position: number,
  ) {
    this.#ring = ring;
    this.#response = response;
    this.#filter = filter;
    this.#factsOf = factsOf;
    this.#position = position;
    response.on('drain', () => this.pull());
  }

  /** Writes what is there for it, until the socket has enough. */
  pull(): void {
    if (this.#isBusy) return;
    while (this.#position < this.#ring.next && this.#mayWrite()) {
      const text = this.#gather();
      if (text !== '') this.#response.write(text);
      if (this.#isBusy) return;
    }
  }

  /** A sign of life that also moves the place to resume from; false when the socket takes nothing for long. */
  beat(stuckMax: number): boolean {
    if (!this.#mayWrite()) return ++this.#stuck < stuckMax;
    this.#stuck = 0;
    if (!this.#isBusy) {
      this.#response.write(`: heartbeat\nid: ${this.#ring.life}-${this.#position}\n\n`);
    }
    return true;
  }

  /** Says that entries are missing: how many, or null when nobody knows. */
  gap(missed: number | null, reason: string): void {
    const data = JSON.stringify({ kind: 'gap', missed, reason });
    const id = `${this.#ring.life}-${this.#position}`;
    this.#response.write(`id: ${id}\nevent: gap\ndata: ${data}\n\n`);
  }

  #mayWrite(): boolean {
    return !this.#response.writableNeedDrain && !this.#response.destroyed;
  }

  /** The next frames for this reader, up to a small size. */
  #gather(): string {
    const missed = this.#ring.first - this.#position;
    if (missed > 0) {
      this.#position = this.#ring.first;
      this.gap(missed, 'the reader was too slow');
    }
    let text = '';
    while (this.#position < this.#ring.next && text.length < writeLengthMax) {
      const entry = this.#ring.entry(this.#position);
      if (entry === undefined) break;
      const verdict = this.#wants(entry);
      if (verdict instanceof Promise) {
        this.#await(verdict);
        break;
      }
      if (verdict) text += this.#ring.frame(this.#position);
      this.#position++;
    }
    return text;
  }

  /** Whose session is not known must be looked up; the same entry is met again then. */
  #await(facts: Promise<unknown>): void {
    this.#isBusy = true;
    const resume = (): void => {
      this.#isBusy = false;
      this.pull();
    };
    facts.then(resume, resume);
  }

  #wants(entry: LiveEntry): boolean | Promise<unknown> {
    const { kind, level, name, session, product, version } = this.#filter;
    if (kind.length > 0 && !kind.includes(entry.kind)) return false;
    if (level !== undefined && entry.level !== undefined) {
      if (levels.indexOf(entry.level) < levels.indexOf(level)) return false;
    }
    if (name.length > 0 && !entry.names.some((one) => name.includes(one))) return false;
    if (session.length > 0 && !session.some((id) => entry.session.startsWith(id))) return false;
    if (product.length === 0 && version.length === 0) return true;
    const facts = this.#factsOf(entry.session);
    if (facts instanceof Promise) return facts;
    if (facts === undefined) return false;
    const isProduct = product.length === 0 || product.includes(facts.product);
    return isProduct && (version.length === 0 || version.includes(facts.version));
  }
}
