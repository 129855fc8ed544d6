/** Progress of a long command on a terminal, and sizes for people. */

/** A line on stderr that is rewritten; silent when stderr is not a terminal. */
export interface Progress {
  /** Shows how much of the work is done, at most ten times a second. */
  show(done: number, total: number): void;
  /** Removes the line. */
  clear(): void;
}

/** The terminal, or anything else that takes text. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const intervalMs = 100;

/** A progress line that starts with `verb`. */
export function openProgress(verb: string, stream: ProgressStream, now = Date.now): Progress {
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show(done, total) {
      if (stream.isTTY !== true || (now() - shownMs < intervalMs && done < total)) return;
      shownMs = now();
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
      stream.write(`\r\u001b[K${verb} ${percent} %`);
    },
    clear() {
      if (stream.isTTY === true) stream.write('\r\u001b[K');
    },
  };
}

/** A size with three digits and its unit: `12.3 MB` (powers of 1000, as disks are sold). */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // From here on three digits would round up to the next unit's one.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toPrecision(3)} ${units[unit]}`;
}
