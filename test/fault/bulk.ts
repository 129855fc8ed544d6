/** Enough samples at once that a server seals them while it is being killed. */
import { randomUUID } from 'node:crypto';
import { get, isConnectionError, post } from '../whole/http.ts';

const rows = 5_000;
const names = ['bulk.first', 'bulk.second'];
/** Samples of one batch. */
const bulkBatchSamples = rows * names.length;
const sessionCount = 12;
const senders = 3;

interface Sent {
  seq: number;
  session: number;
  /** Number of the batch's first sample within its session. */
  from: number;
  acknowledgedAt?: number;
}

/** Batches of a spool whose samples are numbered within their session, from 0 without a gap. */
export class Bulk {
  readonly #ids = Array.from({ length: sessionCount }, () => randomUUID() as string);
  readonly #spoolId = randomUUID();
  readonly #sent: Sent[] = [];
  readonly #position: () => number;
  #stopped = false;

  /** `position` tells where the record of the disk stands; 0 when nothing is recorded. */
  constructor(position: () => number = () => 0) {
    this.#position = position;
  }

  /** Sends this many batches, or as many as it can until the server is gone or `stop`. */
  async send(url: string, batches: number): Promise<void> {
    const lane = async (): Promise<void> => {
      while (!this.#stopped && this.#sent.length < batches) await this.#deliver(url, this.#next());
    };
    try {
      await Promise.all(Array.from({ length: senders }, lane));
    } catch (error) {
      if (!isConnectionError(error)) throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Samples that were acknowledged before the record of the disk reached `upTo`. */
  acknowledged(upTo = Number.POSITIVE_INFINITY): number {
    return bulkBatchSamples * this.#sent.filter((sent) => isDurable(sent, upTo)).length;
  }

  /** Sends every batch again that was not acknowledged before `upTo`, and the last five that were. */
  async retry(url: string, upTo = Number.POSITIVE_INFINITY): Promise<void> {
    const settled = this.#sent.filter((sent) => isDurable(sent, upTo)).slice(0, -5);
    for (const sent of this.#sent) {
      if (!settled.includes(sent)) await this.#deliver(url, { ...sent });
    }
  }

  /**
   * Reads all sessions. Every acknowledged sample must be there once, and every batch as a whole;
   * `whole` expects all batches.
   */
  async check(url: string, { upTo = Number.POSITIVE_INFINITY, whole = false } = {}): Promise<void> {
    for (const [session, id] of this.#ids.entries()) {
      const batches = this.#sent.filter((sent) => sent.session === session);
      const counts = await readCounts(url, id, batches.length);
      for (const batch of batches) {
        const own = counts.subarray(batch.from, batch.from + bulkBatchSamples);
        const stored = own.reduce((sum, count) => sum + count, 0);
        const twice = own.findIndex((count) => count > 1);
        const what = `batch ${batch.seq} of bulk session ${id}`;
        if (twice >= 0) throw new Error(`${what}: sample ${batch.from + twice} is there twice`);
        const due = whole || isDurable(batch, upTo);
        if (stored === bulkBatchSamples || (stored === 0 && !due)) continue;
        throw new Error(`${what}: ${stored} of ${bulkBatchSamples} samples are there`);
      }
    }
  }

  #next(): Sent {
    const index = this.#sent.length;
    const session = index % sessionCount;
    const from = Math.floor(index / sessionCount) * bulkBatchSamples;
    const sent = { seq: index + 1, session, from };
    this.#sent.push(sent);
    return sent;
  }

  async #deliver(url: string, sent: Sent): Promise<void> {
    const session = this.#ids[sent.session]!;
    const startMs = 1_790_000_000_000 + sent.from * 10;
    const start = { kind: 'start', session, product: 'Bulk', version: '1' };
    const times = Array.from({ length: rows }, (_, i) => i * 20);
    const series = names.map((name, k) => ({
      name,
      values: Array.from({ length: rows }, (_, i) => sent.from + k * rows + i),
    }));
    const columns = { kind: 'columns', session, startMs, times, series };
    const body = { spoolId: this.#spoolId, seq: sent.seq, entries: [start, columns] };
    for (;;) {
      const answer = await post(`${url}/api/ingest`, body);
      if (answer.status === 200) break;
      if (answer.status !== 503 || this.#stopped) {
        throw new Error(`bulk was answered ${answer.status} ${answer.text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    sent.acknowledgedAt ??= this.#position();
  }
}

function isDurable(sent: Sent, upTo: number): boolean {
  return sent.acknowledgedAt !== undefined && sent.acknowledgedAt <= upTo;
}

/** How often each sample of a session is there, by its number. */
async function readCounts(url: string, id: string, batches: number): Promise<Uint8Array> {
  const counts = new Uint8Array(batches * bulkBatchSamples);
  const answer = await get(`${url}/api/sessions/${id}`, { timeoutMs: 60_000 });
  if (answer.status === 404) return counts;
  if (answer.status !== 200) throw new Error(`reading ${id}: ${answer.status} ${answer.text}`);
  const { metrics } = answer.json as { metrics: { value: number }[] };
  for (const { value } of metrics) {
    if (!(value < counts.length)) throw new Error(`session ${id} has ${value}, which nobody sent`);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}
