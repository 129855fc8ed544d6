/** The mix as ready requests to `/api/ingest`: batches that walk over the sessions. */
import { randomUUID } from 'node:crypto';
import { requestBytes } from '../test/whole/wire.ts';
import { Mix, mixSeries } from './mix.ts';

/** What shapes the batches. */
export interface BatchShape {
  sessions: number;
  /** Sessions in one batch, and instants of each of them. */
  sessionsPerBatch: number;
  rowsPerSession: number;
}

/** The shape of every bench: 5,000 samples in a batch, as peers were measured. */
export const benchShape: BatchShape = { sessions: 1_000, sessionsPerBatch: 5, rowsPerSession: 100 };

/** Samples in one batch. */
export function samplesPerBatch(shape: BatchShape): number {
  return shape.sessionsPerBatch * shape.rowsPerSession * mixSeries.length;
}

/** Draws batches from the mix, one request after the other. */
export class MixBatches {
  readonly shape: BatchShape;
  readonly ids: string[];
  readonly #mix: Mix;
  readonly #spoolId = randomUUID();
  #seq = 0;
  #session = 0;

  constructor(seed: number, shape: BatchShape) {
    this.shape = shape;
    this.#mix = new Mix(seed, shape.sessions);
    this.ids = Array.from({ length: shape.sessions }, () => randomUUID());
  }

  /** The request that starts all sessions, now when nothing else is said. */
  start(at = new Date().toISOString()): Buffer {
    return this.#request(
      this.ids.map((session, i) => ({
        kind: 'start',
        session,
        at,
        product: 'Mix',
        version: this.#mix.version(i),
        hostname: `host-${i}`,
      })),
    );
  }

  /** The next batch. */
  next(): Buffer {
    const { sessions, sessionsPerBatch, rowsPerSession } = this.shape;
    const entries = Array.from({ length: sessionsPerBatch }, () => {
      const session = this.#session;
      this.#session = (session + 1) % sessions;
      return columnsEntry(this.ids[session]!, this.#mix, session, rowsPerSession);
    });
    return this.#request(entries);
  }

  #request(entries: unknown[]): Buffer {
    this.#seq += 1;
    const body = JSON.stringify({ spoolId: this.#spoolId, seq: this.#seq, entries });
    return requestBytes('POST', '/api/ingest', { 'content-type': 'application/json' }, body);
  }
}

function columnsEntry(session: string, mix: Mix, index: number, rows: number): unknown {
  const { timesUs, values } = mix.nextColumns(index, rows);
  const startMs = timesUs[0]! / 1_000;
  return {
    kind: 'columns',
    session,
    startMs,
    times: Array.from(timesUs, (us) => us / 1_000 - startMs),
    series: mixSeries.map((series, k) => ({ ...series, values: Array.from(values[k]!) })),
  };
}
