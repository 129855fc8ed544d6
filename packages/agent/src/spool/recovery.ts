/** Recovery: what the files of a spool say, read after its owner has died. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, parseJson } from '@tacho/protocol';
import type { Checkpoint } from '../journal.ts';
import { isBefore, logName, type Position } from './log.ts';
import { readHead, type Segment, segmentName, type WaitingBatch } from './outbox.ts';
import { type FoundRecord, fileMagic, readRecords } from './record.ts';

/** A checkpoint as it is kept. */
export interface StoredCheckpoint extends Checkpoint {
  nextSeq: number;
  /** Spools whose sessions are part of it. */
  absorbed: string[];
}

/** A record of a log, and where it stands. */
export interface LogRecord extends FoundRecord {
  at: Position;
}

/** What a spool holds. */
export interface FoundSpool {
  /** Records of its logs in order, checkpoints and cuts included. */
  records: LogRecord[];
  batches: WaitingBatch[];
  segments: Segment[];
  nextSeq: number;
  /** Up to here the log is in batches. */
  taken: Position;
  absorbed: string[];
  /** Numbers of its logs. */
  logs: number[];
  /** Places where something was damaged, torn ends not counted. */
  damaged: number;
}

/** Reads a spool; throws only when the directory cannot be read. */
export function readSpool(directory: string): FoundSpool {
  const names = readdirSync(directory);
  const found: FoundSpool = {
    records: [],
    batches: [],
    segments: [],
    nextSeq: 1,
    taken: [0, 0],
    absorbed: [],
    logs: [],
    damaged: 0,
  };
  readSegments(directory, numbersOf(names, /^out-(\d+)\.seg$/), found);
  found.logs = numbersOf(names, /^log-(\d+)\.wal$/);
  readLogs(directory, found);
  return found;
}

/** Removes the logs of a spool, all of which is elsewhere by now. */
export function removeLogs(directory: string, { logs }: FoundSpool): void {
  for (const number of logs) rmSync(join(directory, logName(number)), { force: true });
}

/** Reads the JSON of a record; undefined when it is no object. */
export function jsonOf<T>({ payload }: FoundRecord): T | undefined {
  try {
    const value = parseJson(payload.toString());
    return isJsonObject(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function readSegments(directory: string, numbers: readonly number[], found: FoundSpool): void {
  let lastWhole = 0;
  // Numbers of batches that did not count are given again, in a later segment.
  const bySeq = new Map<number, WaitingBatch>();
  for (const number of numbers) {
    const segment: Segment = { number, waiting: 0 };
    found.segments.push(segment);
    const bytes = readFileSync(join(directory, segmentName(number)));
    const { records, damaged } = readRecords(bytes, fileMagic.out);
    found.damaged += damaged;
    for (const record of records) {
      if (record.kind !== 'sent') continue;
      const { head, bodyStart } = readHead(record.payload);
      const offset = record.end - record.payload.length + bodyStart;
      const size = record.payload.length - bodyStart;
      const place = { segment, offset };
      bySeq.set(head.seq, { head, us: record.us, bytes: size, place, body: undefined });
      if (head.last) lastWhole = Math.max(lastWhole, head.seq);
    }
  }
  found.batches = [...bySeq.values()]
    .filter(({ head }) => head.seq <= lastWhole)
    .sort((a, b) => a.head.seq - b.head.seq);
  for (const { head, place } of found.batches) {
    if (place !== undefined) place.segment.waiting++;
    noteTaken(found, head.seq, head.at);
  }
}

function readLogs(directory: string, found: FoundSpool): void {
  for (const number of found.logs) {
    const bytes = readFileSync(join(directory, logName(number)));
    const { records, damaged } = readRecords(bytes, fileMagic.log);
    found.damaged += damaged;
    for (const record of records) {
      if (record.kind === 'cut') {
        const cut = jsonOf<{ seq: number; at: [number, number] }>(record);
        if (cut !== undefined) noteTaken(found, cut.seq, cut.at);
      } else if (record.kind === 'checkpoint') {
        const checkpoint = jsonOf<StoredCheckpoint>(record);
        found.nextSeq = Math.max(found.nextSeq, checkpoint?.nextSeq ?? 1);
        found.absorbed.push(...(checkpoint?.absorbed ?? []));
      }
      found.records.push({ ...record, at: [number, record.start] });
    }
  }
}

function noteTaken(found: FoundSpool, seq: number, at: Position): void {
  found.nextSeq = Math.max(found.nextSeq, seq + 1);
  if (isBefore(found.taken, at)) found.taken = at;
}

function numbersOf(names: readonly string[], form: RegExp): number[] {
  return names
    .flatMap((name) => form.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
