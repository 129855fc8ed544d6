/** What an agent runs with: flags, then environment, then DataCat's configuration file, then defaults. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isJsonObject, type JsonObject, limits, parseJson } from '@tacho/protocol';

/** How an agent comes to its end, and who may find it. */
export type AgentRole =
  /** Started by hand or by a supervisor: stays until it is told to stop. */
  | 'service'
  /** Started by a client for all programs of this user: ends when nobody needs it any more. */
  | 'shared'
  /** Started by a program that uses DataCat's client: belongs to that program alone. */
  | 'datacat'
  /** Started by an agent that was told to stop: delivers what that one left, and listens to nobody. */
  | 'adopt';

/** What an agent runs with. */
export interface AgentConfig {
  role: AgentRole;
  /** Server that it delivers to, without trailing slashes. */
  serverUrl: string;
  /** What it shows the server; absent for none. */
  token?: string;
  /** Port on the loopback addresses; 0 takes a free one. */
  port: number;
  /** State directory; absent for the usual places. */
  directory?: string;
  flushIntervalMs: number;
  /** Without a heartbeat for longer, a program that sends any by DataCat's wire appears hung. */
  hangTimeoutMs: number;
  /** Whether batches are sent as gzip. */
  compress: boolean;
  /** Whether the certificate of the server must be in order. */
  verifyTls: boolean;
}

/** Where the configuration comes from. */
export interface ConfigSources {
  /** Role when no flag names another one. */
  role: AgentRole;
  /** Arguments after the name of the program. */
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Text of a file; throws when there is none. */
  readFile?: (path: string) => string;
}

/** A configuration, and what is to be said about how it came to be. */
export interface LoadedAgentConfig {
  config: AgentConfig;
  /** One sentence for each thing that was not understood, and what holds instead. */
  complaints: string[];
}

/** Thrown for arguments that are not understood; the message is for the one who typed them. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** The flags of an agent: name, the name of its value unless it is a switch, and meaning. */
export const agentFlags = {
  server: { value: 'url', doc: 'Server to deliver to; also TACHO_SERVER.' },
  token: { value: 'token', doc: 'Token for the server; rather use TACHO_TOKEN.' },
  port: { value: 'number', doc: 'Port on the loopback addresses; 0 takes a free one.' },
  dir: { value: 'dir', doc: 'Directory for spools and identity; also TACHO_AGENT_DIR.' },
  config: { value: 'file', doc: 'Configuration of DataCat; also DATACAT_CONFIG.' },
  'flush-interval': { value: 'ms', doc: 'How often it sends on what it gathered.' },
  'hang-timeout': { value: 'seconds', doc: 'Silence after which a program with heartbeats hangs.' },
  insecure: { doc: 'Do not check the certificate of the server.' },
  shared: { doc: 'Serve all programs of this user; end when nobody needs it.' },
  adopt: { doc: 'Only deliver what agents left behind that are gone.' },
  datacat: { doc: 'Serve one program that uses a client of DataCat; end with it.' },
} as const satisfies Record<string, { value?: string; doc: string }>;

/** Values of flags as they were typed. */
export type FlagValues = { readonly [F in keyof typeof agentFlags]?: string | boolean };

/**
 * Puts the configuration together.
 * @throws ArgumentError for flags that are not understood; a file or a variable only gets a complaint
 */
export function loadAgentConfig(sources: ConfigSources): LoadedAgentConfig {
  return agentConfigOf(readFlags(sources.args), sources);
}

/** The same for flags that were read already. */
export function agentConfigOf(
  flags: FlagValues,
  { role: roleByName, env, readFile = readText }: Omit<ConfigSources, 'args'>,
): LoadedAgentConfig {
  const role = roles.find((one) => flags[one] === true) ?? roleByName;
  const complaints: string[] = [];
  const file = readConfigFile(configPath(role, flags, env), readFile, complaints);
  const fromFile = readFileFields(file.fields, file.name, complaints);
  const fromEnv = readEnvironment(env, complaints);
  const fromFlags = readTyped(flags);
  const defaults: AgentConfig = {
    role,
    serverUrl: `http://127.0.0.1:${limits.serverPort}`,
    port: limits.agentPort,
    flushIntervalMs: limits.agentFlushIntervalMs,
    hangTimeoutMs: limits.hangTimeoutMs,
    compress: true,
    verifyTls: true,
  };
  const config = { ...defaults, ...fromFile, ...fromEnv, ...fromFlags };
  // Programs find a shared agent by its registration, so its port need not be known.
  if ((role === 'shared' || role === 'adopt') && fromFlags.port === undefined) config.port = 0;
  return { config, complaints };
}

/** Roles that a flag names. */
const roles = ['adopt', 'shared', 'datacat'] as const;

function readFlags(args: readonly string[]): FlagValues {
  const options = Object.fromEntries(
    Object.entries(agentFlags).map(([name, flag]) => {
      return [name, { type: 'value' in flag ? ('string' as const) : ('boolean' as const) }];
    }),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as FlagValues;
  } catch (error) {
    throw new ArgumentError((error as Error).message);
  }
}

type Partly = Partial<Omit<AgentConfig, 'role'>>;

/** Flags are typed by somebody who waits for an answer: what is wrong ends the start. */
function readTyped(flags: FlagValues): Partly {
  const wrong = (flag: string, accepted: string): never => {
    throw new ArgumentError(`--${flag} ${String(flags[flag as keyof FlagValues])}: ${accepted}`);
  };
  const typed: Partly = {};
  if (typeof flags.server === 'string') {
    typed.serverUrl = readUrl(flags.server) ?? wrong('server', `accepted: ${urlForm}`);
  }
  if (typeof flags.token === 'string' && flags.token !== '') typed.token = flags.token;
  if (typeof flags.dir === 'string' && flags.dir !== '') typed.directory = flags.dir;
  for (const [flag, key, scale, min, max] of typedNumbers) {
    const value = flags[flag];
    if (value === undefined) continue;
    const number = readNumber(value, min / scale, max / scale, scale === 1);
    typed[key] = (number ?? wrong(flag, `accepted: ${min / scale} to ${max / scale}`)) * scale;
  }
  if (flags.insecure === true) typed.verifyTls = false;
  return typed;
}

const flushRange = [1, limits.agentFlushIntervalMaxMs] as const;
const hangRange = [100, limits.hangTimeoutMaxMs] as const;
const typedNumbers = [
  ['port', 'port', 1, 0, 65_535],
  ['flush-interval', 'flushIntervalMs', 1, ...flushRange],
  ['hang-timeout', 'hangTimeoutMs', 1_000, ...hangRange],
] as const;

function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  complaints: string[],
): Partly {
  const read: Partly = {};
  if (env.TACHO_SERVER) {
    const url = readUrl(env.TACHO_SERVER);
    if (url !== undefined) read.serverUrl = url;
    else complaints.push(`TACHO_SERVER is not used; accepted: ${urlForm}`);
  }
  if (env.TACHO_TOKEN) read.token = env.TACHO_TOKEN;
  if (env.TACHO_AGENT_DIR) read.directory = env.TACHO_AGENT_DIR;
  if (env.TACHO_TLS_INSECURE === '1') read.verifyTls = false;
  return read;
}

/** The file to read; a program's own file says nothing about agents that serve other programs too. */
function configPath(
  role: AgentRole,
  flags: FlagValues,
  env: Readonly<Record<string, string | undefined>>,
): { path: string; isNamed: boolean } | undefined {
  if (typeof flags.config === 'string') return { path: flags.config, isNamed: true };
  if (role === 'shared' || role === 'adopt') return undefined;
  if (env.DATACAT_CONFIG) return { path: env.DATACAT_CONFIG, isNamed: true };
  return role === 'datacat' ? { path: 'daemon_config.json', isNamed: false } : undefined;
}

function readConfigFile(
  place: { path: string; isNamed: boolean } | undefined,
  readFile: (path: string) => string,
  complaints: string[],
): { name: string; fields: JsonObject } {
  if (place === undefined) return { name: '', fields: {} };
  const { path: name, isNamed } = place;
  let text: string;
  try {
    text = readFile(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Nothing is written in its place: a program that wants a file writes one.
    if (isNamed || code !== 'ENOENT') {
      complaints.push(`${name} cannot be read (${code}); defaults hold`);
    }
    return { name, fields: {} };
  }
  try {
    const value = parseJson(text.replace(/^\uFEFF/, ''));
    if (isJsonObject(value)) return { name, fields: value };
    complaints.push(`${name} holds no JSON object; defaults hold`);
  } catch {
    complaints.push(`${name} is not JSON; defaults hold`);
  }
  return { name, fields: {} };
}

/** Each key by itself: a file with few or broken keys changes nothing about the others. */
function readFileFields(fields: JsonObject, name: string, complaints: string[]): Partly {
  const read: Partly = {};
  for (const [key, value] of Object.entries(fields)) {
    const field = fileFields[key];
    if (field === undefined) complaints.push(`${name}: ${key} is not a setting`);
    else if (value !== null && value !== '') {
      const part = field.read(value);
      if (part !== undefined) Object.assign(read, part);
      else complaints.push(`${name}: ${key} is not used; accepted: ${field.accepted}`);
    }
  }
  // Either key that says so is enough, whatever the other one says.
  if (fields.tls_verify === false || fields.tls_insecure_skip_verify === true) {
    read.verifyTls = false;
  }
  return read;
}

interface FileField {
  accepted: string;
  /** What the value stands for; undefined when it is not understood. */
  read: (value: unknown) => Partly | undefined;
}

const urlForm = 'a URL such as http://localhost:9090';

/** The keys of DataCat's configuration file. */
const fileFields: Readonly<Record<string, FileField>> = {
  daemon_port: {
    accepted: 'a port, as a number or a string',
    read: (value) => as('port', readNumber(value, 0, 65_535)),
  },
  server_url: { accepted: urlForm, read: (value) => as('serverUrl', readUrl(value)) },
  batch_interval_seconds: secondsField('flushIntervalMs', flushRange),
  heartbeat_timeout_seconds: secondsField('hangTimeoutMs', hangRange),
  max_batch_size: { accepted: 'anything', read: () => ({}) },
  api_key: {
    accepted: 'a string',
    read: (value) => (typeof value === 'string' ? { token: value } : undefined),
  },
  enable_compression: flagField((compress) => ({ compress })),
  tls_verify: flagField((isOn) => (isOn ? {} : { verifyTls: false })),
  tls_insecure_skip_verify: flagField((isOn) => (isOn ? { verifyTls: false } : {})),
};

function secondsField(
  key: 'flushIntervalMs' | 'hangTimeoutMs',
  [minMs, maxMs]: readonly [number, number],
): FileField {
  return {
    accepted: `seconds from ${minMs / 1_000} to ${maxMs / 1_000}`,
    read: (value) => {
      const seconds = readNumber(value, minMs / 1_000, maxMs / 1_000, false);
      return seconds === undefined ? undefined : { [key]: Math.round(seconds * 1_000) };
    },
  };
}

function flagField(mean: (isOn: boolean) => Partly): FileField {
  return {
    accepted: 'true or false',
    read: (value) => (typeof value === 'boolean' ? mean(value) : undefined),
  };
}

function as<K extends keyof Partly>(key: K, value: Partly[K] | undefined): Partly | undefined {
  return value === undefined ? undefined : ({ [key]: value } as Partly);
}

/** A number within bounds, also when it comes as text. */
function readNumber(value: unknown, min: number, max: number, whole = true): number | undefined {
  const isText = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value);
  const number = isText || typeof value === 'number' ? Number(value) : Number.NaN;
  if (whole && !Number.isInteger(number)) return undefined;
  return number >= min && number <= max ? number : undefined;
}

/** An HTTP address as it was written, since its key is made of that; a slash at the end would double. */
function readUrl(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const url = new URL(value.trim());
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
    return url.search === '' && url.hash === '' ? value.trim().replace(/\/+$/, '') : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
