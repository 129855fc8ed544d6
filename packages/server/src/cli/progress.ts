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
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
