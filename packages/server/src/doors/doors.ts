/** All doors of a server, and the account of each. */
import { Door, type DoorParts } from './door.ts';
import { type DoorName, doorNames } from './report.ts';

/** One door for each dialect; they differ in what they read, not in how it is recorded. */
export class Doors {
  readonly #doors: ReadonlyMap<DoorName, Door>;

  constructor(parts: DoorParts) {
    this.#doors = new Map(doorNames.map((name) => [name, new Door(name, parts)]));
  }

  /** The door of a dialect. */
  get(name: DoorName): Door {
    return this.#doors.get(name) as Door;
  }

  /** Every door, in the order of `doorNames`. */
  all(): Door[] {
    return [...this.#doors.values()];
  }

  /** Lets go of their timers. */
  async close(): Promise<void> {
    for (const door of this.all()) await door.close();
  }
}
