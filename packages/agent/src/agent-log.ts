/** The agent's own log: a bounded file, a bounded number of lines, and never on a pipe nobody reads. */
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { formatTime, limits } from '@tacho/protocol';

/** Writes one line about the agent itself: never what programs said, never a token. */
export interface AgentLog {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** How to open a log. */
export interface AgentLogOptions {
  /** File that lines are appended to. */
  path: string;
  /** Epoch microseconds. */
  nowUs: () => number;
  /** Shows lines to a person as well; absent unless stderr is a terminal. */
  show?: (line: string) => void;
  /** Size at which the file is moved to `<path>.1`; `limits.agentLogBytesMax` by default. */
  bytesMax?: number;
}

/**
 * Opens the log. Writing never throws and waits for nothing but the file. Equal lines in a row are
 * counted instead of repeated, and whoever has much to say is cut short, with a count.
 */
export function openAgentLog({
  path,
  nowUs,
  show,
  bytesMax = limits.agentLogBytesMax,
}: AgentLogOptions): AgentLog {
  const rate = new LineRate(nowUs);
  let last = '';
  let repeats = 0;

  function put(line: string): void {
    const text = `${formatTime(nowUs())} [${process.pid}] ${line}\n`;
    show?.(text);
    try {
      turnOver(path, bytesMax, text.length);
      appendFileSync(path, text, { mode: 0o600 });
    } catch {
      // A log that cannot be written must not be what stops an agent.
    }
  }

  function write(level: string, text: string): void {
    const line = `${level} ${oneLine(text)}`;
    if (line === last) {
      repeats++;
      return;
    }
    const { allowed, skipped } = rate.take();
    if (allowed && repeats > 0) put(`${last} (${repeats} more times)`);
    last = line;
    repeats = 0;
    if (!allowed) return;
    if (skipped > 0) put(`warn ${skipped} lines were left out`);
    put(line);
  }

  return {
    info: (text) => write('info', text),
    warn: (text) => write('warn', text),
    error: (text) => write('error', text),
  };
}

/** A budget of lines that refills evenly. */
class LineRate {
  readonly #nowUs: () => number;
  #left: number = limits.agentLogLinesMax;
  #filledUs: number;
  #skipped = 0;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
    this.#filledUs = nowUs();
  }

  /** Whether one more line may be written, and how many were not since the last one. */
  take(): { allowed: boolean; skipped: number } {
    const now = this.#nowUs();
    const minutes = Math.max(0, now - this.#filledUs) / 60_000_000;
    this.#left = Math.min(limits.agentLogLinesMax, this.#left + minutes * limits.agentLogLinesMax);
    this.#filledUs = now;
    if (this.#left < 1) {
      this.#skipped++;
      return { allowed: false, skipped: 0 };
    }
    this.#left--;
    const skipped = this.#skipped;
    this.#skipped = 0;
    return { allowed: true, skipped };
  }
}

/** One older file is kept: twice the bound is all that the log ever takes. */
function turnOver(path: string, bytesMax: number, more: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size + more > bytesMax) renameSync(path, `${path}.1`);
}

/** A message may hold anything; a line of a log is one line. */
function oneLine(text: string): string {
  const lengthMax = 1_000;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, lengthMax);
}
