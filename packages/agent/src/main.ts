/** Runs an agent: finds its place, starts it, and brings it to its end when it is told to or not needed. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';
import {
  ownSurroundings,
  type Registration,
  registrationPath,
  serverKey,
  statePlaces,
} from '@tacho/client/sending';
import { limits } from '@tacho/protocol';
import { claimAdoption, holdsAdoption, releaseAdoption, takeAdoption } from './adopter.ts';
import { type Agent, type AgentPlace, startAgent } from './agent.ts';
import { openAgentLog } from './agent-log.ts';
import { askJson } from './ask.ts';
import type { AgentConfig, LoadedAgentConfig } from './config.ts';
import { makeStateDirectory } from './directory.ts';
import { livingAgent, register, unregister } from './discovery.ts';
import { isNeeded } from './need.ts';
import { systemProcesses } from './process/system.ts';
import { startSuccessor } from './successor.ts';
import { version } from './version.ts';

/**
 * Runs an agent to its end, and the process with it.
 * @throws the error of the system when there is no place for its files, or its port is taken
 */
export async function runAgent({ config, complaints }: LoadedAgentConfig): Promise<void> {
  const signals = watchSignals();
  const { directory: named } = config;
  const directory = makeStateDirectory(
    named === undefined ? statePlaces(ownSurroundings()) : [named],
  );
  const log = openAgentLog({
    path: join(directory, 'agent.log'),
    nowUs,
    // Pipes are never written to: nobody may be reading them, or they may be closed.
    ...(isatty(2) && { show: (line) => process.stderr.write(line) }),
  });
  for (const complaint of complaints) log.warn(complaint);
  const place = { config, directory, processes: systemProcesses(), log, nowUs, version };
  const registration = registrationPath(directory, config.serverUrl);
  const adoption = join(directory, `adopter-${serverKey(config.serverUrl)}.json`);
  if (await isTaken(place, registration, adoption)) return;

  const agent = await startAgent({
    ...place,
    succeed: () => succeed(place, registration, adoption),
  });
  endWithTheUnforeseen(place, adoption);
  const { agentId, listening } = agent;
  if (listening !== undefined && config.role !== 'datacat') {
    await announce(registration, agent, place);
  }
  log.info(`${config.role} agent ${version} for ${config.serverUrl} at ${listening?.url ?? '-'}`);

  const isAwaited = (): boolean =>
    config.role === 'adopt' && !holdsAdoption(adoption, place.processes);
  const reason = await endOf(config, agent, signals, isAwaited);
  unregister(registration, agentId);
  log.info(`ends: ${reason}`);
  const isLeft = await agent.stop(isAwaited());
  releaseAdoption(adoption, place.processes);
  // Whoever stops a successor means it; what is on disk waits for the next agent.
  if (isLeft && config.role !== 'adopt') startSuccessor(config, directory);
  process.exit(0);
}

/** Time of the wall in epoch microseconds; it goes on while the machine sleeps. */
function nowUs(): number {
  return Date.now() * 1_000;
}

/** Whether another agent does already what this one was started for. */
async function isTaken(
  { config, processes }: AgentPlace,
  registration: string,
  adoption: string,
): Promise<boolean> {
  if (config.role === 'adopt') return !(await claimAdoption(adoption, processes));
  if (config.role !== 'shared') return false;
  return (await livingAgent(registration, askAgent)) !== undefined;
}

/**
 * Of the agents that serve whoever comes, the one that is found goes on with the sessions of those
 * before it, which may be about to end only now.
 */
async function succeed(
  { config, processes, log }: AgentPlace,
  registration: string,
  adoption: string,
): Promise<void> {
  if (config.role !== 'shared' && config.role !== 'service') return;
  if ((await livingAgent(registration, askAgent)) !== undefined) return;
  try {
    await takeAdoption(adoption, processes);
  } catch (error) {
    // On a full disk nobody can be asked to go, but whoever is dead needs not be asked.
    log.warn(`the place of the one before cannot be taken: ${(error as Error).message}`);
  }
}

/** Lets programs find the agent, unless they find another one; says where it is to whoever started it. */
async function announce(
  registration: string,
  { agentId, listening }: Agent,
  { config, log }: AgentPlace,
): Promise<void> {
  const url = listening?.url ?? '';
  if ((await livingAgent(registration, askAgent)) === undefined) {
    registerInTime(registration, { url, pid: process.pid, agentId, version }, log.warn);
  }
  if (config.role !== 'service') return;
  process.stdout.on('error', () => {});
  process.stdout.write(`tacho agent listening on ${url}\n`);
}

/** A disk that is full takes the name of the agent once there is space again. */
function registerInTime(
  path: string,
  registration: Registration,
  warn: (text: string) => void,
): void {
  try {
    register(path, registration);
  } catch (error) {
    warn(`programs do not find this agent yet: ${(error as Error).message}`);
    setTimeout(() => registerInTime(path, registration, () => {}), needIntervalMs).unref();
  }
}

function askAgent(url: string): Promise<unknown> {
  return askJson(url, { timeoutMs: limits.agentReadTimeoutMs });
}

/** The signals that came, the earliest first. */
type Signals = { readonly came: NodeJS.Signals[]; next: () => Promise<NodeJS.Signals> };

function watchSignals(): Signals {
  const came: NodeJS.Signals[] = [];
  let wake = (): void => {};
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Whoever sends it twice will not wait; what was accepted is on disk.
      if (signal === 'SIGTERM' && came.includes('SIGTERM')) process.exit(0);
      came.push(signal);
      wake();
    });
  }
  return {
    came,
    next: () =>
      new Promise((resolve) => {
        wake = () => resolve(came[0] as NodeJS.Signals);
        if (came.length > 0) wake();
      }),
  };
}

/** Resolves when the agent is to end, and says why. */
async function endOf(
  config: AgentConfig,
  agent: Agent,
  signals: Signals,
  isAwaited: () => boolean,
): Promise<string> {
  const parent = process.ppid;
  const hasParent = (): boolean => process.ppid === parent;
  const isDone = (): boolean =>
    !isNeeded(config.role, { ...agent.business(), hasParent: hasParent() });
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<string>((resolve) => {
    timer = setInterval(
      () => {
        if (isAwaited()) resolve('another agent goes on');
        else if (isDone()) resolve('nothing is left to do');
      },
      config.role === 'adopt' ? placeIntervalMs : needIntervalMs,
    );
  });
  const reason = await Promise.race([idle, signals.next()]);
  clearInterval(timer);
  if (config.role === 'datacat') await keyboardPause(agent, signals, hasParent);
  return reason;
}

/**
 * A keyboard signals to a program and to its agent alike. The program may have last things to say,
 * or may not end at all: while it still speaks, the agent stays.
 */
async function keyboardPause(
  agent: Agent,
  { came }: Signals,
  hasParent: () => boolean,
): Promise<void> {
  const signalledMs = performance.now();
  const isKeyboard = came[0] === 'SIGINT';
  while (isKeyboard && !came.includes('SIGTERM') && hasParent()) {
    const quietMs = Math.min(agent.business().quietMs, performance.now() - signalledMs);
    if (quietMs >= keyboardQuietMs) return;
    await sleep(50);
  }
}

/** How often an agent asks itself whether it is still needed. */
const needIntervalMs = 1_000;

/** The same for an adopter, which also looks whether another agent waits for its place. */
const placeIntervalMs = 100;

/** Silence of a program after a signal of the keyboard that is taken for its end. */
const keyboardQuietMs = 1_000;

/** What nobody foresaw ends the process; what is on disk is left to somebody who starts anew. */
function endWithTheUnforeseen(
  { config, directory, processes, log }: AgentPlace,
  adoption: string,
): void {
  const end = (error: unknown): void => {
    log.error(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    releaseAdoption(adoption, processes);
    // An adopter that cannot do it would start itself for ever.
    if (config.role !== 'adopt') startSuccessor(config, directory);
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
