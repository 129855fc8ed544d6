/** Records of spool files: how they are written, and what of a file can be trusted. */
import { crc32 } from 'node:zlib';

/** Kinds of records, as numbered on disk. */
const recordKinds = { checkpoint: 1, batch: 2, own: 3, alias: 4, cut: 5, sent: 16 } as const;

/** Kind of a record. */
export type RecordKind = keyof typeof recordKinds;

/** A record as it was found. */
export interface FoundRecord {
  kind: RecordKind;
  /** Epoch microseconds. */
  us: number;
  /** Offset of the record in its file, and of what comes after it. */
  start: number;
  end: number;
  /** A view of the file's bytes. */
  payload: Buffer;
}

/** What can be trusted of a file. */
export interface FoundFile {
  records: FoundRecord[];
  /** Places where something was left out that is not just a torn end. */
  damaged: number;
}

/** Bytes before the payload of a record. */
export const recordHeadBytes = 24;

/** First bytes of the two kinds of files. */
export const fileMagic = { log: Buffer.from('TACHOLG1'), out: Buffer.from('TACHOOU1') } as const;

/** Pieces of a record in the order they are to be written; the payload is not copied. */
export function recordPieces(kind: RecordKind, us: number, payload: Uint8Array): Uint8Array[] {
  const head = Buffer.allocUnsafe(recordHeadBytes);
  head.set(recordMagic);
  head.writeUInt32LE(payload.length, 4);
  head.writeUInt32LE(recordKinds[kind], 12);
  head.writeDoubleLE(us, 16);
  head.writeUInt32LE(checksum(head, payload), 8);
  return [head, payload];
}

/** Reads a file; one that does not start as it should counts as damaged and is searched all the same. */
export function readRecords(bytes: Buffer, magic: Buffer): FoundFile {
  const found: FoundFile = { records: [], damaged: 0 };
  let offset = 0;
  if (bytes.subarray(0, magic.length).equals(magic)) offset = magic.length;
  else if (bytes.length >= magic.length) found.damaged++;
  while (offset < bytes.length) {
    const record = recordAt(bytes, offset);
    if (record !== undefined) {
      found.records.push(record);
      offset = record.end;
      continue;
    }
    const next = nextRecord(bytes, offset + 1);
    if (next === undefined) break;
    found.damaged++;
    offset = next;
  }
  return found;
}

const recordMagic = Buffer.from([0xf5, 0x54, 0x52, 0x45]);

const kindNames = new Map(
  Object.entries(recordKinds).map(([name, number]) => [number as number, name as RecordKind]),
);

function recordAt(bytes: Buffer, start: number): FoundRecord | undefined {
  const from = start + recordHeadBytes;
  if (from > bytes.length || bytes.compare(recordMagic, 0, 4, start, start + 4) !== 0) {
    return undefined;
  }
  const end = from + bytes.readUInt32LE(start + 4);
  if (end > bytes.length) return undefined;
  const head = bytes.subarray(start, from);
  const payload = bytes.subarray(from, end);
  const kind = kindNames.get(head.readUInt32LE(12));
  if (kind === undefined || head.readUInt32LE(8) !== checksum(head, payload)) return undefined;
  return { kind, us: head.readDoubleLE(16), start, end, payload };
}

function nextRecord(bytes: Buffer, from: number): number | undefined {
  for (
    let at = bytes.indexOf(recordMagic, from);
    at >= 0;
    at = bytes.indexOf(recordMagic, at + 1)
  ) {
    if (recordAt(bytes, at) !== undefined) return at;
  }
  return undefined;
}

/** Of everything but the magic and the checksum itself. */
function checksum(head: Buffer, payload: Uint8Array): number {
  return crc32(payload, crc32(head.subarray(12, recordHeadBytes), crc32(head.subarray(4, 8))));
}
