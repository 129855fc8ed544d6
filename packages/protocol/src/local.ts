/** Local entries: what programs tell the agent beside them, which is more than a server takes. */
import type { WireEntry } from './entry.ts';

/** Growth of a counter since the client's last flush. */
export interface CounterGrowth {
  kind: 'growth';
  type: 'counter';
  session: string;
  /** Latest contribution, epoch microseconds. */
  atUs: number;
  name: string;
  /** '' = none. */
  unit: string;
  tags: readonly string[];
  delta: number;
}

/** What a histogram took since the client's last flush. */
export interface HistogramGrowth {
  kind: 'growth';
  type: 'histogram';
  session: string;
  /** Latest contribution, epoch microseconds. */
  atUs: number;
  name: string;
  /** '' = none. */
  unit: string;
  tags: readonly string[];
  /** Finite, ascending, each once. */
  bounds: readonly number[];
  /** Per bucket; one more than bounds, the last is the overflow bucket. */
  counts: number[];
  sum: number;
  /** Null when no finite value was seen. */
  min: number | null;
  max: number | null;
  notFinite: number;
}

/** Growth of a series that the agent sums up. */
export type Growth = CounterGrowth | HistogramGrowth;

/** Whom and how the agent is to watch; what is absent was not said. */
export interface Watch {
  /** Process of the session. */
  pid?: number;
  /** When that process started, in the words of the agent's own look at processes. */
  processStart?: string;
  /** Arms the watchdog at once: without a heartbeat for longer, the session hangs. */
  heartbeatTimeoutMs?: number;
  /** False: the end of the process says nothing about the session. */
  watch?: boolean;
  /** The sender is the parent of the process and reports its exit itself. */
  parent?: boolean;
}

/** What a local entry says; `atUs` is absent when the sender named no time. */
export type LocalEntry =
  | Exclude<WireEntry, { kind: 'start' | 'heartbeat' }>
  | (Extract<WireEntry, { kind: 'start' }> & { watch: Watch })
  | (Extract<WireEntry, { kind: 'heartbeat' }> & { timeoutMs?: number })
  | Growth
  /** Its monitoring rests, and starts again. */
  | { kind: 'pause' | 'resume'; session: string; atUs?: number }
  /** Last words of a process, or what its parent saw. */
  | {
      kind: 'exit';
      session: string;
      atUs?: number;
      code?: number;
      signal?: string;
      /** An exception or rejection that nobody caught brought it down. */
      uncaught?: boolean;
    };
