/** The Store: the one interface through which the server keeps and reads sessions. */
import type {
  CauseReport,
  EventRecord,
  JsonObject,
  SeriesKey,
  SeriesTable,
  SessionStatus,
} from '@tacho/protocol';
import type { AggregateQuestions } from './aggregate.ts';
import type { HistoryQuestions } from './history.ts';
import type { SessionQuestions } from './questions.ts';
import type { SearchQuestions } from './search.ts';
import type { SeriesQuestions } from './series.ts';
import type { StorageQuestions } from './storage.ts';
import type { TokenStore } from './tokens.ts';
import type { OtherServers, Tellings } from './told.ts';
import type { WebhookStore } from './webhooks.ts';

export * from './aggregate.ts';
export * from './history.ts';
export * from './questions.ts';
export * from './search.ts';
export * from './series.ts';
export * from './storage.ts';
export * from './tokens.ts';
export * from './told.ts';
export * from './webhooks.ts';

/**
 * A session as the store knows it; entries refer to it instead of repeating the id.
 * Engines extend it with what they need to find the session again without a look-up.
 */
export interface SessionHandle {
  /** UUID, lower case. */
  readonly id: string;
  /** Series of this session by local index, in order of first appearance. */
  readonly series: SeriesTable;
}

/** What an id or an id prefix stands for. */
export type Resolution =
  | { kind: 'found'; session: SessionHandle }
  | { kind: 'missing' }
  /** Several sessions start with the prefix; at most 10 of them are listed. */
  | { kind: 'ambiguous'; ids: string[] };

/** What a client says about a session when it starts. */
export interface SessionStart {
  product: string;
  version: string;
  machineId?: string;
  hostname?: string;
  /** Identity of the machine's boot; tells a reboot from a reconnect. */
  bootId?: string;
  /** Identity of the agent process that speaks. */
  agentId?: string;
  /** State at the start; `product` and `version` are always part of the state. */
  state?: JsonObject;
}

/** What one sample carries beside its value. */
export interface SampleDetail {
  /** Number of things measured in one go (timers). */
  count?: number;
  metadata?: JsonObject;
}

/** One thing said about a session. Instants are epoch microseconds, by the sender's clock. */
export type StoreEntry =
  | ({ kind: 'start'; session: SessionHandle; atUs: number } & SessionStart)
  | ({ kind: 'patch'; session: SessionHandle; atUs: number; patch: JsonObject } & Received)
  | ({ kind: 'event'; session: SessionHandle; atUs: number; event: EventRecord } & Received)
  /** One sample; `series` is an index into `session.series`. */
  | {
      kind: 'sample';
      session: SessionHandle;
      series: number;
      atUs: number;
      value: number;
      detail?: SampleDetail;
    }
  /** Many samples of many series, one row each; the arrays have equal lengths. */
  | {
      kind: 'samples';
      session: SessionHandle;
      series: Uint32Array;
      timesUs: Float64Array;
      values: Float64Array;
      /** By row; absent rows have no detail. */
      details?: Map<number, SampleDetail>;
    }
  /** Several series that were sampled together: `values[k][i]` is series `series[k]` at `timesUs[i]`. */
  | {
      kind: 'columns';
      session: SessionHandle;
      timesUs: Float64Array;
      series: number[];
      values: Float64Array[];
    }
  /** `witness`: said by who watches the program; whether it responds is not told. */
  | { kind: 'heartbeat'; session: SessionHandle; atUs: number; witness?: true }
  | { kind: 'end'; session: SessionHandle; atUs: number; cause?: CauseReport }
  | { kind: 'crash'; session: SessionHandle; atUs: number; reason: string; cause?: CauseReport }
  /** How the session stands, whatever was said before; only in a replay. */
  | {
      kind: 'status';
      session: SessionHandle;
      status: SessionStatus;
      clockSkewUs?: number;
      /** Last time that anything was received for it; when absent, receipt moves it as always. */
      updatedUs?: number;
    };

/** When an entry of a replay was received where it comes from. */
interface Received {
  /** Only in a replay; the receipt of its batch when absent. */
  receivedUs?: number;
}

/** What makes a batch count once however often it is delivered. */
export type Once =
  /** A batch of a spool; batches of one spool may arrive in any order. */
  | { kind: 'spool'; spoolId: string; seq: number }
  /** A request with an Idempotency-Key; `fingerprint` is a hash of the request, `reply` its answer. */
  | { kind: 'key'; key: string; fingerprint: string; reply: string };

/** Entries that become durable together or not at all. */
export interface StoreBatch {
  /** When the server received it, epoch microseconds by the server's clock. */
  receivedUs: number;
  entries: StoreEntry[];
  once?: Once;
  /**
   * What is said is history, recorded elsewhere, and is stored as it is: it moves no status, makes
   * no events, tells nothing of clocks and of siblings. Rejects with `session_exists`, and stores
   * nothing, when it starts a session that exists.
   */
  replay?: boolean;
}

/** Outcome of an append; a duplicate changed nothing. */
export type Appended = { kind: 'stored' } | { kind: 'duplicate'; reply?: string };

/** A session without its history. */
export interface SessionRow {
  id: string;
  createdUs: number;
  /** Last time that anything was received for it. */
  updatedUs: number;
  product: string;
  version: string;
  machineId?: string;
  hostname?: string;
  bootId?: string;
  agentId?: string;
  status: SessionStatus;
  /** Current state as JSON text (integers keep their digits). */
  state: string;
  /** State at the start as JSON text, before the first patch. */
  startState: string;
  /** Number of patches, events and samples stored. */
  patches: number;
  events: number;
  samples: number;
  /**
   * Sender's clock minus server's clock, in microseconds: the difference that was smallest in
   * magnitude among entries that carried a time; absent when none did.
   */
  clockSkewUs?: number;
}

/** One accepted state patch; `patch` is JSON text. */
export interface PatchRow {
  revision: number;
  atUs: number;
  receivedUs: number;
  patch: string;
}

/** One event; `seq` counts from 0 per session in order of arrival. */
export interface EventRow {
  seq: number;
  atUs: number;
  receivedUs: number;
  event: EventRecord;
}

/** Samples of one session in order of time; `series[i]` is an index into `keys`. */
export interface SampleRows {
  keys: readonly SeriesKey[];
  series: Uint32Array;
  timesUs: Float64Array;
  values: Float64Array;
  details?: Map<number, SampleDetail>;
}

/** Which parts of a session `read` yields after its row; all are off by default. */
export interface ReadParts {
  patches?: boolean;
  events?: boolean;
  samples?: boolean;
}

/** A piece of a session; pieces come in this order: one session, then patches, events, samples. */
export type SessionPart =
  | { kind: 'session'; row: SessionRow }
  | { kind: 'patches'; rows: PatchRow[] }
  | { kind: 'events'; rows: EventRow[] }
  | { kind: 'samples'; rows: SampleRows };

/** What `/health` shows of a store. */
export interface StoreHealth {
  /** False while the store refuses writes; `problem` says why in one sentence. */
  writable: boolean;
  problem?: string;
  /** Free space where the data lives, in bytes; absent for engines without a disk. */
  diskFreeBytes?: number;
  /** Entries accepted but not yet durable. */
  queuedEntries: number;
  /** The same in bytes, roughly; absent for engines without a queue. */
  queuedBytes?: number;
  /** Samples durable in the journal and not sealed yet. */
  unsealedSamples: number;
  /** Damaged pieces set aside. */
  quarantined: number;
  /** Size of each file by what it holds, in bytes; absent for engines without files. */
  fileBytes?: Partial<Record<'database' | 'journal' | 'index', number>>;
}

/** Rules of the periodic pass over sessions. */
export interface SweepRules {
  nowUs: number;
  /** Active sessions silent for longer are lost. */
  lostAfterUs: number;
}

/** Rules of retention. */
export interface ExpireRules {
  /** Sessions that are not active and whose last activity is before this instant go. */
  beforeUs: number;
  /** Most sessions to delete in this call; the caller calls again while it gets this many. */
  sessionsMax: number;
}

/** Where an engine differs in what it can promise; everything else is the contract suite's. */
export interface Store
  extends AggregateQuestions,
    HistoryQuestions,
    SearchQuestions,
    SeriesQuestions,
    SessionQuestions,
    StorageQuestions,
    TokenStore {
  /** Tells what the store finds out by itself about sessions, soon after it is durable. */
  readonly told: Tellings;
  /** Rules of webhooks, and what is to be sent for them. */
  readonly webhooks: WebhookStore;
  /** What servers stored that share the store; absent for engines of one server. */
  readonly others?: OtherServers;
  /** The session with this id, or the only one whose id starts with this prefix (8 characters or more). */
  resolve(idOrPrefix: string): Resolution | Promise<Resolution>;
  /**
   * A handle for the id, known or not; a `start` entry through it creates the session.
   * A `start` for a session that exists changes nothing.
   */
  reserve(id: string): SessionHandle | Promise<SessionHandle>;
  /**
   * Makes a batch durable; resolves after it is. Rejects with TachoError `disk_full`, `overloaded`
   * or `idempotency_conflict`, and then nothing of the batch is stored. Batches arrive in the order
   * of the calls, but one with `once` may be overtaken while it is looked up.
   */
  append(batch: StoreBatch): Promise<Appended>;
  /** A session piece by piece, with bounded memory; yields nothing when the id is unknown. */
  read(id: string, parts: ReadParts): AsyncIterable<SessionPart>;
  /** Ids of all sessions in order of creation, in pages. */
  ids(): AsyncIterable<string[]>;
  /** Declares silent active sessions lost; returns how many. */
  sweep(rules: SweepRules): Promise<number>;
  /** Deletes old sessions; returns how many. */
  expire(rules: ExpireRules): Promise<number>;
  health(): Promise<StoreHealth>;
  /** Makes everything accepted durable and lets go of the resources. */
  close(): Promise<void>;
}

/** Timing that decides how a session's silence reads; the same for every engine. */
export interface StoreClock {
  /** A session created again by the same machine makes silent siblings crashed after this long. */
  suspendedAfterUs: number;
  /** No sibling is declared crashed before this instant (the server was away until shortly before). */
  returnGraceUntilUs: number;
}
