/** What a request says, as it is read: by run, with everything counted that cannot be kept. */
import { limits, TachoError } from '@tacho/protocol';
import type { DoorFact, DoorMetric, Said } from '../door.ts';
import type { Resource } from './messages.ts';
import { inSession, type Program, programOf, stateKey } from './resource.ts';

/** What is said of one run. */
export interface Words extends Said {
  metrics: DoorMetric[];
  facts: DoorFact[];
}

/** Something that was refused. */
export interface Refusal {
  /** The code of an error. */
  reason: string;
  details: string;
}

/** Everything that one request says. */
export class Reading {
  readonly nowUs: number;
  readonly said: Words[] = [];
  /** Points or records that the request holds: those kept, `refused` and `empty` together. */
  items = 0;
  readonly refused: Refusal[] = [];
  /** Points that say themselves that they have no value. */
  empty = 0;
  /** Whether everything has a time: then a body that comes again is the same body. */
  isDated = true;

  constructor(nowUs: number) {
    this.nowUs = nowUs;
  }

  /** Reads one point or record; a TachoError refuses that one alone. */
  take(read: () => void): void {
    this.items++;
    try {
      read();
    } catch (error) {
      if (!(error instanceof TachoError)) throw error;
      this.refused.push({ reason: error.code, details: error.details });
    }
  }

  /** An instant in epoch microseconds; undefined for one that is not known. */
  timeOf(nanoseconds: number | undefined, what: string): number | undefined {
    if (nanoseconds === undefined || nanoseconds === 0) {
      this.isDated = false;
      return undefined;
    }
    const us = Math.round(nanoseconds / 1000);
    if (us <= this.nowUs + limits.futureMaxMs * 1000) return us;
    throw new TachoError(
      'invalid_field',
      `${what} is more than a year in the future; expected nanoseconds since 1970.`,
    );
  }

  /** Where the words of a resource go. */
  run(resource: Resource | undefined): Run {
    return new Run(this, resource);
  }

  /** A place for what one run says. */
  wordsOf({ source, attributes }: Program): Words {
    const state = Object.keys(attributes).length === 0 ? {} : { [stateKey]: attributes };
    const words: Words = { source, state, metrics: [], facts: [] };
    this.said.push(words);
    return words;
  }
}

/** The runs of one resource: its own, and those of sessions that its points and records name. */
class Run {
  readonly #reading: Reading;
  readonly #program: Program | TachoError;
  readonly #words = new Map<string, Words>();

  constructor(reading: Reading, resource: Resource | undefined) {
    this.#reading = reading;
    try {
      this.#program = programOf(resource);
    } catch (error) {
      if (!(error instanceof TachoError)) throw error;
      this.#program = error;
    }
  }

  /** What is said in the session of this id, or for '' in that of the resource; throws when it has none. */
  words(id: string): Words {
    const program = this.#program;
    if (program instanceof TachoError) throw program;
    const known = this.#words.get(id);
    if (known !== undefined) return known;
    const words = this.#reading.wordsOf(id === '' ? program : inSession(program, id));
    this.#words.set(id, words);
    return words;
  }
}
