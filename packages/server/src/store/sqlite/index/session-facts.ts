/** What answers say of many sessions at once: product, version, when they were created. */
import type { Database, Statement } from '../database.ts';
import { type Bits, setBit } from './bits.ts';
import { GoneFeed } from './gone.ts';

/** Deleted sessions taken up at once. */
const gonePage = 10_000;

/** Columns of all sessions by number, 16 bytes each; kept in memory and brought up when asked. */
export class SessionFacts {
  readonly #sql: Record<'after', Statement>;
  readonly #gone: GoneFeed;
  readonly #versions: { product: string; version: string }[] = [];
  readonly #codes = new Map<string, number>();
  #createdUs = new Float64Array(1_024);
  #version = new Uint32Array(1_024);
  #alive: Bits = new Uint32Array(32);
  #last = 0;
  #goneRev: number | undefined;

  constructor(main: Database) {
    this.#gone = new GoneFeed(main);
    this.#sql = {
      after: main.prepare(
        'SELECT no, product, version, created_us FROM session WHERE no > ? ORDER BY no',
      ),
    };
  }

  /** Takes up everything that is committed. */
  catchUp(): void {
    this.#goneRev ??= this.#gone.last();
    for (const row of this.#sql.after.all(this.#last) as unknown as SessionTableRow[]) {
      const { no, product, version, created_us } = row;
      if (no >= this.#version.length) this.#grow(no);
      this.#createdUs[no] = created_us;
      this.#version[no] = this.#code(product, version);
      setBit(this.#alive, no);
      this.#last = no;
    }
    for (;;) {
      const { sessions, upto } = this.#gone.after(this.#goneRev, gonePage);
      if (sessions.size === 0) return;
      for (const no of sessions) {
        if (no <= this.#last) this.#alive[no >>> 5]! &= ~(1 << (no & 31));
      }
      this.#goneRev = upto;
    }
  }

  /** All sessions that are there; not to be changed. */
  get alive(): Bits {
    return this.#alive;
  }

  /** Numbers of sessions are below it. */
  get size(): number {
    return this.#last + 1;
  }

  /** How many products with a version there are; their numbers are below it. */
  get versions(): number {
    return this.#versions.length;
  }

  createdUs(no: number): number {
    return this.#createdUs[no]!;
  }

  /** A number for product and version, for `version`. */
  versionCode(no: number): number {
    return this.#version[no]!;
  }

  version(code: number): { product: string; version: string } {
    return this.#versions[code]!;
  }

  #code(product: string, version: string): number {
    const key = JSON.stringify([product, version]);
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const code = this.#versions.push({ product, version }) - 1;
    this.#codes.set(key, code);
    return code;
  }

  #grow(no: number): void {
    const size = Math.ceil(((no + 1) * 1.5) / 32) * 32;
    const [created, version, alive] = [this.#createdUs, this.#version, this.#alive];
    this.#createdUs = new Float64Array(size);
    this.#createdUs.set(created);
    this.#version = new Uint32Array(size);
    this.#version.set(version);
    this.#alive = new Uint32Array(size / 32);
    this.#alive.set(alive);
  }
}

interface SessionTableRow {
  no: number;
  product: string;
  version: string;
  created_us: number;
}
