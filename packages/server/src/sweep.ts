/** The periodic passes: silent sessions become lost, old ones are deleted, in slices. */
import type { Clock } from './clock.ts';
import type { HttpConfig } from './http/service.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

/** What the passes work with. */
export interface SweepParts {
  store: Pick<Store, 'sweep' | 'expire'>;
  config: Pick<
    HttpConfig,
    'lostAfterMs' | 'retentionDays' | 'sweepIntervalMs' | 'expireIntervalMs'
  >;
  clock: Clock;
  log: Log;
}

/** Passes that run until they are stopped. */
export interface Sweeps {
  /** Resolves when no pass runs any more and none will. */
  stop(): Promise<void>;
}

/** Sessions deleted before others get a turn. */
export const expireSliceSessions = 20;

const dayUs = 24 * 3600 * 1e6;

/**
 * Starts both passes at once and repeats each after its interval, counted from the end of the last
 * run: passes never overlap, however long one takes. A pass that fails is logged and tried again at
 * its next turn. The timers do not keep the process alive.
 */
export function startSweeps(parts: SweepParts): Sweeps {
  const { config } = parts;
  const stopping = new AbortController();
  const passes = [
    repeat(parts.log, config.sweepIntervalMs, stopping.signal, () => sweepOnce(parts)),
    repeat(parts.log, config.expireIntervalMs, stopping.signal, () =>
      expireAll(parts, stopping.signal),
    ),
  ];
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(passes);
    },
  };
}

async function sweepOnce({ store, config, clock, log }: SweepParts): Promise<void> {
  const lost = await store.sweep({ nowUs: clock(), lostAfterUs: config.lostAfterMs * 1000 });
  if (lost > 0) log.info({ sessions: lost }, 'silent sessions declared lost');
}

/** Deletes slice by slice; between two of them everybody else gets a turn. */
async function expireAll(
  { store, config, clock, log }: SweepParts,
  stopping: AbortSignal,
): Promise<void> {
  const beforeUs = clock() - config.retentionDays * dayUs;
  let sessions = 0;
  for (let deleted = expireSliceSessions; deleted >= expireSliceSessions; ) {
    deleted = await store.expire({ beforeUs, sessionsMax: expireSliceSessions });
    sessions += deleted;
    if (stopping.aborted) break;
    await new Promise(setImmediate);
  }
  if (sessions > 0) log.info({ sessions }, 'old sessions deleted');
}

async function repeat(
  log: Log,
  intervalMs: number,
  stopping: AbortSignal,
  pass: () => Promise<void>,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      await pass();
    } catch (error) {
      log.error({ err: error }, 'a periodic pass failed');
    }
    await pause(intervalMs, stopping);
  }
}

/** Longest delay that Node's timers know; retention intervals may be longer. */
const timerMsMax = 2 ** 31 - 1;

function pause(ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, timerMsMax)).unref();
    stopping.addEventListener('abort', done);
  });
}
