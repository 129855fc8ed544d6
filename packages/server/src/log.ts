/** The server's own log: structured lines on stderr, readable when a person looks. */
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogFormat, LogLevel } from './config/settings.ts';

/** The logger that the parts of the server share. */
export type Log = Logger;

/** The part of a stream that the log needs; `process.stderr` is one. */
export interface LogStream {
  write(line: string, written?: () => void): unknown;
  /** Bytes that wait for the reader. */
  readonly writableLength: number;
  readonly isTTY?: boolean;
}

/** Look and level of the log. */
export interface LogOptions {
  level: LogLevel;
  format: LogFormat;
}

/** A logger with what a clean exit needs. */
export interface OpenLog {
  log: Log;
  /** Resolves when the reader took everything, at the latest after `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
}

/** Unread bytes above which lines are dropped and counted instead of kept. */
const unreadBytesMax = 1024 * 1024;

/** Opens the log on a stream; pino-pretty is loaded only when lines are to be pretty. */
export async function openLog(options: LogOptions, stream: LogStream): Promise<OpenLog> {
  const sink = boundedSink(stream);
  const isTerminal = stream.isTTY === true;
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && isTerminal);
  const log = pino(
    { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime, redact },
    isPretty ? await prettySink(sink, isTerminal) : sink,
  );
  return { log, flush: (timeoutMs) => drained(stream, timeoutMs) };
}

/** Secrets never reach the log, whoever logs a request's headers. */
const redact = ['req.headers.authorization', 'req.headers.cookie', 'headers.authorization'];

interface Sink {
  write(line: string): void;
}

/**
 * A reader that stops reading must not stop the server: beyond the bound lines are dropped, and the
 * first line after that says how many.
 */
function boundedSink(stream: LogStream): Sink {
  let dropped = 0;
  return {
    write(line) {
      if (stream.writableLength > unreadBytesMax) {
        dropped++;
        return;
      }
      if (dropped > 0) stream.write(droppedLine(dropped));
      dropped = 0;
      stream.write(line);
    },
  };
}

function droppedLine(count: number): string {
  const msg = `${count} log lines dropped: nobody read them in time`;
  return `${JSON.stringify({ level: 40, time: new Date().toISOString(), msg, dropped: count })}\n`;
}

async function prettySink(sink: Sink, colorize: boolean): Promise<Sink> {
  // A CommonJS package: bundled, it has nothing but its default export.
  const { default: pinoPretty } = await import('pino-pretty');
  const pretty = pinoPretty.prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return { write: (line) => sink.write(pretty(line)) };
}

/** The empty write comes back when everything before it was taken. */
function drained(stream: LogStream, timeoutMs: number): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    stream.write('', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
