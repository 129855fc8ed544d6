/** The newest events, taken up in memory until there are enough of them for a segment. */
import { type Bits, setBit } from './bits.ts';
import { type EventTexts, termsOf } from './event-terms.ts';
import { encodePosting, LeafWriter } from './posting.ts';
import type { EventRange, Segment, SegmentStore } from './segment.ts';

/** A range of events that grows; see `EventRange`. */
export class EventTail implements EventRange {
  readonly first: number;
  /** Places by term, ascending. */
  readonly #terms = new Map<string, number[]>();
  readonly #sessions: Uint32Array;
  #size = 0;

  /** `first` is the id of the first event that it may take up, `places` how many ids it has room for. */
  constructor(first: number, places: number) {
    this.first = first;
    this.#sessions = new Uint32Array(places);
  }

  get size(): number {
    return this.#size;
  }

  /** Whether an event has a place here. */
  hasPlace(id: number): boolean {
    return id - this.first < this.#sessions.length;
  }

  /** Takes up an event; ids come ascending. */
  add(id: number, session: number, event: EventTexts): void {
    const place = id - this.first;
    this.#size = place + 1;
    this.#sessions[place] = session;
    for (const term of termsOf(event)) {
      const places = this.#terms.get(term);
      if (places) places.push(place);
      else this.#terms.set(term, [place]);
    }
  }

  sessions(): Uint32Array {
    return this.#sessions;
  }

  addTerm(term: string, into: Bits): void {
    for (const place of this.#terms.get(term) ?? []) setBit(into, place);
  }

  addPrefix(prefix: string, into: Bits): void {
    for (const [term, places] of this.#terms) {
      if (term.startsWith(prefix)) for (const place of places) setBit(into, place);
    }
  }

  /** Takes deleted sessions out. */
  drop(gone: ReadonlySet<number>): void {
    for (const [place, session] of this.#sessions.entries()) {
      if (gone.has(session)) this.#sessions[place] = 0;
    }
  }

  /** Writes it as a segment; undefined when no event is left in it. */
  write(store: SegmentStore): Segment | undefined {
    const sessions = this.#sessions.slice(0, this.#size);
    const events = sessions.reduce((count, session) => count + (session === 0 ? 0 : 1), 0);
    if (events === 0) return undefined;
    const no = store.nextNo();
    const leaves = new LeafWriter((ordinal, data) => store.writeLeaf(no, ordinal, data));
    for (const term of [...this.#terms.keys()].sort()) {
      leaves.add(term, encodePosting(this.#terms.get(term)!, this.#size));
    }
    leaves.end();
    const row = { no, level: 0, first: this.first, size: this.#size, events, remaining: events };
    return store.add(row, leaves.directory, sessions);
  }
}
