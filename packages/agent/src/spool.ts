/** The spool of an agent: its journal on disk, the orphans that it took over, and what waits for the server. */
import { mkdirSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, limits, stringifyJson, type WireEntry } from '@tacho/protocol';
import type { Checkpoint, Journal, JournalRecord } from './journal.ts';
import type { Processes } from './process.ts';
import type { Recorder } from './recorder.ts';
import { makeBatches } from './spool/batches.ts';
import { type CreateFile, createFile } from './spool/disk.ts';
import { type Position, SpoolLog } from './spool/log.ts';
import { type Orphan, type Replayed, removeSpool, replay, takeOrphans } from './spool/orphans.ts';
import { Outbox, type WaitingBatch } from './spool/outbox.ts';
import { nameOf, newSpoolId, nobody, type Owner, ownOwner } from './spool/owner.ts';
import { removeLogs, type StoredCheckpoint } from './spool/recovery.ts';

/** Why something accepted was not delivered. */
export type DropReason = 'spool_full' | 'disk_full' | 'damaged' | 'rejected';

/** What a spool works with. */
export interface SpoolOptions {
  /** Directory of the spools of one server. */
  root: string;
  processes: Pick<Processes, 'look' | 'bootId'>;
  /** Epoch microseconds. */
  nowUs: () => number;
  /** Hears of what went wrong, in one sentence. */
  warn: (text: string) => void;
  /** Default `limits.spoolBytesMax`. */
  bytesMax?: number;
  /** Size at which files are turned over; default `limits.spoolFileBytes`. */
  fileBytes?: number;
  /** Default `limits.spoolMemoryBytesMax`. */
  memoryBytesMax?: number;
  /** The real disk when absent. */
  createFile?: CreateFile;
}

/** A batch and where it waits. */
export interface Due {
  outbox: Outbox;
  batch: WaitingBatch;
}

/** A spool of this agent's own or one that it took over, in its directory. */
interface Room {
  directory: string;
  outbox: Outbox;
  /** Batches are being made for it so many times, of so many entries. */
  filling: number;
  making: number;
}

/**
 * What `append` was given outlives the agent; what was put and shows up as `due` outlives a loss of
 * power. Batches are due in order, those of orphans before those of this agent.
 */
export class Spool implements Journal {
  readonly spoolId: string;
  /** Told when a batch is due. */
  onDue: (() => void) | undefined;
  /** Told of batches that are dropped. */
  onLoss: ((batch: WaitingBatch, reason: DropReason) => void) | undefined;

  readonly #options: SpoolOptions;
  readonly #self: Owner;
  readonly #log: SpoolLog;
  readonly #own: Room;
  #adopted: Room[] = [];
  #absorbed: string[] = [];
  /** Batches are made and written one after the other. */
  #work: Promise<void> = Promise.resolve();
  readonly #touch: NodeJS.Timeout;

  /** Opens a new spool; a disk that refuses shows in `warn` only. */
  constructor(options: SpoolOptions) {
    this.#options = options;
    const { root, nowUs, processes } = options;
    this.spoolId = newSpoolId(nowUs() / 1000);
    this.#self = ownOwner(processes);
    const directory = join(root, nameOf(this.spoolId, this.#self));
    const files = this.#filesOf(directory);
    this.#log = new SpoolLog(files);
    this.#own = { ...newRoom(new Outbox({ ...files, spoolId: this.spoolId })), directory };
    this.#touch = setInterval(() => this.#touchAll(), limits.agentTouchIntervalMs).unref();
  }

  append({ kind, receivedUs, body }: JournalRecord): void {
    this.#log.append(kind, receivedUs, body);
  }

  put(entries: WireEntry[], checkpoint: () => Checkpoint): void {
    const at = this.#log.position;
    const isRotated =
      (this.#log.isBroken || this.#log.size >= this.#fileBytes) && this.#rotate(checkpoint());
    this.#schedule(this.#own, entries.length, async () => {
      const isOnDisk = await this.#fill(this.#own, entries, at);
      if (isOnDisk) this.#noteCut(this.#own.outbox.nextSeq - 1, at);
      await this.#log.sync();
      if (isRotated) this.#removeOldLogs();
    });
  }

  /** Takes over what dead agents left, and tells the recorder what they knew; returns how many. */
  adopt(recorder: Recorder): number {
    const { root, nowUs, warn, processes } = this.#options;
    const orphans = takeOrphans(root, this.#self, { processes, nowUs, warn });
    if (orphans.length === 0) return 0;
    const absorbed = new Set(orphans.flatMap(({ found }) => found.absorbed));
    const replayed = orphans.map(({ found }) => replay(found, nowUs));
    recorder.cut();
    // What is known already counts as newer, so the newest one comes first.
    for (let i = orphans.length - 1; i >= 0; i--) {
      const { spoolId } = orphans[i] as Orphan;
      if (!absorbed.has(spoolId)) recorder.restore((replayed[i] as Replayed).checkpoint);
    }
    this.#absorbed.push(...orphans.map(({ spoolId }) => spoolId));
    const isNoted = this.#rotate(recorder.checkpoint());
    orphans.forEach((orphan, i) => {
      this.#fillOrphan(orphan, replayed[i] as Replayed, isNoted);
    });
    return orphans.length;
  }

  /** The batch that is to be sent next. */
  get due(): Due | undefined {
    for (const { outbox, filling } of [...this.#adopted, this.#own]) {
      if (outbox.first !== undefined) return { outbox, batch: outbox.first };
      if (filling > 0) return undefined;
    }
    return undefined;
  }

  /** The batch that is to be sent last. */
  get last(): Due | undefined {
    for (const { outbox } of [this.#own, ...this.#adopted.toReversed()]) {
      const batch = outbox.waiting.at(-1);
      if (batch !== undefined) return { outbox, batch };
    }
    return undefined;
  }

  /** A batch has arrived, or nobody will ever take it. */
  done({ outbox, batch }: Due): void {
    outbox.remove(batch);
    const { last, seq, at } = batch.head;
    // No segment tells of it, so the log has to.
    if (batch.place === undefined && last && outbox === this.#own.outbox) this.#noteCut(seq, at);
    this.#leaveEmptyRooms();
  }

  /** Number of entries and bytes in batches that wait or are being made. */
  waiting(): { entries: number; bytes: number } {
    const sum = { entries: 0, bytes: 0 };
    for (const { outbox, making } of [...this.#adopted, this.#own]) {
      sum.entries += making + outbox.entries();
      sum.bytes += outbox.bytes().all;
    }
    return sum;
  }

  /** Resolves when everything put so far is due or delivered. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Gives everything up to whoever comes next; what nobody needs is removed. */
  async close(isAlive: boolean): Promise<void> {
    clearInterval(this.#touch);
    await this.#work;
    this.#log.close();
    for (const room of [...this.#adopted, this.#own]) {
      const { outbox, directory } = room;
      outbox.close();
      if (outbox.first === undefined && !(isAlive && room === this.#own)) removeSpool(directory);
      else quietly(() => renameSync(directory, this.#nobodysPlace(outbox.spoolId)));
    }
  }

  #fillOrphan(orphan: Orphan, { entries, damaged }: Replayed, isNoted: boolean): void {
    const { spoolId, directory, found } = orphan;
    if (damaged + found.damaged > 0) {
      this.#options.warn(
        `spool ${spoolId}: ${damaged + found.damaged} damaged places were left out`,
      );
    }
    const files = this.#filesOf(directory);
    const room: Room = { ...newRoom(new Outbox({ ...files, spoolId, found })), directory };
    this.#adopted.push(room);
    this.#schedule(room, entries.length, async () => {
      const isOnDisk = entries.length === 0 || (await this.#fill(room, entries, everything));
      await this.#log.sync();
      // Its logs go once its sessions and its entries are safe elsewhere.
      if (isNoted && isOnDisk) removeLogs(directory, found);
      if (isNoted) this.#removeOldLogs();
    });
  }

  /** Runs work on a room after all work before it; then its batches are due. */
  #schedule(room: Room, entries: number, work: () => Promise<void>): void {
    room.filling++;
    room.making += entries;
    const trouble = (error: unknown) => this.#options.warn(`spool: ${String(error)}`);
    this.#work = this.#work
      .then(work)
      .catch(trouble)
      .then(() => this.#finish(room, entries));
  }

  #finish(room: Room, entries: number): void {
    room.filling--;
    room.making -= entries;
    this.#trim();
    this.#leaveEmptyRooms();
    if (this.due !== undefined) this.onDue?.();
  }

  async #fill({ outbox }: Room, entries: WireEntry[], at: Position): Promise<boolean> {
    const { spoolId, nextSeq: firstSeq } = outbox;
    return outbox.add(this.#options.nowUs(), await makeBatches(entries, { spoolId, firstSeq, at }));
  }

  /** After this the log alone tells that batches exist, when their segments are gone. */
  #noteCut(seq: number, at: Position): void {
    const cut = Buffer.from(JSON.stringify({ seq, at }));
    this.#log.append('cut', this.#options.nowUs(), cut);
  }

  /** Batches in memory are still known from the logs alone. */
  #removeOldLogs(): void {
    if (this.#own.outbox.bytes().memory === 0) this.#log.removeOlder();
  }

  #rotate(checkpoint: Checkpoint): boolean {
    const { nextSeq } = this.#own.outbox;
    const stored: StoredCheckpoint = { ...checkpoint, nextSeq, absorbed: this.#absorbed };
    const text = stringifyJson(stored as unknown as JsonObject);
    return this.#log.rotate(this.#options.nowUs(), Buffer.from(text));
  }

  /** The oldest batches go first, the ends of sessions last. */
  #trim(): void {
    const { bytesMax = limits.spoolBytesMax, memoryBytesMax = limits.spoolMemoryBytesMax } =
      this.#options;
    const rooms = [...this.#adopted, this.#own];
    let memory = 0;
    let disk = 0;
    for (const { outbox } of rooms) {
      const bytes = outbox.bytes();
      memory += bytes.memory;
      disk += bytes.all - bytes.memory;
    }
    this.#dropFrom(rooms, disk - bytesMax, 'spool_full');
    this.#dropFrom(rooms, memory - memoryBytesMax, 'disk_full');
  }

  #dropFrom(rooms: readonly Room[], excess: number, reason: 'spool_full' | 'disk_full'): void {
    let left = excess;
    for (const isTerminal of [false, true]) {
      for (const { outbox } of rooms) {
        if (left <= 0) return;
        const dropped: WaitingBatch[] = [];
        for (const batch of outbox.waiting) {
          const isThere = (batch.body === undefined) === (reason === 'spool_full');
          if (left <= 0 || !isThere || batch.head.terminal !== isTerminal) continue;
          dropped.push(batch);
          left -= batch.bytes;
        }
        outbox.drop(dropped);
        for (const batch of dropped) this.onLoss?.(batch, reason);
      }
    }
  }

  #leaveEmptyRooms(): void {
    const isEmpty = ({ outbox, filling }: Room) => filling === 0 && outbox.first === undefined;
    for (const { outbox, directory } of this.#adopted.filter(isEmpty)) {
      outbox.close();
      removeSpool(directory);
    }
    this.#adopted = this.#adopted.filter((room) => !isEmpty(room));
  }

  get #fileBytes(): number {
    return this.#options.fileBytes ?? limits.spoolFileBytes;
  }

  /** The directory is made with the first file in it, and again when somebody removed it. */
  #filesOf(directory: string) {
    const { warn, createFile: create = createFile } = this.#options;
    const make: CreateFile = (path) => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      return create(path);
    };
    return { directory, warn, createFile: make, fileBytes: this.#fileBytes };
  }

  #touchAll(): void {
    const now = new Date(this.#options.nowUs() / 1000);
    for (const { directory } of [...this.#adopted, this.#own]) {
      quietly(() => utimesSync(directory, now, now));
    }
  }

  #nobodysPlace(spoolId: string): string {
    return join(this.#options.root, nameOf(spoolId, nobody));
  }
}

function newRoom(outbox: Outbox): Omit<Room, 'directory'> {
  return { outbox, filling: 0, making: 0 };
}

/** A position behind everything in a log. */
const everything: Position = [Number.MAX_SAFE_INTEGER, 0];

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // It is not there any more, or was never made.
  }
}
