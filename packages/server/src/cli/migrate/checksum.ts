/** What a session is, as checksums: equal for equal sessions, whatever store keeps them. */
import { createHash, type Hash } from 'node:crypto';
import {
  type JsonObject,
  type JsonValue,
  parseJson,
  type SeriesKey,
  seriesKeyText,
  stringifyJson,
} from '@tacho/protocol';
import type { SampleDetail, SampleRows, SessionRow, Store } from '../../store/store.ts';

/** Parts of a session that are compared. */
export const checkedParts = ['session', 'patches', 'events', 'samples'] as const;

/** One of them. */
export type CheckedPart = (typeof checkedParts)[number];

/** How many things a part holds, and their checksum. */
interface Checksum {
  count: number;
  /** SHA-256, hexadecimal. */
  hash: string;
}

/** A session in checksums. */
export type Checksums = Record<CheckedPart, Checksum>;

/** Reads a session from end to end; undefined when the store does not have it. */
export async function checksumsOf(store: Store, id: string): Promise<Checksums | undefined> {
  let row: SessionRow | undefined;
  const patches = new Lines();
  const events = new Lines();
  const samples = new Samples();
  for await (const part of store.read(id, { patches: true, events: true, samples: true })) {
    if (part.kind === 'session') row = part.row;
    else if (part.kind === 'patches') {
      for (const { revision, atUs, receivedUs, patch } of part.rows) {
        patches.add(`${revision} ${atUs} ${receivedUs} ${canonical(parseJson(patch))}`);
      }
    } else if (part.kind === 'events') {
      for (const { seq, atUs, receivedUs, event } of part.rows) {
        events.add(`${seq} ${atUs} ${receivedUs} ${canonical({ ...event })}`);
      }
    } else samples.add(part.rows);
  }
  if (row === undefined) return undefined;
  return {
    session: { count: 1, hash: rowHash(row) },
    patches: patches.checksum(),
    events: events.checksum(),
    samples: samples.checksum(),
  };
}

/** Checksum of a session without its history; its numbers of patches, events and samples are part of it. */
export function rowHash(row: SessionRow): string {
  const state = parseJson(row.state);
  const plain = { ...row, status: { ...row.status }, state, startState: parseJson(row.startState) };
  return createHash('sha256')
    .update(canonical(plain as unknown as JsonValue))
    .digest('hex');
}

/** JSON text with sorted keys; what is absent is not told from what is undefined. */
function canonical(value: JsonValue): string {
  return stringifyJson(sorted(value));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // Without a prototype, so that a key named __proto__ is a key.
  const result: JsonObject = Object.create(null);
  for (const key of Object.keys(value).sort()) {
    if (value[key] !== undefined) result[key] = sorted(value[key]);
  }
  return result;
}

/** Texts in their order. */
class Lines {
  readonly #hash = createHash('sha256');
  #count = 0;

  add(line: string): void {
    this.#hash.update(line).update('\n');
    this.#count += 1;
  }

  checksum(): Checksum {
    return { count: this.#count, hash: this.#hash.digest('hex') };
  }
}

/** Samples in the order of each series; stores may tell the series of one instant in any order. */
class Samples {
  #series: (Series | undefined)[] = [];
  #keys: readonly SeriesKey[] = [];
  #count = 0;

  add({ keys, series, timesUs, values, details }: SampleRows): void {
    if (keys.length > 0) this.#keys = keys;
    for (let i = 0; i < series.length; i++) {
      const index = series[i]!;
      this.#series[index] ??= new Series();
      this.#series[index].add(timesUs[i]!, values[i]!, details?.get(i));
    }
    this.#count += series.length;
  }

  checksum(): Checksum {
    const lines: string[] = [];
    for (const [index, series] of this.#series.entries()) {
      if (series !== undefined) lines.push(`${seriesKeyText(this.#keys[index]!)} ${series.hash()}`);
    }
    const hash = createHash('sha256').update(lines.sort().join('\n')).digest('hex');
    return { count: this.#count, hash };
  }
}

/** Samples that are hashed at once. */
const rowsHeld = 64;

class Series {
  readonly #hash = createHash('sha256');
  readonly #rows = new Float64Array(2 * rowsHeld);
  readonly #bytes = new Uint8Array(this.#rows.buffer);
  #details: Hash | undefined;
  #held = 0;
  #count = 0;

  add(atUs: number, value: number, detail: SampleDetail | undefined): void {
    this.#rows[this.#held++] = atUs;
    // There are many NaNs, and they mean the same.
    this.#rows[this.#held++] = Number.isNaN(value) ? Number.NaN : value;
    if (this.#held === this.#rows.length) this.#flush();
    const text = detail === undefined ? '{}' : canonical({ ...detail } as unknown as JsonValue);
    if (text !== '{}') {
      this.#details ??= createHash('sha256');
      this.#details.update(`${this.#count} ${text}\n`);
    }
    this.#count += 1;
  }

  hash(): string {
    this.#flush();
    return `${this.#count} ${this.#hash.digest('hex')} ${this.#details?.digest('hex') ?? ''}`;
  }

  #flush(): void {
    this.#hash.update(this.#bytes.subarray(0, this.#held * 8));
    this.#held = 0;
  }
}
