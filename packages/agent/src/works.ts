/** The works of an agent: the parts through which everything goes that programs say, put together. */

import { join } from 'node:path';
import { serverKey } from '@tacho/client/sending';
import { type JsonObject, limits } from '@tacho/protocol';
import type { AgentLog } from './agent-log.ts';
import type { AgentConfig } from './config.ts';
import { Delivery } from './deliver.ts';
import { type Flush, startFlush } from './flush.ts';
import type { Identity } from './identity.ts';
import { takeLastWords } from './last-words.ts';
import type { Processes } from './process.ts';
import { Recorder } from './recorder.ts';
import { Sender } from './send.ts';
import type { SessionRecord } from './session-record.ts';
import { setAsideIn } from './set-aside.ts';
import { startSignsOfLife } from './signs-of-life.ts';
import { Spool } from './spool.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** What the works depend on. */
export interface WorksOptions {
  config: AgentConfig;
  /** State directory, which exists. */
  directory: string;
  identity: Identity;
  processes: Processes;
  log: AgentLog;
  /** Epoch microseconds. */
  nowUs: () => number;
}

/** Running works. */
export interface Works {
  recorder: Recorder;
  delivery: Delivery;
  flush: Flush;
  watchdog: Watchdog;
  /** Takes over what dead agents left. */
  adopt(): void;
  /** Sessions that have not ended. */
  open(): SessionRecord[];
  /** Those of them that an agent has to look after. */
  watched(): SessionRecord[];
  /** Entries that the server does not have yet, and the bytes of those that are in batches. */
  unsent(): { entries: number; bytes: number };
  /** Entries that will never arrive, by reason. */
  dropped(): JsonObject;
  /** Sends what it can within `withinMs`, and leaves the rest on disk; about a second more at most. */
  stop(withinMs: number): Promise<void>;
}

/** Directory of last words below the state directory. */
export function lastWordsDirectory(directory: string): string {
  return join(directory, 'last-words');
}

/** Starts the works; what dead agents left is taken over before anybody can send it again. */
export function startWorks(options: WorksOptions): Works {
  const { config, directory, identity, processes, log, nowUs } = options;
  const spool = new Spool({
    root: join(directory, 'spools', serverKey(config.serverUrl)),
    processes,
    nowUs,
    warn: log.warn,
  });
  const startOf = (pid: number): string | null => processes.look(pid).startTime;
  const recorder = new Recorder({ journal: spool, nowUs, identity, startOf });
  const adopt = (): void => {
    const count = spool.adopt(recorder);
    if (count > 0) log.info(`took over ${count} ${count === 1 ? 'spool' : 'spools'}`);
  };
  adopt();
  const { serverUrl, token, verifyTls, compress } = config;
  const sender = new Sender({ serverUrl, verifyTls, ...(token !== undefined && { token }) });
  const delivery = new Delivery({
    spool,
    compress,
    send: (outgoing) => sender.send(outgoing),
    session: (id) => recorder.session(id),
    setAside: setAsideIn(join(directory, 'rejected'), log.warn),
    log,
  });
  const { flushIntervalMs: intervalMs } = config;
  const flush = startFlush({ recorder, spool, delivery, intervalMs, nowUs });
  const takeWords = (): void => takeWordsFor(recorder, options);
  const watchdog = startWatchdog({
    recorder,
    processes,
    takeLastWords: takeWords,
    warn: log.warn,
  });
  const unsent = (): { entries: number; bytes: number } => {
    const { entries, bytes } = spool.waiting();
    return { entries: entries + recorder.pendingEntries, bytes };
  };
  const timers = [
    setInterval(takeWords, limits.lastWordsIntervalMs),
    setInterval(adopt, limits.agentAdoptIntervalMs),
  ];
  const isIdle = (): boolean => unsent().entries === 0;
  const { sees } = watchdog;
  const endSigns = startSignsOfLife({ recorder, delivery, isIdle, sees, nowUs });
  const open = (): SessionRecord[] => recorder.sessions().filter(({ ended }) => !ended);

  return {
    recorder,
    delivery,
    flush,
    watchdog,
    adopt,
    open,
    watched: () => open().filter(({ id }) => watchdog.needs(id)),
    unsent,
    dropped: () => droppedOf(delivery, recorder),
    stop: async (withinMs) => {
      for (const timer of timers) clearInterval(timer);
      endSigns();
      watchdog.stop();
      takeWords();
      const deadline = performance.now() + withinMs;
      await within(withinMs, flush.now());
      flush.stop();
      await within(Math.max(0, deadline - performance.now()), delivery.stop());
      sender.close();
      await recorder.close();
    },
  };
}

/** Last words are taken by whoever knows their session, and by nobody's agent in particular otherwise. */
function takeWordsFor(recorder: Recorder, { config, directory, log, nowUs }: WorksOptions): void {
  takeLastWords({
    directory: lastWordsDirectory(directory),
    nowUs,
    knows: (session) => recorder.session(session) !== undefined,
    take: ({ spoolId, seq, entries }) => recorder.accept(entries, { clientId: spoolId, seq }),
    takesForeign: config.role !== 'datacat',
    warn: log.warn,
  });
}

function droppedOf(delivery: Delivery, recorder: Recorder): JsonObject {
  const dropped: JsonObject = { ...delivery.dropped };
  if (recorder.overflowed > 0) dropped.series_overflow = recorder.overflowed;
  return dropped;
}

/** Waits for something, but no longer than that; whether it failed is nobody's concern here. */
export async function within(ms: number, what: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([what.catch(() => {}), late]);
  clearTimeout(timer);
}
