/** An agent: its works, and the inbox through which programs reach them. */
import type { RequestListener } from 'node:http';
import { limits } from '@tacho/protocol';
import type { AgentLog } from './agent-log.ts';
import { ask } from './ask.ts';
import type { AgentConfig } from './config.ts';
import { type Identity, makeIdentity } from './identity.ts';
import { type Inbox, makeInbox } from './inbox.ts';
import { type Listening, listen } from './listen.ts';
import type { Business } from './need.ts';
import type { Processes } from './process.ts';
import { makeReading } from './reading.ts';
import { lastWordsDirectory, startWorks, type Works, within } from './works.ts';

/** Where an agent runs, and whom it tells about itself. */
export interface AgentPlace {
  config: AgentConfig;
  /** State directory, which exists. */
  directory: string;
  processes: Processes;
  log: AgentLog;
  /** Epoch microseconds. */
  nowUs: () => number;
  version: string;
  /** Resolves when nobody else goes on with what is to be taken over. */
  succeed?: () => Promise<void>;
}

/** A running agent. */
export interface Agent {
  agentId: string;
  /** Absent for an adopter, which nobody speaks to. */
  listening?: Listening;
  /** What it is busy with, as far as it knows itself. */
  business(): Omit<Business, 'hasParent'>;
  /**
   * Ends within `limits.agentStopTimeoutMs` and sends what it can meanwhile, or, when another agent
   * waits for its place, at once. True: something is left to a successor.
   */
  stop(isAwaited?: boolean): Promise<boolean>;
}

/**
 * Starts an agent.
 * @throws the error of the system when it cannot listen
 */
export async function startAgent(place: AgentPlace): Promise<Agent> {
  const { config, directory, processes, nowUs } = place;
  const identity = makeIdentity(directory, processes.bootId() ?? undefined);
  // The port comes first: without one, nothing of others is taken over. Who is quick waits.
  const early: Parameters<RequestListener>[] = [];
  let answer: RequestListener = (...exchange) => {
    early.push(exchange);
  };
  const listening =
    config.role === 'adopt'
      ? undefined
      : await listen(config.port, (...exchange) => answer(...exchange));
  await place.succeed?.();
  const works = startWorks({ ...place, identity });
  const inbox = inboxOf(place, works, identity);
  answer = inbox.answer;
  for (const exchange of early) answer(...exchange);
  return {
    agentId: identity.agentId,
    ...(listening && { listening }),
    business: () => ({
      sessionsAlive: works.watched().length,
      unsentEntries: works.unsent().entries,
      requestsOpen: inbox.open(),
      quietMs: (nowUs() - inbox.lastUs()) / 1_000,
      hadSessions: inbox.registered() > 0,
    }),
    stop: async (isAwaited = false) => {
      await listening?.close(answerGraceMs);
      // A client of DataCat ends its daemon when its program comes to an orderly end.
      for (const { id, wire } of works.open()) {
        if (wire === 'datacat' && !isAwaited)
          works.recorder.accept([{ kind: 'exit', session: id, atUs: nowUs() }]);
      }
      const isWatching = works.watched().length > 0;
      const sendingMs = limits.agentStopTimeoutMs - answerGraceMs - closeReserveMs;
      await works.stop(isAwaited ? 0 : sendingMs);
      return isWatching || works.unsent().entries > 0;
    },
  };
}

/** How long answers under way may take when the agent stops. */
const answerGraceMs = 500;

/** Kept of the time to stop for closing files. */
const closeReserveMs = 700;

function inboxOf(place: AgentPlace, works: Works, identity: Identity): Inbox {
  const { config, directory, nowUs, version, log } = place;
  const { recorder, delivery, flush, watchdog } = works;
  const { token, verifyTls, serverUrl, hangTimeoutMs } = config;
  // A server that wants another token is there all the same.
  const isOffline = (): boolean =>
    delivery.reachability === 'unreachable' && !/^status [34]/.test(delivery.problem ?? '');
  return makeInbox({
    recorder,
    identity,
    nowUs,
    hangTimeoutMs,
    isOffline,
    adopt: works.adopt,
    onExit: watchdog.tick,
    log,
    health: () => ({
      status: 'ok',
      sessions: works.open().length,
      agentId: identity.agentId,
      version,
      pid: process.pid,
      server: delivery.reachability,
      ...(delivery.problem !== undefined && { problem: delivery.problem }),
      pendingEntries: works.unsent().entries,
      spooledBytes: works.unsent().bytes,
      dropped: works.dropped(),
      lastWordsDir: lastWordsDirectory(directory),
    }),
    reading: makeReading({
      nowUs,
      recorder,
      isOffline,
      unsentEntries: () => works.unsent().entries,
      deliver: () => within(limits.agentFlushWaitMs, flush.now()),
      askServer: (path) =>
        ask(serverUrl + path, {
          timeoutMs: limits.agentReadTimeoutMs,
          verifyTls,
          ...(token !== undefined && { token }),
        }),
    }),
  });
}
