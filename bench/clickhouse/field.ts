/** One metric of many sessions, and a long series of one of them, as requests to `/api/ingest`. */
import { randomUUID } from 'node:crypto';
import { requestBytes } from '../../test/whole/wire.ts';

/** How much there is. */
export interface FieldShape {
  sessions: number;
  samplesEach: number;
  longSamples: number;
}

const samplesPerRequest = 10_000;
const startMs = Date.UTC(2026, 10, 1);
const versions = 8;

/** Draws the requests one after the other; the same ones each time. */
export class FieldRequests {
  /** The session with the long series. */
  static readonly longId = randomUUID();
  readonly #left: { id: string; fromTick: number; count: number; metric: string }[] = [];
  readonly #ids: string[];
  readonly #spoolId = randomUUID();
  #seq = 0;
  #random = 1;

  constructor({ sessions, samplesEach, longSamples }: FieldShape) {
    this.#ids = Array.from({ length: sessions }, () => randomUUID());
    const add = (id: string, metric: string, samples: number): void => {
      for (let tick = 0; tick < samples; tick += samplesPerRequest) {
        const count = Math.min(samplesPerRequest, samples - tick);
        this.#left.push({ id, fromTick: tick, count, metric });
      }
    };
    for (const id of this.#ids) add(id, 'frame', samplesEach);
    add(FieldRequests.longId, 'frame', longSamples);
  }

  /** The request that starts all sessions. */
  start(): Buffer {
    const at = new Date(startMs).toISOString();
    const entries = [...this.#ids, FieldRequests.longId].map((session, i) => {
      return { kind: 'start', session, at, product: 'Field', version: `1.${i % versions}` };
    });
    return this.#request(entries);
  }

  /** The next request; undefined when all were drawn. */
  next(): Buffer | undefined {
    const part = this.#left.shift();
    if (part === undefined) return undefined;
    const values = Array.from({ length: part.count }, () => this.#value());
    const times = Array.from({ length: part.count }, (_, i) => i * 1_000);
    const series = [{ name: part.metric, type: 'gauge', unit: 'ms', values }];
    const from = startMs + part.fromTick * 1_000;
    return this.#request([{ kind: 'columns', session: part.id, startMs: from, times, series }]);
  }

  /** Times of frames with two decimals: most near 16 ms, some far above. */
  #value(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    const share = (this.#random + 1) / 2 ** 32;
    return Math.round(16 * share ** -0.35 * 100) / 100;
  }

  #request(entries: unknown[]): Buffer {
    this.#seq += 1;
    const body = JSON.stringify({ spoolId: this.#spoolId, seq: this.#seq, entries });
    return requestBytes('POST', '/api/ingest', { 'content-type': 'application/json' }, body);
  }
}
