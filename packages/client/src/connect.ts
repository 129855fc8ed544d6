/** `connect()` for Node: returns a session at once and does everything that takes time beside the program. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { format } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { agentDirectories, keptMachineId, namedAgent } from './agent-place.ts';
import type { Session } from './api.ts';
import { systemClock } from './clock.ts';
import { captureConsole } from './console-capture.ts';
import { watchExit } from './exit.ts';
import { leaveToAgents, sendCourier } from './last-words.ts';
import { type Opened, openSession } from './open.ts';
import { type ConnectOptions, readOptions, type Settings } from './options.ts';
import { sampleResources } from './resources.ts';
import { silentSession } from './silent.ts';
import { type AgentSearch, agentSearch, startAgent } from './spawn.ts';
import { systemTimers } from './timers.ts';
import { Warnings } from './warnings.ts';

/**
 * Records this run. Returns at once; finding an agent or the server happens in the background, and
 * nothing that is said meanwhile is lost. Never throws: with options that make no sense it records
 * what it can, and says so once while NODE_ENV is not `production`.
 */
export function connect(options: ConnectOptions): Session {
  try {
    if (process.env.TACHO_DISABLED === '1') return silentSession(randomUUID());
    const warnings = new Warnings(emitter());
    return open(readOptions(options, process.env, warnings), warnings);
  } catch {
    return silentSession(randomUUID());
  }
}

function open(settings: Settings, warnings: Warnings): Session {
  const { capture, agent, serverUrl, token } = settings;
  const env = process.env;
  const isJoined = settings.session !== undefined;
  const search = {
    env,
    serverUrl,
    ...(token !== undefined && { token }),
    ...(agent !== undefined && { agent }),
  };
  const clientId = randomUUID();
  const timers = systemTimers();
  const opened = openSession({
    start: {
      session: settings.session ?? randomUUID(),
      product: settings.product,
      version: settings.version,
      tags: settings.tags,
      state: settings.state,
      pid: process.pid,
      ...machineFacts(env),
      ...(capture.heartbeat && { heartbeatTimeoutMs: settings.heartbeatTimeoutMs }),
    },
    clientId,
    clock: systemClock(),
    timers,
    warnings,
    seek: agentSearch(search),
    ...(settings.flushIntervalMs !== undefined && { flushIntervalMs: settings.flushIntervalMs }),
    ...(settings.bufferBytesMax !== undefined && { bufferBytesMax: settings.bufferBytesMax }),
    ...(capture.heartbeat && {
      heartbeat: { timeoutMs: settings.heartbeatTimeoutMs, isToldWithBeats: isJoined },
    }),
  });
  watchExit({
    ...opened,
    catches: capture.uncaught,
    // Whoever made a session that we joined knows more about its end than we do.
    endsWithProcess: capture.exit && !isJoined,
    leave: (bodies) => leave(bodies, opened, clientId, search),
  });
  startCaptures(opened, settings);
  return opened.session;
}

function startCaptures(
  { session, onEnd }: Opened,
  { capture, resourceIntervalMs }: Settings,
): void {
  if (capture.resources || capture.eventLoop) {
    const options = {
      intervalMs: resourceIntervalMs,
      // Threads share the process, and each would count all of it.
      isProcessSampled: capture.resources && isMainThread,
      isEventLoopSampled: capture.eventLoop,
    };
    onEnd(sampleResources(session, systemTimers(), options));
  }
  if (capture.console !== false) onEnd(captureConsole(session, capture.console, format));
}

/** Called while the process exits: nothing in here may wait. */
function leave(bodies: string[], { sender }: Opened, clientId: string, search: AgentSearch): void {
  const { env, serverUrl } = search;
  if (search.agent === 'off' || sender.receiver() === 'server') {
    sendCourier({ ...search, clientId }, bodies);
    return;
  }
  const named = namedAgent(env, serverUrl);
  const directories = agentDirectories(env);
  leaveToAgents(
    named === undefined ? directories : [named.directory, ...directories],
    clientId,
    bodies,
  );
  if (search.agent === undefined && named === undefined) startAgent(search);
}

/** For a server that hears of it without an agent; an agent knows the machine better. */
function machineFacts(env: AgentSearch['env']): { hostname: string; machineId?: string } {
  const machineId = keptMachineId(env);
  return { hostname: hostname(), ...(machineId !== undefined && { machineId }) };
}

function emitter(): ((text: string, kind: string) => void) | undefined {
  if (process.env.NODE_ENV === 'production') return undefined;
  return (text, kind) => process.emitWarning(text, { type: 'TachoWarning', code: `TACHO_${kind}` });
}
