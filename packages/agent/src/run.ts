/** `tacho run`: runs a command as if we were not there, and records what becomes of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@tacho/protocol';
import { type AgentPlace, isDisabled, placeAgent } from './run/agent-place.ts';
import type { RunOptions } from './run/options.ts';
import { Outputs, type StreamName } from './run/outputs.ts';
import type { Recording, RunEnd } from './run/recording.ts';
import { Forwarding } from './run/signals.ts';
import { Tail } from './run/tail.ts';

export type { RunOptions } from './run/options.ts';
export { faultOf } from './run/pattern.ts';
export { endLike } from './run/signals.ts';

/**
 * Runs a command to its end and says how it ended; never rejects. Nothing that goes wrong with the
 * recording changes anything for the command. A command that cannot be started ends as in a shell:
 * 127 when it is not found, 126 when it cannot be run.
 */
export async function runCommand(options: RunOptions): Promise<RunEnd> {
  const say = (text: string): void => {
    if (!options.isQuiet) complain(text);
  };
  ignoreOurFaults(say);
  const forwarding = new Forwarding();
  const ear = new Ear();
  const outputs = new Outputs(options.isPiped, (name, piece) => ear.hear(name, piece));
  const place = await placeAgent(process.env);
  const session = randomUUID();
  const env = environmentOf(place, session);
  const { command, args } = options;
  const startedUs = Date.now() * 1_000;
  const child = spawn(command, [...args], { stdio: outputs.stdio(), env, windowsHide: true });
  const ended = endOf(child);
  const { pid } = child;
  if (pid === undefined) {
    outputs.abandon();
    return { code: await failureOf(ended, command) };
  }
  forwarding.to(pid);
  outputs.start(child);
  const { names: streams } = outputs;
  if (streams.length === 0) warnOfTerminal(options, say);
  const recording = record({
    run: options,
    session,
    pid,
    startedUs,
    place,
    env,
    streams,
    tails: ear.tails,
    warn: say,
  });
  void recording.then((one) => ear.pass(one));

  const { end } = await ended;
  const endedUs = Date.now() * 1_000;
  const hurry = forwarding.release();
  const finished = outputs.finish();
  // Whoever reads the rest slowly does not keep others from hearing of the end.
  await Promise.race([finished, hurry, sleep(limits.runDrainMs, undefined, { ref: false })]);
  (await recording)?.conclude(end, endedUs);
  await (await recording)?.deliver(hurry);
  await Promise.race([finished, hurry]);
  forwarding.stop();
  return end;
}

type RecordingOptions = ConstructorParameters<typeof Recording>[0];

/** What records is loaded while the command is already running. */
async function record(options: RecordingOptions): Promise<Recording | undefined> {
  if (isDisabled(process.env)) return undefined;
  try {
    const { Recording } = await import('./run/recording.ts');
    return new Recording(options);
  } catch (error) {
    options.warn(`this run is not recorded: ${(error as Error).message}`);
    return undefined;
  }
}

/** Hears the output before there is a recording, and hands on what it heard. */
class Ear {
  readonly tails = new Map<StreamName, Tail>();
  #early: [StreamName, Buffer][] | undefined = [];
  #earlyBytes = 0;
  #recording: Recording | undefined;

  hear(name: StreamName, piece: Buffer): void {
    let tail = this.tails.get(name);
    if (tail === undefined) {
      tail = new Tail();
      this.tails.set(name, tail);
    }
    tail.push(piece);
    this.#recording?.hear(name, piece);
    if (this.#early === undefined) return;
    this.#earlyBytes += piece.length;
    if (this.#earlyBytes <= limits.runEarlyBytesMax) this.#early.push([name, piece]);
  }

  pass(recording: Recording | undefined): void {
    this.#recording = recording;
    for (const [name, piece] of this.#early ?? []) recording?.hear(name, piece);
    this.#early = undefined;
  }
}

function environmentOf(place: AgentPlace, session: string): Record<string, string | undefined> {
  return {
    ...process.env,
    TACHO_SERVER: place.serverUrl,
    TACHO_AGENT: place.agentUrl ?? process.env.TACHO_AGENT,
    TACHO_SESSION: session,
  };
}

type Ended = { end: RunEnd; error?: NodeJS.ErrnoException };

/** Exit codes of shells. */
const notFoundCode = 127;
const notExecutableCode = 126;

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ end: signal === null ? { code: code ?? 1 } : { signal } });
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'ENOENT' ? notFoundCode : notExecutableCode;
      // Also a signal that could not be sent ends here; the command goes on.
      if (child.pid === undefined) resolve({ end: { code }, error });
    });
  });
}

/** It was not started: the one thing that is always said, as a shell would. */
async function failureOf(ended: Promise<Ended>, command: string): Promise<number> {
  const { end, error } = await ended;
  const code = 'code' in end ? end.code : notExecutableCode;
  const why = code === notFoundCode ? 'command not found' : whyNot(error);
  complain(`${command}: ${why}`);
  return code;
}

function whyNot(error: NodeJS.ErrnoException | undefined): string {
  return error?.code === 'EACCES' ? 'permission denied' : (error?.message ?? 'cannot be run');
}

function warnOfTerminal(
  { patterns, hangTimeoutMs }: RunOptions,
  say: (text: string) => void,
): void {
  if (patterns.length === 0 && hangTimeoutMs === undefined) return;
  say('output goes straight to the terminal, where nobody sees it pass; --pipe has it pass by us');
}

/** A fault of ours must not take the command's streams away. */
function ignoreOurFaults(say: (text: string) => void): void {
  let isSaid = false;
  const note = (error: unknown): void => {
    if (!isSaid) say(`internal error, please report it: ${(error as Error)?.stack ?? error}`);
    isSaid = true;
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
}

/** Not over `process.stderr`: that would change the descriptor that the command shares with us. */
function complain(text: string): void {
  try {
    writeSync(2, `tacho: ${text}\n`);
  } catch {
    // Nobody reads it.
  }
}
