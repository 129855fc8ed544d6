/** Runs that are compared: letters and lines, and the axis that they are laid over each other on. */
import { ms } from '../../format/time.ts';
import { outcomeOfRow, type SessionRow, type ShownOutcome } from '../../outcome.ts';

/** How many runs one picture holds. */
export const runsMax = 8;

/** The most runs that are all drawn in full; more hues than these nobody tells apart. */
const loudRunsMax = 4;

/** How many of more runs stand out of a chart. */
const loudRuns = 2;

/** Where the runs are laid over each other: their starts, their ends, or the time of day. */
export type Align = 'start' | 'death' | 'clock';

/** One of the compared sessions. */
export interface Run {
  /** `A` to `H`, in the order of the address. */
  letter: string;
  /** Place in that order, from 0. */
  index: number;
  row: SessionRow;
  outcome: ShownOutcome;
  /** Whether it has not ended. */
  isAlive: boolean;
  /** Start and end, milliseconds since 1970; the end of a run that is alive is now. */
  startMs: number;
  endMs: number;
}

/** A stretch of the shared axis, in milliseconds from where the runs are aligned. */
export type Stretch = readonly [fromMs: number, toMs: number];

/** The runs of these rows, in their order. */
export function runsOf(rows: readonly SessionRow[]): Run[] {
  return rows.slice(0, runsMax).map((row, index) => {
    const startMs = ms(row.created_at);
    return {
      letter: String.fromCharCode(65 + index),
      index,
      row,
      outcome: outcomeOfRow(row),
      isAlive: row.lifecycle === 'active',
      startMs,
      endMs: startMs + Math.max(1, row.duration_ms),
    };
  });
}

/** The instant that stands at 0 of the shared axis, in milliseconds since 1970. */
export function originOf(run: Run, align: Align): number {
  if (align === 'clock') return 0;
  return align === 'start' ? run.startMs : run.endMs;
}

/**
 * Which runs are drawn in full: all of a few; of many those two whose values, one for each run, are
 * farthest from the middle of all.
 */
export function loudOf(values: readonly (number | undefined)[]): boolean[] {
  if (values.length <= loudRunsMax) return values.map(() => true);
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = known[known.length >> 1] ?? 0;
  const far = values.map((value) => (value === undefined ? -1 : Math.abs(value - middle)));
  const order = far.map((_, i) => i).sort((a, b) => (far[b] ?? 0) - (far[a] ?? 0));
  const loud = new Set(order.slice(0, loudRuns));
  return values.map((_, i) => loud.has(i));
}

/** The stretch of the axis that holds all the runs. */
export function spanOf(runs: readonly Run[], align: Align): Stretch {
  const from = Math.min(...runs.map((run) => run.startMs - originOf(run, align)));
  const to = Math.max(...runs.map((run) => run.endMs - originOf(run, align)));
  return runs.length === 0 ? [0, 1] : [from, Math.max(to, from + 1)];
}

/** Room right of the last end, as a share of the view: the values at the end stand there. */
const afterShare = 0.15;

/** The first so much of the runs, or the last where they are aligned at their ends; all of it without a length. */
export function windowOf(span: Stretch, align: Align, lengthMs: number | undefined): Stretch {
  const whole = span[1] - span[0];
  const length = Math.min(lengthMs ?? whole, whole);
  const from = align === 'start' ? span[0] : span[1] - length;
  // A window that ends before the runs do has no end to label.
  const hasEnd = align !== 'start' || length === whole;
  return [from, from + length * (hasEnd ? 1 / (1 - afterShare) : 1)];
}

/** How far the view may reach. */
export function limitsOf(span: Stretch): Stretch {
  const room = ((span[1] - span[0]) * afterShare) / (1 - afterShare);
  return [span[0] - room * 0.1, span[1] + room];
}

/** Where runs of these outcomes are aligned when nobody chose: at death as soon as one has died. */
export function alignOf(runs: readonly Run[]): Align {
  return runs.some(({ isAlive }) => isAlive) ? 'start' : 'death';
}

/** What stands at the end of a run in a word or two: `SIGSEGV`, `exit 0`, `KeyError`. */
export function endWord({ row, outcome }: Run): string {
  const { cause, exception } = row;
  if (cause === null) return row.liveness === 'suspended' ? 'suspended' : 'alive';
  switch (cause.kind) {
    case 'out_of_memory':
      return 'out of memory';
    case 'signaled':
      return cause.signal ?? 'signal';
    case 'uncaught':
      return exception?.type ?? 'uncaught';
    case 'failed':
    case 'exited':
      return `exit ${cause.exit_code ?? 0}`;
    case 'machine_lost':
      return 'machine lost';
    case 'ended':
    case 'terminated_by_user':
      return 'ended';
    default:
      return outcome === 'hung' ? 'hung, killed' : outcome;
  }
}
