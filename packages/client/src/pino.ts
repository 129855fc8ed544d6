/** Log lines of pino as events: a stream that it writes to, made without knowing pino. */
import type { EventLevel, Session } from './api.ts';

/** What pino needs of a stream. */
export interface LineStream {
  write(line: string): void;
}

/** Numbers of pino's levels from which on a level is ours; lower ones are `debug`. */
const levelSteps: readonly [number, EventLevel][] = [
  [60, 'critical'],
  [50, 'error'],
  [40, 'warning'],
  [30, 'info'],
];

/**
 * A stream for pino's lines: `pino({}, pino.multistream([{ stream: process.stdout }, { stream:
 * pinoStream(session) }]))`. Each line becomes an event `log` of the logger's name as group, with
 * its message, its fields as data, and its error as exception. Never throws.
 */
export function pinoStream(session: Session): LineStream {
  return {
    write: (lines) => {
      try {
        for (const line of String(lines).split('\n')) if (line !== '') record(session, line);
      } catch {
        // A logger's line is not worth an exception in whoever logs.
      }
    },
  };
}

function record(session: Session, line: string): void {
  const parsed = parsedLine(line);
  const { level, time: _time, pid: _pid, hostname: _host, name, msg, ...rest } = parsed;
  const { err, ...data } = rest as { err?: unknown };
  const details = {
    level: levelOf(level),
    ...(typeof name === 'string' && { group: name }),
    ...(typeof msg === 'string' && { message: msg }),
  };
  if (typeof err === 'object' && err !== null) {
    const thrown = errorOf(err as Record<string, unknown>);
    session.logException(thrown, { ...details, ...data });
  } else {
    session.logEvent('log', { ...details, ...(Object.keys(data).length > 0 && { data }) });
  }
}

function parsedLine(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // A line in another format is its own message.
  }
  return { level: 30, msg: line };
}

function levelOf(level: unknown): EventLevel {
  const number = typeof level === 'number' ? level : (named.get(String(level)) ?? 30);
  return levelSteps.find(([from]) => number >= from)?.[1] ?? 'debug';
}

/** Level names, for loggers that are set up to write them. */
const named = new Map([
  ['trace', 10],
  ['debug', 20],
  ['info', 30],
  ['warn', 40],
  ['error', 50],
  ['fatal', 60],
]);

/** What pino's serializer made of an error, as an error again. */
function errorOf({ type, message, stack }: Record<string, unknown>): Error {
  const error = new Error(String(message ?? ''));
  error.name = typeof type === 'string' ? type : 'Error';
  error.stack = typeof stack === 'string' ? stack : '';
  return error;
}
