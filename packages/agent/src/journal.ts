/** Where a recorder keeps what it accepted and what it cut: on disk, or in memory for tests. */
import type { TotalSnapshot, WireEntry } from '@tacho/protocol';
import type { SessionRecord } from './session-record.ts';

/** What a record of the log holds. */
type JournalRecordKind =
  /** A local batch of a client, as it came. */
  | 'batch'
  /** Entries of the agent itself, as a local batch. */
  | 'own'
  /** A further name of a session: `{"name", "id"}`. */
  | 'alias';

/** One record of the log. */
export interface JournalRecord {
  kind: JournalRecordKind;
  /** When it was received, epoch microseconds: reading it again depends on it. */
  receivedUs: number;
  /** JSON text in UTF-8. */
  body: Uint8Array;
}

/** All that a recorder knows when nothing is pending, as JSON. */
export interface Checkpoint {
  sessions: SessionRecord[];
  totals: TotalSnapshot[];
  /** Latest batch of each client, the client heard of last at the end. */
  clients: [clientId: string, seq: number][];
  aliases: [name: string, id: string][];
}

/** Keeps what a recorder hands over. A journal never throws for want of room: it keeps things in memory then. */
export interface Journal {
  /** Identity of the spool that batches are delivered from. */
  readonly spoolId: string;
  /** On return the operating system has it, so that it outlives the agent. */
  append(record: JournalRecord): void;
  /**
   * Takes what follows from all records so far and was not taken before; batches are made of it.
   * `checkpoint` tells what the recorder knows now, for a journal that starts a new file.
   */
  put(entries: WireEntry[], checkpoint: () => Checkpoint): void;
  /** `isAlive`: sessions go on, and whoever finds the journal should know them. */
  close(isAlive: boolean): Promise<void>;
}

/** A journal in memory, which can be looked into. */
export class MemoryJournal implements Journal {
  readonly spoolId = 'memory';
  readonly records: JournalRecord[] = [];
  readonly cuts: WireEntry[][] = [];

  append(record: JournalRecord): void {
    this.records.push(record);
  }

  put(entries: WireEntry[]): void {
    this.cuts.push(entries);
  }

  async close(): Promise<void> {}
}
