/** Events of a session in the order in which they arrived; a store reads them in order of time. */
import { stringifyJson } from '@tacho/protocol';
import type { EventRow, Store } from '../../store/store.ts';

/** Characters of events that wait for their turn. */
const heldLengthMax = 16 * 1024 * 1024;

/**
 * Reads the events again and again, until all had their turn, where more of them came late than may
 * wait. Nothing may be added to the session meanwhile.
 */
export async function* eventsByArrival(
  store: Store,
  id: string,
  lengthMax = heldLengthMax,
): AsyncGenerator<EventRow> {
  let next = 0;
  for (;;) {
    const held = new Held(lengthMax);
    for await (const row of eventsOf(store, id)) {
      if (row.seq < next || row.seq >= held.horizon) continue;
      held.add(row);
      for (let due = held.take(next); due !== undefined; due = held.take(next)) {
        yield due;
        next += 1;
      }
    }
    // A number is missing where something is damaged.
    yield* held.rest();
    if (held.horizon === Number.POSITIVE_INFINITY) return;
    next = held.horizon;
  }
}

/** Events that wait for their turn, by number. */
class Held {
  /** Events from this number on are for another reading. */
  horizon = Number.POSITIVE_INFINITY;
  readonly #rows = new Map<number, { row: EventRow; length: number }>();
  readonly #lengthMax: number;
  #length = 0;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  add(row: EventRow): void {
    const { length } = stringifyJson({ ...row.event });
    this.#rows.set(row.seq, { row, length });
    this.#length += length;
    if (this.#length > this.#lengthMax) this.#dropLater();
  }

  take(seq: number): EventRow | undefined {
    const found = this.#rows.get(seq);
    if (found === undefined) return undefined;
    this.#rows.delete(seq);
    this.#length -= found.length;
    return found.row;
  }

  *rest(): Generator<EventRow> {
    for (const seq of this.#seqs()) yield this.#rows.get(seq)!.row;
  }

  /** Lets go of the half whose turn comes last, of one event never. */
  #dropLater(): void {
    const seqs = this.#seqs();
    for (const seq of seqs.slice(Math.ceil(seqs.length / 2))) {
      this.horizon = Math.min(this.horizon, seq);
      this.take(seq);
    }
  }

  #seqs(): number[] {
    return [...this.#rows.keys()].sort((a, b) => a - b);
  }
}

async function* eventsOf(store: Store, id: string): AsyncGenerator<EventRow> {
  for await (const part of store.read(id, { events: true })) {
    if (part.kind === 'events') yield* part.rows;
  }
}
