/** The heart of an agent: accepts what programs say, keeps what is known of their sessions, cuts batches. */
import {
  applyPatch,
  batchText,
  entryText,
  type LocalEntry,
  limits,
  type Rejection,
  TachoError,
} from '@tacho/protocol';
import type { Identity } from './identity.ts';
import type { Checkpoint, Journal } from './journal.ts';
import { Pending } from './pending.ts';
import { foldEntry, isGrave, type SessionRecord, startRecord } from './session-record.ts';

/** What a recorder works with. */
export interface RecorderOptions {
  journal: Journal;
  /** Epoch microseconds. */
  nowUs: () => number;
  /** Told with sessions that do not say it themselves. */
  identity?: Identity;
  /** When a living process started; null when there is none. */
  startOf?: (pid: number) => string | null;
}

/** From whom a batch is. */
export interface Sender {
  clientId: string;
  /** From 1; what is not above the client's last one is a duplicate. */
  seq: number;
  /** The batch as it came, to be kept without writing it anew; exactly the entries that are given. */
  body?: Uint8Array;
}

/** What became of entries. */
export interface Accepted {
  /** Entries that are recorded. */
  accepted: number;
  /** Entries of sessions that are not known; `index` counts the entries given. Absent for none. */
  rejected?: Rejection[];
  /** It was accepted before, and nothing was changed. */
  duplicate?: true;
}

/**
 * Everything that a recorder knows is a fold over what it accepted, and what it accepted is in the
 * journal before anybody hears of it; so a journal read again gives the same recorder.
 */
export class Recorder {
  /** Told after something was accepted; `urgent` when it should be sent at once. */
  onAccept: ((urgent: boolean) => void) | undefined;

  readonly #options: RecorderOptions;
  readonly #pending = new Pending();
  readonly #sessions = new Map<string, SessionRecord>();
  readonly #aliases = new Map<string, string>();
  readonly #clients = new Map<string, number>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Entries accepted and not yet cut. */
  get pendingEntries(): number {
    return this.#pending.size;
  }

  /** Growth left out because its session has too many series. */
  get overflowed(): number {
    return this.#pending.overflowed;
  }

  /**
   * Records entries, in order. A start of a session that is known already changes nothing, unless it
   * comes from the parent of all that the session is about; other entries of sessions that are not known are rejected with `session_not_found`.
   */
  accept(entries: readonly LocalEntry[], from?: Sender): Accepted {
    if (from !== undefined && this.#isKnown(from)) return { accepted: 0, duplicate: true };
    const { good, rejected, changed } = this.#sort(entries);
    if (good.length > 0 || from !== undefined) {
      const receivedUs = this.#options.nowUs();
      const raw = changed || rejected.length > 0 ? undefined : from?.body;
      this.#options.journal.append({
        kind: from === undefined ? 'own' : 'batch',
        receivedUs,
        body: raw ?? bodyOf(good, from),
      });
      this.fold(good, receivedUs, from);
      this.onAccept?.(good.some(isUrgent));
    }
    const accepted = { accepted: good.length };
    return rejected.length === 0 ? accepted : { ...accepted, rejected };
  }

  /** Whether a batch of this client was accepted before. */
  knowsClient(clientId: string): boolean {
    return this.#clients.has(clientId);
  }

  /** All sessions that are known, those that ended a short while ago included. */
  sessions(): SessionRecord[] {
    return [...this.#sessions.values()];
  }

  /** The session of this id or other name. */
  session(idOrAlias: string): SessionRecord | undefined {
    return this.#sessions.get(this.#aliases.get(idOrAlias) ?? idOrAlias);
  }

  /** The further names of sessions, each with the id that it stands for. */
  aliases(): Iterable<readonly [name: string, id: string]> {
    return this.#aliases;
  }

  /** From now on the session is also known by this name. */
  alias(name: string, id: string): void {
    const body = Buffer.from(JSON.stringify({ name, id }));
    this.#options.journal.append({ kind: 'alias', receivedUs: this.#options.nowUs(), body });
    this.#aliases.set(name, id);
  }

  /** Hands what is pending over to the journal; false when there is nothing. */
  cut(): boolean {
    const entries = this.#pending.take();
    this.#forgetEnded();
    if (entries.length === 0) return false;
    this.#options.journal.put(entries, () => this.checkpoint());
    return true;
  }

  /** Cuts and closes the journal; whoever finds it later goes on with the sessions that have not ended. */
  async close(): Promise<void> {
    this.cut();
    await this.#options.journal.close(this.sessions().some(({ ended }) => ended === undefined));
  }

  /** Applies entries that are in the journal: those just accepted, or read again. */
  fold(entries: readonly LocalEntry[], receivedUs: number, from?: Sender): void {
    if (from !== undefined) this.#noteClient(from);
    for (const entry of entries) {
      const record = this.#sessions.get(entry.session);
      if (record !== undefined) {
        if (entry.kind === 'start') takeParent(record, entry);
        const said = foldEntry(record, entry, receivedUs);
        if (said !== undefined) this.#pending.add(said);
      } else if (entry.kind === 'start') {
        this.#start(entry, receivedUs);
      }
    }
  }

  /** Applies an alias that is in the journal. */
  foldAlias(name: string, id: string): void {
    this.#aliases.set(name, id);
  }

  /** All that is known, to start from again; what is pending is no part of it. */
  checkpoint(): Checkpoint {
    return {
      sessions: this.sessions(),
      totals: this.#pending.totals(),
      clients: [...this.#clients],
      aliases: [...this.#aliases],
    };
  }

  /** Adds what a checkpoint knows; of a session that is known already, what is known here is newer. */
  restore({ sessions, totals, clients, aliases }: Checkpoint): void {
    for (const record of sessions) {
      const known = this.#sessions.get(record.id);
      const state = known && applyPatch(record.state, known.state);
      this.#sessions.set(record.id, state === undefined ? record : { ...record, ...known, state });
    }
    this.#pending.restoreTotals(totals);
    for (const [clientId, seq] of clients) this.#noteClient({ clientId, seq });
    for (const [name, id] of aliases) this.#aliases.set(name, id);
  }

  /** Drops what is pending: it is in batches already. */
  skipPending(): void {
    this.#pending.take();
  }

  #isKnown({ clientId, seq }: Sender): boolean {
    return seq <= (this.#clients.get(clientId) ?? 0);
  }

  #noteClient({ clientId, seq }: Sender): void {
    const last = Math.max(seq, this.#clients.get(clientId) ?? 0);
    this.#clients.delete(clientId);
    this.#clients.set(clientId, last);
    if (this.#clients.size <= limits.agentClientsMax) return;
    const [oldest] = this.#clients.keys();
    this.#clients.delete(oldest as string);
  }

  /** Entries of known sessions, and starts with what the agent knows better than their sender. */
  #sort(entries: readonly LocalEntry[]) {
    const good: LocalEntry[] = [];
    const rejected: Rejection[] = [];
    const started = new Set<string>();
    let changed = false;
    entries.forEach((entry, index) => {
      const { session } = entry;
      if (entry.kind === 'start') {
        started.add(session);
        good.push(this.#amend(entry));
        changed = true;
      } else if (this.#sessions.has(session) || started.has(session)) {
        good.push(entry);
      } else {
        rejected.push(unknownSession(index, session));
      }
    });
    return { good, rejected, changed };
  }

  /** Only a process that an agent saw alive has a start to be recognised by. */
  #amend(entry: Extract<LocalEntry, { kind: 'start' }>): LocalEntry {
    const { identity, startOf } = this.#options;
    const { processStart, ...watch } = entry.watch;
    const seen = watch.pid === undefined ? null : (startOf?.(watch.pid) ?? null);
    const isSame = seen !== null && (processStart === undefined || processStart === seen);
    return {
      ...entry,
      atUs: entry.atUs ?? this.#options.nowUs(),
      start: { ...identity, ...entry.start },
      watch: isSame ? { ...watch, processStart: seen } : watch,
    };
  }

  #start(entry: Extract<LocalEntry, { kind: 'start' }>, receivedUs: number): void {
    const record = startRecord(entry, receivedUs);
    this.#sessions.set(record.id, record);
    const { kind, session, start } = entry;
    this.#pending.add({ kind, session, atUs: record.startedUs, start });
  }

  #forgetEnded(): void {
    const beforeUs = this.#options.nowUs() - limits.agentSessionLingerMs * 1000;
    for (const { id, ended, lastActivityUs } of this.#sessions.values()) {
      if (ended === undefined || Math.max(ended.atUs, lastActivityUs) >= beforeUs) continue;
      this.#sessions.delete(id);
      this.#pending.forget(id);
      for (const [name, named] of this.#aliases) if (named === id) this.#aliases.delete(name);
    }
  }
}

/**
 * A program that joined the session of its parent may have been the first to speak of it; the parent
 * knows which process the session is about.
 */
function takeParent(record: SessionRecord, { watch }: Extract<LocalEntry, { kind: 'start' }>) {
  if (watch.parent !== true || watch.pid === undefined) return;
  record.parent = true;
  record.pid = watch.pid;
  if (watch.processStart !== undefined) record.processStart = watch.processStart;
  else delete record.processStart;
  if (watch.heartbeatTimeoutMs === undefined) return;
  record.armed = true;
  record.heartbeatTimeoutMs = watch.heartbeatTimeoutMs;
}

/** Whether somebody may be waiting to see it. */
function isUrgent(entry: LocalEntry): boolean {
  if (entry.kind === 'event') return isGrave(entry.event.level);
  return entry.kind === 'start' || entry.kind === 'end' || entry.kind === 'crash';
}

/** The entries as a local batch; those of the agent itself have no sender. */
function bodyOf(entries: readonly LocalEntry[], from: Sender | undefined): Uint8Array {
  const { clientId, seq } = from ?? { clientId: 'agent', seq: 1 };
  return Buffer.from(batchText(clientId, seq, entries.map(entryText)));
}

function unknownSession(index: number, session: string): Rejection {
  const details = `The agent knows no session ${session}; expected its start entry first.`;
  const { error, code } = new TachoError('session_not_found', details).toReply();
  return { index, error, details, code };
}
