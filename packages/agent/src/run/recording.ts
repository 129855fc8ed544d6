/** The recording of a command that runs: what it uses, what it says, how it ended. */
import { hostname } from 'node:os';
import { type EventRecord, type JsonObject, type LocalEntry, limits } from '@tacho/protocol';
import { systemProcesses } from '../process/system.ts';
import { conclude } from '../watchdog/conclusion.ts';
import { endNotices } from '../watchdog/notices.ts';
import type { AgentPlace } from './agent-place.ts';
import { processFacts, productOf, versionOf } from './facts.ts';
import { Lines } from './lines.ts';
import { Mask } from './mask.ts';
import { Meter } from './meter.ts';
import type { RunOptions } from './options.ts';
import type { StreamName } from './outputs.ts';
import { Patterns } from './pattern.ts';
import { Reporter } from './reporter.ts';
import { readSaid } from './said.ts';
import { Samples } from './samples.ts';
import type { Tail } from './tail.ts';

/** How a command ended. */
export type RunEnd = { code: number } | { signal: NodeJS.Signals };

/** What is recorded. */
export interface RecordingOptions {
  run: RunOptions;
  session: string;
  pid: number;
  /** When it was started, epoch microseconds. */
  startedUs: number;
  place: AgentPlace;
  env: Readonly<Record<string, string | undefined>>;
  /** Streams that come by us. */
  streams: readonly StreamName[];
  tails: ReadonlyMap<StreamName, Tail>;
  /** Says one line to the user. */
  warn: (text: string) => void;
}

/** Records one command. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #mask: Mask;
  readonly #reporter: Reporter;
  readonly #meter: Meter;
  readonly #samples: Samples;
  readonly #patterns: Patterns;
  readonly #lines: ReadonlyMap<StreamName, Lines>;
  readonly #timers: NodeJS.Timeout[];
  #spoke = false;

  constructor(options: RecordingOptions) {
    const { run, session, pid, env, streams } = options;
    const { tags } = run;
    this.#options = options;
    this.#mask = new Mask(env);
    const reporter = new Reporter(startOf(options), options.place);
    this.#reporter = reporter;
    this.#samples = new Samples(session, tags, reporter);
    this.#patterns = new Patterns(
      run.patterns,
      (reading, atUs) => this.#samples.add(reading, atUs),
      (pattern) => this.#dropPattern(pattern),
    );
    const isAll = run.patterns.length > 0;
    this.#lines = new Map(
      streams.map((name) => [name, new Lines(isAll, (line) => this.#read(line))]),
    );
    const processes = systemProcesses();
    const monotonicMs = (): number => performance.now();
    const ledger = reporter;
    this.#meter = new Meter({ processes, pid, session, tags, ledger, nowUs, monotonicMs });
    this.#timers = [
      every(limits.runLookMs, () => this.#meter.look()),
      every(run.metricsIntervalMs, () => this.#meter.interval()),
      every(limits.runFlushMs, () => this.#flush()),
    ];
    this.#tellFacts();
    this.#meter.look();
  }

  /** A piece of output passed by. */
  hear(name: StreamName, piece: Buffer): void {
    this.#spoke = true;
    this.#lines.get(name)?.push(piece);
  }

  /** The command has ended: says all that there is to say of it. */
  conclude(end: RunEnd, atUs: number): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const lines of this.#lines.values()) lines.end();
    this.#flush();
    const { session, startedUs } = this.#options;
    this.#meter.end((atUs - startedUs) / 1_000);
    const told = 'code' in end ? { exit_code: end.code } : { signal: end.signal };
    this.#reporter.say({ kind: 'patch', session, atUs, patch: { process: told } });
    if (!('code' in end && end.code === 0)) this.#tellTails(end, atUs);
    this.#tellDropped(atUs);
    this.#reporter.sayLast(this.#lastWords(end, atUs));
  }

  /** Resolves when everything is delivered, or left to somebody; at once when it has to hurry. */
  deliver(hurry: Promise<void>): Promise<void> {
    return this.#reporter.end(hurry);
  }

  #tellFacts(): void {
    const { run, session, pid, startedUs, env } = this.#options;
    const place = { command: run.command, args: run.args, cwd: process.cwd(), env };
    const facts = { ...processFacts(place, this.#mask), pid };
    const patch: JsonObject = { process: facts };
    if (run.tags.length > 0) patch.tags = [...run.tags];
    // Not in the start: a client inside may have started the session before us.
    this.#reporter.say({ kind: 'patch', session, atUs: startedUs, patch }, true);
  }

  #read(line: string): void {
    const said = readSaid(line);
    const atUs = nowUs();
    if (said?.kind === 'metric') this.#samples.add(said.reading, atUs);
    else if (said?.kind === 'event') {
      const { name, level, message, data } = said;
      this.#event(atUs, { name, level, message, data: Object.keys(data).length > 0 ? data : null });
    } else this.#patterns.add(line, atUs);
  }

  #flush(): void {
    this.#patterns.flush();
    this.#samples.flush();
    if (!this.#spoke) return;
    this.#spoke = false;
    const { run, session } = this.#options;
    if (run.hangTimeoutMs !== undefined) this.#reporter.beat(session, nowUs());
  }

  #tellTails(end: RunEnd, atUs: number): void {
    const { run, tails } = this.#options;
    const how = 'code' in end ? `exit status ${end.code}` : end.signal;
    for (const [stream, tail] of tails) {
      const lines = tail.lines(run.tailLines).map((line) => this.#mask.text(line));
      if (lines.length === 0) continue;
      const last = lines.findLast((line) => line.trim() !== '') ?? '';
      this.#event(atUs, {
        name: 'output_tail',
        level: 'error',
        group: 'tacho.run',
        labels: [stream],
        message: `Last output on ${stream} before ${how}: ${last.trim()}`,
        data: { stream, lines },
      });
    }
  }

  #tellDropped(atUs: number): void {
    const { dropped: samples } = this.#samples;
    const { dropped: lines } = this.#patterns;
    if (samples + lines === 0) return;
    this.#event(atUs, {
      name: 'tacho.data_lost',
      level: 'warning',
      group: 'tacho.run',
      message: `Too much at once: ${samples} values and ${lines} lines were left out`,
      data: { samples, lines, reason: 'too_many' },
    });
  }

  #dropPattern(pattern: string): void {
    const message = `--parse '${pattern}' takes too long; it is not looked for any more`;
    this.#options.warn(message);
    this.#event(nowUs(), { name: 'parse_stopped', level: 'warning', group: 'tacho.run', message });
  }

  #event(atUs: number, event: Partial<EventRecord> & Pick<EventRecord, 'name' | 'level'>): void {
    const { session } = this.#options;
    this.#reporter.say({
      kind: 'event',
      session,
      atUs,
      event: { category: event.level, group: '', labels: null, message: '', data: null, ...event },
    });
  }

  /** An agent concludes by itself what the exit means; a server has to be told. */
  #lastWords(end: RunEnd, atUs: number): LocalEntry[] {
    const { session, pid, startedUs } = this.#options;
    const exit: LocalEntry = { kind: 'exit', session, atUs, ...end };
    if (!this.#reporter.isDirect) return [exit];
    const record = {
      id: session,
      wire: 'tacho' as const,
      pid,
      armed: false,
      heartbeats: 0,
      resumes: 0,
      paused: false,
      lastActivityUs: startedUs,
      exit: { atUs, ...end },
    };
    const conclusion = conclude(record, {
      atUs,
      oom: false,
      rebooted: false,
      bootId: null,
      silentMs: 0,
      resources: null,
    });
    return endNotices(record, atUs, conclusion);
  }
}

/** Epoch microseconds. */
function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000);
}

function every(ms: number, call: () => void): NodeJS.Timeout {
  return setInterval(call, ms).unref();
}

function startOf({
  run,
  session,
  pid,
  startedUs,
  streams,
  env,
}: RecordingOptions): Extract<LocalEntry, { kind: 'start' }> {
  const isHeard = run.hangTimeoutMs !== undefined && streams.length > 0;
  return {
    kind: 'start',
    session,
    atUs: startedUs,
    start: {
      product: (run.product ?? productOf(run.command)).slice(0, limits.productLengthMax),
      version: (run.version ?? env.TACHO_VERSION ?? versionOf(process.cwd())).slice(
        0,
        limits.versionLengthMax,
      ),
      hostname: hostname().slice(0, limits.hostnameLengthMax),
    },
    watch: {
      pid,
      parent: true,
      ...(isHeard && { heartbeatTimeoutMs: run.hangTimeoutMs as number }),
    },
  };
}
