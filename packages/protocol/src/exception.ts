/** Exceptions: which of them are the same bug, and the short id of the group that they make. */
import type { EventRecord } from './event.ts';
import { type Frame, stackFrames } from './stack.ts';

/** What all exceptions of a group have in common. */
export interface ExceptionKind {
  /** 12 hexadecimal digits; the same for the same type and frames, in every version of Tacho. */
  id: string;
  type: string;
  /** The innermost calls, innermost first; at most `groupFrames`. */
  frames: Frame[];
}

/** What a group follows from. */
export type ExceptionParts = Partial<
  Pick<
    EventRecord,
    | 'message'
    | 'stacktrace'
    | 'exception_type'
    | 'exception_msg'
    | 'source_file'
    | 'source_function'
  >
>;

/** Calls that decide about the group: enough to tell bugs apart, few enough that callers do not split one. */
export const groupFrames = 5;

/** Whether an event carries an exception. */
export function isException(event: EventRecord): boolean {
  return event.exception_type !== undefined && event.exception_type !== '';
}

/**
 * The group of an event's exception; undefined when it carries none. Exceptions are of one group
 * when their type and their innermost calls agree, by function and name of file: lines, addresses,
 * folders and numbers that builds put into names do not count (see `stackFrames`), so a bug stays
 * one group from version to version. Without a stack trace the source of the event stands for the
 * innermost call; without that, the message does, its numbers and quoted parts left out.
 */
export function exceptionKind(event: ExceptionParts): ExceptionKind | undefined {
  const type = event.exception_type;
  if (type === undefined || type === '') return undefined;
  const frames = framesOf(event).slice(0, groupFrames);
  const parts = frames.map((frame) => `${frame.function}\n${frame.file}`);
  if (parts.length === 0) parts.push(messageForm(event.exception_msg ?? event.message ?? ''));
  return { id: shortHash([type, ...parts].join('\n\n')), type, frames };
}

function framesOf(event: ExceptionParts): Frame[] {
  const { stacktrace = [], source_function = '', source_file = '' } = event;
  // The type and message that many languages print before or after the calls are none.
  const frames = stackFrames(stacktrace).filter((frame) => !isHeadline(frame, event));
  if (frames.length > 0) return frames;
  if (source_function === '' && source_file === '') return [];
  return stackFrames([`at ${source_function} (${source_file}:0)`]);
}

function isHeadline(frame: Frame, event: ExceptionParts): boolean {
  if (frame.file !== '') return false;
  const text = frame.function;
  return text.startsWith(`${event.exception_type}:`) || text === event.exception_type;
}

/** A message without what is likely to differ from one time to the next. */
function messageForm(message: string): string {
  return message
    .slice(0, 500)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"')
    .replace(/\b(?=[0-9a-f]*\d)(0x)?[0-9a-f-]{4,}\b|\d+/gi, '0')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * 48 bits of two multiplicative hashes over UTF-16 units, mixed at the end as MurmurHash3 does
 * (Appleby, fmix32). Not for secrets; ids in stores and links depend on it, so it never changes.
 */
function shortHash(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  const high = mixed(a ^ (b >>> 15));
  const low = mixed(b ^ (a >>> 13));
  return high.toString(16).padStart(8, '0') + (low >>> 16).toString(16).padStart(4, '0');
}

function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
