/** What one group commit carries from the main thread to the writer. */
import type { CauseReport, SessionStatus } from '@tacho/protocol';
import type { SessionStart, Told } from '../store.ts';

/** A change that may be part of a replay: then nothing follows from it. */
interface Replayed {
  replay: boolean;
  /** When it was received where it was said first; absent for what was received here. */
  saidUs?: number;
}

/** Changes of the catalog, in order; `no` is the session's number. JSON travels as text. */
export type Op =
  | ({
      op: 'start';
      no: number;
      id: string;
      atUs: number;
      nowUs: number;
      state: string;
    } & Replayed &
      Omit<SessionStart, 'state'>)
  | { op: 'series'; no: number; session: number; local: number; key: string }
  | ({ op: 'patch'; no: number; atUs: number; patch: string } & Replayed)
  | ({
      op: 'event';
      no: number;
      atUs: number;
      name: string;
      level: string;
      record: string;
    } & Replayed)
  | { op: 'end'; no: number; atUs: number; cause?: CauseReport }
  | { op: 'crash'; no: number; atUs: number; reason: string; cause?: CauseReport }
  | {
      op: 'status';
      no: number;
      status: SessionStatus;
      skewUs: number | null;
      updatedUs?: number;
    }
  | { op: 'spool'; id: string; floor: number; ahead: number[] }
  /** `unless`: index of an op; when that one is refused, the key is not used up. */
  | { op: 'key'; key: string; fingerprint: string; reply: string; unless?: number };

/** Kinds of steps, `replayed` being samples of a replay; a step is `stepFields` numbers. */
export const steps = { samples: 0, heartbeat: 1, op: 2, replayed: 3, witness: 4 } as const;

/** Numbers of a step: kind, session or index of the op, receivedUs, atUs, skewUs (NaN: none), samples. */
export const stepFields = 6;

/** A group: what happened, in order of arrival, and the samples. */
export interface Group {
  /** `stepFields` numbers each. */
  steps: Float64Array;
  stepCount: number;
  ops: Op[];
  frame: Uint8Array | undefined;
  samples: number;
  /** After a failed commit, the writer takes only groups of a later epoch. */
  epoch: number;
}

/** What the writer tells about a commit. */
export interface Committed {
  /** Samples in the journal now. */
  unsealed: number;
  /** Bytes of this commit, roughly; tells when the write-ahead log has grown enough. */
  bytes: number;
  /** Indexes of patch ops that were refused because the state would become too large. */
  refused: number[];
  /** What was found out about sessions on the way; absent when nothing was. */
  told?: Told[];
}
