/** Notices: what is told to a receiver, under an id that is the same whoever finds it and however often. */
import { createHash } from 'node:crypto';
import { formatTime, type JsonObject, parseJson, stringifyJson } from '@tacho/protocol';
import type { NoticeRow } from '../store/store.ts';

/** Something that a rule tells of. */
export interface Finding {
  /** What makes it the same happening: it is told once for each key of a rule. */
  key: string;
  type: string;
  /** One sentence. */
  summary: string;
  data: JsonObject;
}

/** One try to deliver. */
interface Attempt {
  at: string;
  ms: number;
  status: number | null;
  error: string | null;
}

/** A notice as it is kept: the message, and what became of it. */
export interface Notice {
  message: JsonObject & { id: string; type: string; summary: string; timestamp: string };
  tries: number;
  /** The last ones, oldest first. */
  attempts: Attempt[];
  isDelivered: boolean;
}

/** Longest text from outside that a message repeats. */
const textLengthMax = 1_000;

/** The notice of a finding, due at once. */
export function noticeRow(
  { id: webhook, name }: { id: string; name: string },
  { key, type, summary, data }: Finding,
  nowUs: number,
): NoticeRow {
  const hash = createHash('sha256').update(`${webhook}\n${key}`).digest('base64url');
  const id = `msg_${hash.slice(0, 27)}`;
  const timestamp = formatTime(nowUs);
  const told = summary.replaceAll(/\s+/g, ' ').trim().slice(0, textLengthMax);
  const message = { id, type, timestamp, summary: told, webhook: { id: webhook, name }, data };
  const notice: Notice = { message, tries: 0, attempts: [], isDelivered: false };
  return { id, webhook, createdUs: nowUs, dueUs: nowUs, body: noticeText(notice) };
}

/** A notice as the store keeps it. */
export function noticeText(notice: Notice): string {
  return stringifyJson(notice as unknown as JsonObject);
}

/** The inverse of `noticeText`. */
export function readNotice({ body }: NoticeRow): Notice {
  return parseJson(body) as unknown as Notice;
}

/** A notice as it is shown. */
export function shownDelivery(row: NoticeRow): JsonObject {
  const { message, tries, attempts, isDelivered } = readNotice(row);
  const { id, type, summary, timestamp } = message;
  const state = row.dueUs !== undefined ? 'waiting' : isDelivered ? 'delivered' : 'failed';
  return {
    ...{ id, type, summary },
    created_at: timestamp,
    state,
    next_at: row.dueUs === undefined ? null : formatTime(row.dueUs),
    attempts: attempts.map((attempt) => ({ ...attempt })),
    tries,
  };
}
