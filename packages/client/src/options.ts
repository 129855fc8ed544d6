/** What `connect` is told, and what holds where it is told nothing or nonsense. */
import { limits } from '@tacho/protocol';
import { shown, type Warnings } from './warnings.ts';

/** A method of the console that can be captured. */
export type ConsoleMethod = 'debug' | 'log' | 'info' | 'warn' | 'error';

/** What is recorded without being said; each is on by default unless noted. */
export interface CaptureOptions {
  /** Exceptions and rejections that nobody caught; what they do to the program does not change. */
  uncaught?: boolean;
  /** How the process ended; in a browser, that the page was left. */
  exit?: boolean;
  /** How late the event loop is; in a browser, tasks that take long. */
  eventLoop?: boolean;
  /** A sign of life each second, so that a program that hangs is noticed. */
  heartbeat?: boolean;
  /** CPU, memory and garbage collection. Node only. */
  resources?: boolean;
  /** What is printed with `console`: all of it, or these methods. Off by default. */
  console?: boolean | readonly ConsoleMethod[];
}

/** What `connect` is told; only product and version are needed. */
export interface ConnectOptions {
  /** What runs. */
  product: string;
  /** Which version of it. */
  version: string;
  /** URL of the server; `TACHO_SERVER`, or http://127.0.0.1:9090, by default. */
  server?: string;
  /** Token for the server; `TACHO_TOKEN` by default. */
  token?: string;
  /**
   * URL of a running agent, or `off` to send to the server directly; `TACHO_AGENT` by default, and
   * without that an agent is found or started. Browsers always send directly.
   */
  agent?: string;
  /** UUID of a session to join; `TACHO_SESSION`, or a new one, by default. */
  session?: string;
  /** `key:value` or bare words to find the session by; they are `tags` in its state. */
  tags?: readonly string[];
  /** State at the start. */
  state?: object;
  /** Silence after which the program is taken to hang; 60,000 by default. */
  heartbeatTimeoutMs?: number;
  /** How long things are collected before they are sent; 250 by default, 1000 without an agent. */
  flushIntervalMs?: number;
  /** How often resources are sampled; 10,000 by default. */
  resourceIntervalMs?: number;
  /** Memory for what is not delivered yet; 48 MiB by default. */
  bufferBytesMax?: number;
  capture?: CaptureOptions;
}

/** Options as they hold. */
export interface Settings {
  product: unknown;
  version: unknown;
  /** Without a trailing slash. */
  serverUrl: string;
  token: string | undefined;
  /** URL without a trailing slash, `off`, or undefined to look for one. */
  agent: string | undefined;
  /** Session to join. */
  session: string | undefined;
  tags: unknown;
  state: unknown;
  heartbeatTimeoutMs: number;
  flushIntervalMs: number | undefined;
  resourceIntervalMs: number;
  bufferBytesMax: number | undefined;
  capture: Required<Omit<CaptureOptions, 'console'>> & {
    console: readonly unknown[] | boolean;
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads options and environment; throws only what getters of the program throw. */
export function readOptions(given: unknown, env: Environment, warnings: Warnings): Settings {
  if (typeof given !== 'object' || given === null) {
    warnings.once('options', `connect: the options are ${shown(given)}; expected an object`);
  }
  const options = (given ?? {}) as Partial<Record<keyof ConnectOptions, unknown>>;
  const reader = { options, warnings };
  const capture = (options.capture ?? {}) as Partial<Record<keyof CaptureOptions, unknown>>;
  const serverUrl = `http://127.0.0.1:${limits.serverPort}`;
  return {
    product: options.product,
    version: options.version,
    serverUrl: url(options.server ?? env.TACHO_SERVER, 'server', warnings) ?? serverUrl,
    token: text(options.token) ?? text(env.TACHO_TOKEN),
    agent: agentOf(options.agent ?? env.TACHO_AGENT, warnings),
    session: uuid(options.session ?? env.TACHO_SESSION, warnings),
    tags: options.tags,
    state: options.state,
    heartbeatTimeoutMs: duration(reader, 'heartbeatTimeoutMs') ?? limits.hangTimeoutMs,
    flushIntervalMs: duration(reader, 'flushIntervalMs'),
    resourceIntervalMs: duration(reader, 'resourceIntervalMs') ?? limits.clientResourceIntervalMs,
    bufferBytesMax: duration(reader, 'bufferBytesMax'),
    capture: {
      uncaught: capture.uncaught !== false,
      exit: capture.exit !== false,
      eventLoop: capture.eventLoop !== false,
      heartbeat: capture.heartbeat !== false,
      resources: capture.resources !== false,
      console: Array.isArray(capture.console) ? capture.console : capture.console === true,
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function agentOf(value: unknown, warnings: Warnings): string | undefined {
  return value === 'off' ? value : url(value, 'agent', warnings);
}

/** An http URL without trailing slashes; undefined when it is none. */
function url(value: unknown, name: string, warnings: Warnings): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  try {
    const { protocol, href } = new URL(String(value));
    if (protocol === 'http:' || protocol === 'https:') return href.replace(/\/+$/, '');
  } catch {
    // Said below.
  }
  warnings.once(name, `connect: ${name} is ${shown(value)}; expected a URL`);
  return undefined;
}

function uuid(value: unknown, warnings: Warnings): string | undefined {
  const id = text(value);
  if (id === undefined) return undefined;
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id.toLowerCase();
  warnings.once('session', `connect: session is ${shown(id)}; expected a UUID`);
  return undefined;
}

/** A number above 0; undefined when it is none. */
function duration(
  { options, warnings }: { options: Partial<Record<string, unknown>>; warnings: Warnings },
  name: string,
): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  // Timers take no more than 31 bits.
  if (typeof value === 'number' && value > 0 && value < 2 ** 31) return value;
  warnings.once(name, `connect: ${name} is ${shown(value)}; expected a number above 0`);
  return undefined;
}
