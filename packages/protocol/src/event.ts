/** Events: their levels, the record we keep, and the names that mean something to a session. */
import type { JsonObject } from './json.ts';

/** Severities, least severe first. */
export const levels = ['debug', 'info', 'warning', 'error', 'critical'] as const;

/** Severity of an event. */
export type Level = (typeof levels)[number];

/**
 * An event as it is stored and sent; the names are those of the DataCat protocol, so that a stored
 * event is a reply without translation. Its instants stand beside it, not in it.
 */
export interface EventRecord {
  name: string;
  level: Level;
  /** As the sender wrote it; the level when the sender wrote nothing. */
  category: string;
  /** Logger or component; '' = none. */
  group: string;
  /** Null when the sender gave none. */
  labels: string[] | null;
  message: string;
  /** Null when the sender gave none. */
  data: JsonObject | null;
  /** Innermost call first or last, as the language of the sender prints it. */
  stacktrace?: string[];
  exception_type?: string;
  exception_msg?: string;
  source_file?: string;
  source_function?: string;
  /** Counts from 1. */
  source_line?: number;
}

/** Names of events that the server makes or reads a meaning from. */
export const eventNames = {
  /** An observer saw no heartbeat of the application for too long. */
  hang: 'application_appears_hung',
  /** The application gave signs of life after a hang. */
  recover: 'application_recovered',
  /** A session ended by a crash, reported or inferred. */
  crash: 'session_crashed_detected',
  /** A session that was taken for dead spoke again. */
  resume: 'session_resumed',
} as const;

/** Whether a text is one of the five levels. */
export function isLevel(text: unknown): text is Level {
  return (levels as readonly unknown[]).includes(text);
}
