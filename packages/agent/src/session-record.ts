/** What an agent knows of a session: a fold over the entries that it accepted, and over nothing else. */
import {
  applyPatch,
  eventNames,
  type JsonObject,
  jsonEqual,
  type Level,
  type LocalEntry,
  levels,
  type WireEntry,
} from '@tacho/protocol';

/** Last words of a process, or what its parent saw; with nothing but a time it is exiting, and no more. */
interface ProcessExit {
  atUs: number;
  code?: number;
  signal?: string;
  uncaught?: boolean;
}

/** A session; instants are epoch microseconds. */
export interface SessionRecord {
  id: string;
  product: string;
  version: string;
  startedUs: number;
  /** Whose words and names its events have. */
  wire: 'tacho' | 'datacat';
  /** All patches so far, merged. */
  state: JsonObject;
  /** Absent: no process is known. */
  pid?: number;
  /** Present once an agent saw this very process alive. */
  processStart?: string;
  /** Of the machine when the session started. */
  bootId?: string;
  /** The parent of the process reports its exit itself. */
  parent: boolean;
  /** False: the end of the process says nothing about the session. */
  watch: boolean;
  /** Heartbeats are expected. */
  armed: boolean;
  heartbeatTimeoutMs?: number;
  /** Numbers of heartbeats and of resumptions so far. */
  heartbeats: number;
  resumes: number;
  /** Time of the heartbeat that arrived last. */
  lastHeartbeatUs?: number;
  paused: boolean;
  /** When the hang was noticed that has not been recovered from. */
  hungSinceUs?: number;
  /** When the program last said anything. */
  lastActivityUs: number;
  /** When it last reported an exception of level error or worse. */
  lastExceptionUs?: number;
  exit?: ProcessExit;
  ended?: { atUs: number; kind: 'end' | 'crash' };
}

/** What of an entry is to be told to the server: growth as totals later, the rest as it is. */
export type Said = WireEntry | Extract<LocalEntry, { kind: 'growth' }>;

/** The record of a session that starts. */
export function startRecord(
  { session: id, atUs, start, watch }: Extract<LocalEntry, { kind: 'start' }>,
  receivedUs: number,
): SessionRecord {
  const { product, version, bootId } = start;
  const startedUs = atUs ?? receivedUs;
  const record: SessionRecord = {
    id,
    product,
    version,
    startedUs,
    wire: watch.wire ?? 'tacho',
    state: { product, version, ...applyPatch({}, start.state ?? {}) },
    parent: watch.parent ?? false,
    watch: watch.watch ?? true,
    armed: watch.heartbeatTimeoutMs !== undefined,
    heartbeats: 0,
    resumes: 0,
    paused: false,
    lastActivityUs: startedUs,
  };
  if (watch.pid !== undefined) record.pid = watch.pid;
  if (watch.processStart !== undefined) record.processStart = watch.processStart;
  if (watch.heartbeatTimeoutMs !== undefined) record.heartbeatTimeoutMs = watch.heartbeatTimeoutMs;
  if (bootId !== undefined) record.bootId = bootId;
  return record;
}

/**
 * Notes in the record, in place, what an entry says; gives what is to be told to the server.
 * Undefined: nothing, because it is of this machine only, or changes nothing.
 */
export function foldEntry(
  record: SessionRecord,
  entry: LocalEntry,
  receivedUs: number,
): Said | undefined {
  const atUs = timeOf(entry) ?? receivedUs;
  if (!isNotice(entry)) record.lastActivityUs = atUs;
  switch (entry.kind) {
    case 'patch':
      return foldPatch(record, entry) ? { ...entry, atUs } : undefined;
    case 'event':
      noteEvent(record, entry, atUs);
      return { ...entry, atUs };
    case 'metric':
      return entry.metric.atUs === undefined
        ? { ...entry, metric: { ...entry.metric, atUs } }
        : entry;
    case 'heartbeat':
      return foldHeartbeat(record, entry, atUs);
    case 'pause':
      record.paused = true;
      return undefined;
    case 'resume':
      record.paused = false;
      record.resumes++;
      return undefined;
    case 'exit':
      record.exit = exitOf(entry, atUs);
      return undefined;
    case 'end':
    case 'crash':
      record.ended ??= { atUs, kind: entry.kind };
      return { ...entry, atUs };
    case 'start':
      return undefined;
    default:
      return entry;
  }
}

/** False when the state is the same afterwards. */
function foldPatch(
  record: SessionRecord,
  { patch }: Extract<LocalEntry, { kind: 'patch' }>,
): boolean {
  const state = applyPatch(record.state, patch);
  if (state === record.state || jsonEqual(state, record.state)) return false;
  record.state = state;
  return true;
}

function noteEvent(
  record: SessionRecord,
  { event }: Extract<LocalEntry, { kind: 'event' }>,
  atUs: number,
): void {
  if (event.name === eventNames.hang) record.hungSinceUs ??= atUs;
  else if (event.name === eventNames.recover) delete record.hungSinceUs;
  if (event.exception_type !== undefined && isGrave(event.level)) record.lastExceptionUs = atUs;
}

/**
 * The server takes a heartbeat for a recovery; the agent knows better, and says itself when a hang
 * is over. Until then its heartbeats are those of a witness.
 */
function foldHeartbeat(
  record: SessionRecord,
  { kind, session, timeoutMs, witness }: Extract<LocalEntry, { kind: 'heartbeat' }>,
  atUs: number,
): WireEntry {
  if (witness === undefined) {
    record.armed = true;
    record.heartbeats++;
    record.lastHeartbeatUs = atUs;
    if (timeoutMs !== undefined) record.heartbeatTimeoutMs = timeoutMs;
  }
  const told = { kind, session, atUs };
  return witness || record.hungSinceUs !== undefined ? { ...told, witness: true } : told;
}

function exitOf(
  { code, signal, uncaught }: Extract<LocalEntry, { kind: 'exit' }>,
  atUs: number,
): ProcessExit {
  const exit: ProcessExit = { atUs };
  if (code !== undefined) exit.code = code;
  if (signal !== undefined) exit.signal = signal;
  if (uncaught !== undefined) exit.uncaught = uncaught;
  return exit;
}

/** Whether an event is of level error or worse. */
export function isGrave(level: Level): boolean {
  return levels.indexOf(level) >= levels.indexOf('error');
}

/** When an entry was said; undefined when its sender did not say. */
function timeOf(entry: LocalEntry): number | undefined {
  if (entry.kind === 'metric') return entry.metric.atUs;
  if (entry.kind === 'columns') return entry.timesUs[entry.timesUs.length - 1];
  return entry.atUs;
}

/** Whether an agent says it of a session, and not the program itself. */
function isNotice(entry: LocalEntry): boolean {
  return (
    entry.kind === 'event' &&
    (entry.event.group === 'tacho.agent' || entry.event.group === 'datacat.daemon')
  );
}
