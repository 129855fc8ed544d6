/** The batches of a spool that wait for the server: on disk in segments, in memory while the disk refuses. */
import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchHead, MadeBatch } from './batches.ts';
import type { AppendFile, CreateFile } from './disk.ts';
import { fileMagic, recordHeadBytes, recordPieces } from './record.ts';

/** A batch that waits. */
export interface WaitingBatch {
  head: BatchHead;
  /** When it was made, epoch microseconds. */
  readonly us: number;
  /** Bytes of its body. */
  readonly bytes: number;
  /** Where its body lies; undefined while it is in memory. */
  place: { segment: Segment; offset: number } | undefined;
  body: Buffer | undefined;
}

/** A file of batches. */
export interface Segment {
  number: number;
  /** Batches in it that still wait. */
  waiting: number;
}

/** What an outbox works with. */
export interface OutboxOptions {
  directory: string;
  spoolId: string;
  createFile: CreateFile;
  warn: (text: string) => void;
  /** Size at which the next segment is started. */
  fileBytes: number;
  /** What was found in its segments, in order. */
  found?: { batches: WaitingBatch[]; segments: Segment[]; nextSeq: number };
}

/** Name of a segment file. */
export function segmentName(number: number): string {
  return `out-${number}.seg`;
}

/** Waiting batches in the order of their numbers. */
export class Outbox {
  readonly spoolId: string;
  /** Number of the next batch. */
  nextSeq: number;

  readonly #options: OutboxOptions;
  #waiting: WaitingBatch[];
  #segment: Segment = { number: 0, waiting: 0 };
  #file: AppendFile | undefined;
  #isRefused = false;

  constructor(options: OutboxOptions) {
    const { batches = [], segments = [], nextSeq = 1 } = options.found ?? {};
    this.#options = options;
    this.spoolId = options.spoolId;
    this.nextSeq = nextSeq;
    this.#waiting = batches;
    for (const segment of segments)
      if (segment.number > this.#segment.number) this.#segment = segment;
    for (const segment of segments) this.#removeIfDone(segment);
  }

  /** Waiting batches, the first to be sent first. */
  get waiting(): readonly WaitingBatch[] {
    return this.#waiting;
  }

  /** The batch to be sent next. */
  get first(): WaitingBatch | undefined {
    return this.#waiting[0];
  }

  /** Bytes that wait, of all batches and of those in memory. */
  bytes(): { all: number; memory: number } {
    const sum = { all: 0, memory: 0 };
    for (const { bytes, body } of this.#waiting) {
      sum.all += bytes;
      if (body !== undefined) sum.memory += bytes;
    }
    return sum;
  }

  /** Entries that wait. */
  entries(): number {
    return this.#waiting.reduce((sum, { head }) => sum + head.entries, 0);
  }

  /**
   * Takes batches that were made at once. Once it resolves, they wait to be sent, and they outlive a
   * loss of power; `false`: the disk refuses, and they are in memory.
   */
  async add(us: number, made: readonly MadeBatch[]): Promise<boolean> {
    const added = made.map(({ head, body }): WaitingBatch => {
      return { head, us, bytes: body.length, place: undefined, body };
    });
    this.nextSeq += made.length;
    const unwritten = this.#waiting.filter(({ place }) => place === undefined);
    const isWritten = this.#write([...unwritten, ...added]);
    if (isWritten) await this.#sync();
    this.#waiting.push(...added);
    return isWritten;
  }

  /** The body of a batch as gzip; undefined when the disk has lost it. */
  body({ place, body, bytes }: WaitingBatch): Buffer | undefined {
    if (place === undefined) return body;
    try {
      return read(join(this.#options.directory, segmentName(place.segment.number)), place, bytes);
    } catch (error) {
      this.#options.warn(`batch of the spool: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** A batch waits no more. */
  remove(batch: WaitingBatch): void {
    const index = this.#waiting.indexOf(batch);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    if (batch.place === undefined) return;
    batch.place.segment.waiting--;
    this.#removeIfDone(batch.place.segment);
  }

  /** Drops batches to make room: what little is left of their segments moves to the present one. */
  drop(batches: readonly WaitingBatch[]): void {
    const segments = new Set<Segment>();
    for (const batch of batches) {
      if (batch.place !== undefined) segments.add(batch.place.segment);
      this.remove(batch);
    }
    for (const segment of segments) this.#move(segment);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #move(segment: Segment): void {
    if (segment === this.#segment || segment.waiting === 0) return;
    const left = this.#waiting.filter(({ place }) => place?.segment === segment);
    if (left.reduce((sum, { bytes }) => sum + bytes, 0) > this.#options.fileBytes / 4) return;
    const moved = left.map((batch): WaitingBatch => {
      return { ...batch, head: { ...batch.head, last: true }, body: this.body(batch) };
    });
    if (moved.some(({ body }) => body === undefined) || !this.#write(moved)) return;
    left.forEach((batch, i) => {
      const { head, place } = moved[i] as WaitingBatch;
      Object.assign(batch, { head, place });
    });
    segment.waiting = 0;
    this.#removeIfDone(segment);
  }

  #write(batches: readonly WaitingBatch[]): boolean {
    try {
      if (this.#file === undefined || this.#file.size >= this.#options.fileBytes)
        this.#startSegment();
      const file = this.#file as unknown as AppendFile;
      const pieces: Uint8Array[] = [];
      let offset = file.size;
      const places = batches.map((batch) => {
        const head = headBytes(batch.head);
        const body = batch.body as Buffer;
        pieces.push(...recordPieces('sent', batch.us, Buffer.concat([head, body])));
        offset += recordHeadBytes + head.length + body.length;
        return offset - body.length;
      });
      file.append(pieces);
      batches.forEach((batch, i) => {
        batch.place = { segment: this.#segment, offset: places[i] as number };
        batch.body = undefined;
        this.#segment.waiting++;
      });
      this.#isRefused = false;
      return true;
    } catch (error) {
      if (!this.#isRefused) this.#options.warn(`segment of the spool: ${(error as Error).message}`);
      this.#isRefused = true;
      return false;
    }
  }

  #startSegment(): void {
    const number = this.#segment.number + 1;
    const path = join(this.#options.directory, segmentName(number));
    const file = this.#options.createFile(path);
    try {
      file.append([fileMagic.out]);
    } catch (error) {
      file.close();
      unlinkSync(path);
      throw error;
    }
    this.#file?.close();
    this.#file = file;
    const full = this.#segment;
    this.#segment = { number, waiting: 0 };
    this.#removeIfDone(full);
  }

  async #sync(): Promise<void> {
    try {
      await this.#file?.sync();
    } catch (error) {
      this.#options.warn(`segment of the spool: ${(error as Error).message}`);
    }
  }

  #removeIfDone(segment: Segment): void {
    if (segment.waiting > 0 || segment === this.#segment || segment.number === 0) return;
    try {
      unlinkSync(join(this.#options.directory, segmentName(segment.number)));
    } catch {
      // It goes with its directory.
    }
  }
}

/** The header of a batch as it stands before its body. */
function headBytes(head: BatchHead): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json]);
}

/** Reads what `headBytes` wrote, and where the body starts. */
export function readHead(payload: Buffer): { head: BatchHead; bodyStart: number } {
  const bodyStart = 4 + payload.readUInt32LE(0);
  return { head: JSON.parse(payload.toString('utf8', 4, bodyStart)) as BatchHead, bodyStart };
}

function read(path: string, { offset }: { offset: number }, bytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const body = Buffer.allocUnsafe(bytes);
    const count = readSync(file, body, 0, bytes, offset);
    if (count < bytes) throw new Error(`${path} ends early`);
    return body;
  } finally {
    closeSync(file);
  }
}
