/** Progress of a long command on a terminal, and sizes for people. */

/** A line on stderr that is rewritten; silent when stderr is not a terminal. */
export interface Progress {
  /**
   * Shows how much of the work is done, at most ten times a second: a share, or bytes where nobody
   * knows how many there will be.
   */
  show(done: number, total: number | undefined): void;
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
      const isEnd = total !== undefined && done >= total;
      if (stream.isTTY !== true || (now() - shownMs < intervalMs && !isEnd)) return;
      shownMs = now();
      stream.write(
        `\r\u001b[K${verb} ${total === undefined ? formatBytes(done) : bar(done, total)}`,
      );
    },
    clear() {
      if (stream.isTTY === true) stream.write('\r\u001b[K');
    },
  };
}

/** `██████████░░░░░░░░░░ 50 %` */
function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${Math.floor(100 * share)} %`;
}

const barWidth = 20;

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
