/** Merges neighbouring segments into one, a few terms at a time. */
import { type Bits, newBits, setBit } from './bits.ts';
import { encodePosting, LeafWriter, pushPlaces, type Term } from './posting.ts';
import type { Segment, SegmentStore } from './segment.ts';

/** Terms of one segment, in order. */
interface Source {
  segment: Segment;
  terms: Iterator<Term>;
  next: Term | undefined;
}

/**
 * One merge under way. Its leaves are written as it goes, the segment itself at the end; leaves of
 * a merge that was cut short belong to no segment and must be removed. What belongs to deleted
 * sessions is left out.
 */
export class SegmentMerge {
  /** Number of the segment that it makes. */
  readonly no: number;
  readonly segments: readonly Segment[];
  readonly #store: SegmentStore;
  readonly #sources: Source[];
  readonly #leaves: LeafWriter;
  readonly #first: number;
  readonly #size: number;

  /** `segments` are neighbours in order. */
  constructor(store: SegmentStore, segments: readonly Segment[]) {
    this.segments = segments;
    this.no = store.nextNo();
    this.#store = store;
    this.#first = segments[0]!.first;
    this.#size = segments.at(-1)!.first + segments.at(-1)!.size - this.#first;
    this.#sources = segments.map((segment) => {
      const terms = segment.terms();
      return { segment, terms, next: terms.next().value as Term | undefined };
    });
    this.#leaves = new LeafWriter((ordinal, data) => store.writeLeaf(this.no, ordinal, data));
  }

  /** Merges some terms; the segment that replaces the others once all are done, or none when nothing is left. */
  step(terms: number): { isDone: boolean; merged?: Segment | undefined } {
    const live = this.#live();
    for (let i = 0; i < terms; i++) {
      const term = this.#least();
      if (term === undefined) return { isDone: true, merged: this.#finish() };
      const places: number[] = [];
      for (const source of this.#sources) {
        if (source.next?.term !== term) continue;
        pushPlaces(source.next.posting, source.segment.first - this.#first, live, places);
        source.next = source.terms.next().value as Term | undefined;
      }
      if (places.length > 0) this.#leaves.add(term, encodePosting(places, this.#size));
    }
    return { isDone: false };
  }

  #least(): string | undefined {
    let least: string | undefined;
    for (const { next } of this.#sources) {
      if (next && (least === undefined || next.term < least)) least = next.term;
    }
    return least;
  }

  /** Places whose session is there as things stand now. */
  #live(): Bits {
    const live = newBits(this.#size);
    for (const [place, session] of this.#sessions().entries()) {
      if (session !== 0) setBit(live, place);
    }
    return live;
  }

  #sessions(): Uint32Array {
    const sessions = new Uint32Array(this.#size);
    for (const { segment } of this.#sources) {
      sessions.set(segment.sessions(), segment.first - this.#first);
    }
    return sessions;
  }

  #finish(): Segment | undefined {
    this.#leaves.end();
    const sessions = this.#sessions();
    const events = sessions.reduce((count, session) => count + (session === 0 ? 0 : 1), 0);
    for (const { no } of this.segments) this.#store.remove(no);
    if (events === 0) {
      this.#store.remove(this.no);
      return undefined;
    }
    const row = {
      no: this.no,
      level: 1,
      first: this.#first,
      size: this.#size,
      events,
      remaining: events,
    };
    return this.#store.add(row, this.#leaves.directory, sessions);
  }
}
