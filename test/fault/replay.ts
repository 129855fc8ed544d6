/**
 * What a disk holds after power loss: replays a record of `record.c` up to some point.
 *
 * The model: data of a file is durable up to the writes that preceded the begin of its last finished
 * sync. Of later writes anything may have reached the disk: nothing, all, a prefix, or any subset of
 * 512-byte sectors, the last one torn at any byte. A created file is durable once it or its
 * directory was synced, a rename or an unlink once the directory was; of later ones a prefix may be.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { integer, type Random } from '../whole/random.ts';

/** One recorded change; `end` is the length of the log once it is part of it. */
export interface DiskRecord {
  op: 'open' | 'write' | 'truncate' | 'sync-begin' | 'sync-end' | 'unlink' | 'rename' | 'close';
  handle: bigint;
  number: number;
  path: string;
  path2: string;
  data: Buffer;
  end: number;
}

/** Reads a log of `record.c`; a record that is not whole (the process was killed) ends it. */
export function readRecords(logFile: string): DiskRecord[] {
  const log = readFileSync(logFile);
  const records: DiskRecord[] = [];
  let at = 0;
  while (at + headerBytes <= log.length) {
    if (log.readUInt32LE(at) !== magic) throw new Error(`no record at byte ${at} of ${logFile}`);
    const pathEnd = at + headerBytes + log.readUInt32LE(at + 24);
    const path2End = pathEnd + log.readUInt32LE(at + 28);
    const end = path2End + log.readUInt32LE(at + 32);
    if (end > log.length) break;
    records.push({
      op: opNames[log.readUInt32LE(at + 4) - 1]!,
      handle: log.readBigUInt64LE(at + 8),
      number: Number(log.readBigUInt64LE(at + 16)),
      path: log.toString('utf8', at + headerBytes, pathEnd),
      path2: log.toString('utf8', pathEnd, path2End),
      data: log.subarray(path2End, end),
      end,
    });
    at = end;
  }
  return records;
}

const magic = 0x43455254;
const headerBytes = 40;
const opNames = [
  'open',
  'write',
  'truncate',
  'sync-begin',
  'sync-end',
  'unlink',
  'rename',
  'close',
] as const;

type Change = { at: number; data: Buffer } | { truncate: number };

/** A directory on a disk that forgets what was not synced. */
export class ForgetfulDisk {
  readonly #root: string;
  readonly #handles = new Map<bigint, { path: string; file: DiskFile | undefined }>();
  readonly #syncs = new Map<number, number>();
  /** Names as the process sees them, and as the disk is sure to know them. */
  readonly #names = new Map<string, DiskFile>();
  readonly #durableNames = new Map<string, DiskFile>();
  #renames: { from: string; to?: string; file: DiskFile | undefined }[] = [];

  /** `root` is the directory that was recorded, empty when the record began. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Takes the next record. */
  apply(record: DiskRecord): void {
    const opened = this.#handles.get(record.handle);
    switch (record.op) {
      case 'open':
        this.#open(record);
        break;
      case 'write':
        opened?.file?.change({ at: record.number, data: record.data });
        break;
      case 'truncate':
        opened?.file?.change({ truncate: record.number });
        break;
      case 'sync-begin':
        this.#syncs.set(record.number, opened?.file?.changes ?? 0);
        break;
      case 'sync-end':
        this.#sync(opened, record.number);
        break;
      case 'unlink':
        this.#names.delete(record.path);
        this.#renames.push({ from: record.path, file: undefined });
        break;
      case 'rename':
        this.#rename(record.path, record.path2);
        break;
      case 'close':
        this.#handles.delete(record.handle);
        break;
    }
  }

  /** Writes what could be there after power was lost now into `target`; shared memory is gone. */
  losePower(target: string, random: Random): void {
    const names = new Map(this.#durableNames);
    for (const change of this.#renames.slice(0, integer(random, 0, this.#renames.length))) {
      applyName(names, change);
    }
    mkdirSync(target, { recursive: true });
    for (const [path, file] of names) {
      if (path.endsWith('-shm')) continue;
      const to = join(target, relative(this.#root, path));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, file.afterPowerLoss(random));
    }
  }

  #open(record: DiskRecord): void {
    let file = this.#names.get(record.path);
    if (!file && record.number === 1) {
      file = new DiskFile();
      this.#names.set(record.path, file);
      this.#renames.push({ from: record.path, file });
    }
    this.#handles.set(record.handle, { path: record.path, file });
  }

  #sync(opened: { path: string; file: DiskFile | undefined } | undefined, number: number): void {
    if (!opened) return;
    const { file, path } = opened;
    if (file) {
      file.sync(this.#syncs.get(number) ?? 0);
      if (this.#names.get(path) === file) this.#durableNames.set(path, file);
    } else {
      const here = (name: string): boolean => dirname(name) === path;
      for (const change of this.#renames.filter((c) => here(c.from))) {
        applyName(this.#durableNames, change);
      }
      this.#renames = this.#renames.filter((c) => !here(c.from));
    }
    this.#syncs.delete(number);
  }

  #rename(from: string, to: string): void {
    const file = this.#names.get(from);
    this.#names.delete(from);
    if (file) this.#names.set(to, file);
    for (const opened of this.#handles.values()) if (opened.file === file) opened.path = to;
    this.#renames.push({ from, to, file });
  }
}

function applyName(
  names: Map<string, DiskFile>,
  change: { from: string; to?: string; file: DiskFile | undefined },
): void {
  if (change.to === undefined && change.file) names.set(change.from, change.file);
  else names.delete(change.from);
  if (change.to !== undefined && change.file) names.set(change.to, change.file);
}

/** One file: what is durable, and the changes since. */
class DiskFile {
  readonly #durable = new Bytes();
  #pending: Change[] = [];
  #synced = 0;

  /** Changes ever made. */
  get changes(): number {
    return this.#synced + this.#pending.length;
  }

  change(change: Change): void {
    this.#pending.push(change);
  }

  /** The first `changes` changes are durable. */
  sync(changes: number): void {
    const count = Math.max(0, changes - this.#synced);
    for (const change of this.#pending.slice(0, count)) this.#durable.apply(change);
    this.#pending = this.#pending.slice(count);
    this.#synced += count;
  }

  afterPowerLoss(random: Random): Buffer {
    const bytes = this.#durable.copy();
    const kind = integer(random, 0, 3);
    if (kind === 0) return bytes.content();
    if (kind === 1) {
      for (const change of this.#pending) bytes.apply(change);
      return bytes.content();
    }
    const last = integer(random, 0, this.#pending.length);
    this.#pending.slice(0, last).forEach((change) => {
      if (kind === 2) bytes.apply(change);
      else scatter(bytes, change, random);
    });
    const torn = this.#pending[last];
    if (torn && 'data' in torn) {
      bytes.apply({
        at: torn.at,
        data: torn.data.subarray(0, integer(random, 0, torn.data.length)),
      });
    }
    return bytes.content();
  }
}

/** Applies any subset of a change's sectors. */
function scatter(bytes: Bytes, change: Change, random: Random): void {
  const sectorBytes = 512;
  if (!('data' in change)) {
    if (random() < 0.5) bytes.apply(change);
    return;
  }
  for (let from = 0; from < change.data.length; from += sectorBytes) {
    if (random() < 0.5) continue;
    bytes.apply({ at: change.at + from, data: change.data.subarray(from, from + sectorBytes) });
  }
}

/** Content that grows; a gap reads as zeros. */
class Bytes {
  #buffer = Buffer.alloc(0);
  #length = 0;

  apply(change: Change): void {
    if ('truncate' in change) {
      this.#reserve(change.truncate);
      if (change.truncate < this.#length) this.#buffer.fill(0, change.truncate, this.#length);
      this.#length = change.truncate;
      return;
    }
    if (change.data.length === 0) return;
    const end = change.at + change.data.length;
    this.#reserve(end);
    change.data.copy(this.#buffer, change.at);
    this.#length = Math.max(this.#length, end);
  }

  copy(): Bytes {
    const copy = new Bytes();
    copy.#buffer = Buffer.from(this.content());
    copy.#length = this.#length;
    return copy;
  }

  content(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(length, this.#buffer.length * 2, 64 * 1024));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
