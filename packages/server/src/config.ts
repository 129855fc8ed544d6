/** Puts the configuration together: flag, then environment, then file, then default. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { isDatacatConfig, translateDatacatConfig } from './config/datacat.ts';
import { type Config, settingNames, settings } from './config/settings.ts';
import type { StoreAddress } from './store/open.ts';

export type { Config } from './config/settings.ts';

/** Where configuration comes from; all of it is a parameter, so that tests need no process. */
export interface ConfigSources {
  /** Values of flags by setting; absent or undefined when the flag was not given. */
  flags?: Partial<Record<keyof Config, unknown>>;
  /** Configuration file that was asked for; without it `tacho.config.json` is read if it exists. */
  file?: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Working directory: every relative path starts here. */
  cwd: string;
}

/** A configuration that passed every check. */
export interface LoadedConfig {
  config: Config;
  /** The configuration file that was read, absolute; null when there was none. */
  file: string | null;
  /** What the operator should know: keys that are accepted and not followed. */
  notes: string[];
  /** A secret that opens the server for ingesting and reading; only DataCat's files name one. */
  apiKey?: string;
}

/** A configuration that must not be started with; each problem names key, value, source and remedy. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** File that is read when no other is named. */
const defaultConfigFile = 'tacho.config.json';

/** Environment variable that names the configuration file, as `--config` does. */
const configFileEnv = 'TACHO_CONFIG';

/**
 * The configuration that the sources add up to.
 * Throws ConfigError with everything that is wrong at once, so that it is mended in one go.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const problems: string[] = [];
  const file = readConfigFile(sources, problems);
  const given: Given = new Map(file.values);
  addEnvironment(sources.env, given, problems);
  addFlags(sources.flags ?? {}, given);

  const config = valuesOf(given, problems);
  relate(config, given, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    config: { ...config, ...absolutePaths(config, sources.cwd) },
    file: file.path,
    notes: file.notes,
    ...(file.apiKey !== undefined && { apiKey: file.apiKey }),
  };
}

/** Where everything recorded is kept. */
export function storeOf({ store, dataDir }: Config): StoreAddress {
  return store ?? { kind: 'sqlite', dir: dataDir };
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** A raw value, the words that say where it stands, and the rank of that place. */
type Given = Map<keyof Config, { raw: unknown; from: string; rank: number }>;

/** Who says more wins. */
const ranks = { file: 0, env: 1, flag: 2 };

interface ConfigFile {
  path: string | null;
  values: Given;
  notes: string[];
  apiKey?: string;
}

function readConfigFile(sources: ConfigSources, problems: string[]): ConfigFile {
  const none: ConfigFile = { path: null, values: new Map(), notes: [] };
  const named = sources.file ?? (sources.env[configFileEnv] || undefined);
  const path = resolve(sources.cwd, named ?? defaultConfigFile);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing || named !== undefined) {
      problems.push(`configuration file ${path} cannot be read: ${(error as Error).message}`);
    }
    return none;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`configuration file ${path} must hold one JSON object`);
    return none;
  }
  const read = isDatacatConfig(content as Record<string, unknown>) ? readDatacat : readOwn;
  return read(content as Record<string, unknown>, path, problems);
}

function readOwn(
  content: Readonly<Record<string, unknown>>,
  path: string,
  problems: string[],
): ConfigFile {
  const values: Given = new Map();
  for (const [key, raw] of Object.entries(content)) {
    const name = settingNames.find((known) => known === key);
    if (name !== undefined) values.set(name, { raw, from: `in ${path}`, rank: ranks.file });
    else problems.push(unknown(key, settingNames, `in ${path}`));
  }
  return { path, values, notes: [] };
}

function readDatacat(
  content: Readonly<Record<string, unknown>>,
  path: string,
  problems: string[],
): ConfigFile {
  const translated = translateDatacatConfig(content);
  const values: Given = new Map();
  for (const [name, { raw, key }] of translated.values) {
    values.set(name, { raw, from: `from ${key} in ${path}`, rank: ranks.file });
  }
  problems.push(...translated.problems.map((problem) => `${problem} (in ${path})`));
  const { apiKey } = translated;
  const notes = translated.notes.map((note) => `${note} (in ${path})`);
  return { path, values, notes, ...(apiKey !== undefined && { apiKey }) };
}

/** These tell programs and agents whom to speak to; the same shell, or `tacho run`, may start a server. */
const otherEnv: ReadonlySet<string> = new Set([
  configFileEnv,
  'TACHO_URL',
  'TACHO_SERVER',
  'TACHO_TOKEN',
  'TACHO_TLS_INSECURE',
  'TACHO_AGENT',
  'TACHO_AGENT_BIN',
  'TACHO_AGENT_DIR',
  'TACHO_SESSION',
  'TACHO_DISABLED',
  'TACHO_DEBUG',
]);

/** An empty variable counts as not set: that is how compose files and units unset one. */
function addEnvironment(env: ConfigSources['env'], given: Given, problems: string[]): void {
  const names = new Map(settingNames.map((name) => [settings[name].env, name]));
  for (const [variable, raw] of Object.entries(env)) {
    if (!variable.startsWith('TACHO_') || otherEnv.has(variable)) continue;
    const name = names.get(variable);
    if (name === undefined) {
      problems.push(unknown(variable, [...names.keys(), configFileEnv], 'in the environment'));
    } else if (raw !== undefined && raw !== '') {
      given.set(name, { raw, from: `from ${variable} in the environment`, rank: ranks.env });
    }
  }
}

function addFlags(flags: NonNullable<ConfigSources['flags']>, given: Given): void {
  for (const name of settingNames) {
    const raw = flags[name];
    if (raw !== undefined)
      given.set(name, { raw, from: `from ${flagWord(name)}`, rank: ranks.flag });
  }
}

function flagWord(name: keyof Config): string {
  return settings[name].flag.split(' ', 1)[0] as string;
}

function valuesOf(given: Given, problems: string[]): Config {
  const values: Partial<Record<keyof Config, unknown>> = {};
  for (const name of settingNames) {
    const setting = settings[name];
    const source = given.get(name);
    const value = source === undefined ? setting.default : setting.read(source.raw);
    if (value === undefined && source !== undefined) {
      const { raw, from } = source;
      const wrong = setting.problem?.(raw) ?? `is ${JSON.stringify(raw)}`;
      problems.push(`${name} ${wrong} (${from}); accepted: ${setting.accepted}`);
    }
    values[name] = value === undefined ? setting.default : value;
  }
  return values as unknown as Config;
}

/** What settings demand of each other. Defaults give way; two explicit values that clash do not. */
function relate(config: Config, given: Given, problems: string[]): void {
  chooseStore(config, given);
  raise(config, given, problems, 'lostAfterSeconds', 'heartbeatTimeoutSeconds');
  raise(config, given, problems, 'expandedBodyBytesMax', 'bodyBytesMax');
  if ((config.tlsCertFile === null) !== (config.tlsKeyFile === null)) {
    const [has, lacks] =
      config.tlsKeyFile === null ? ['tlsCertFile', 'tlsKeyFile'] : ['tlsKeyFile', 'tlsCertFile'];
    problems.push(`${has} is set and ${lacks} is not; HTTPS needs both, plain HTTP neither`);
  }
}

/**
 * A directory is one setting in two words. One that is named in a place that says more than the
 * store, as by `--data` while TACHO_STORE names a ClickHouse, is what is meant.
 */
function chooseStore(config: Config, given: Given): void {
  const rankOf = (name: 'store' | 'dataDir'): number => given.get(name)?.rank ?? -1;
  if (rankOf('dataDir') > rankOf('store')) config.store = null;
  if (config.store?.kind !== 'sqlite') return;
  config.dataDir = config.store.dir;
  config.store = null;
}

function raise(
  config: Config,
  given: Given,
  problems: string[],
  upper: 'lostAfterSeconds' | 'expandedBodyBytesMax',
  lower: 'heartbeatTimeoutSeconds' | 'bodyBytesMax',
): void {
  if (config[upper] >= config[lower]) return;
  if (!given.has(upper)) config[upper] = config[lower];
  else if (!given.has(lower)) {
    problems.push(
      `${upper} is ${config[upper]} (${given.get(upper)?.from}); accepted: at least ${lower}, whose default is ${config[lower]}`,
    );
  } else {
    problems.push(
      `${upper} is ${config[upper]} (${given.get(upper)?.from}); accepted: at least ${lower}, which is ${config[lower]} (${given.get(lower)?.from})`,
    );
  }
}

function absolutePaths(
  config: Config,
  cwd: string,
): Pick<Config, 'dataDir' | 'tlsCertFile' | 'tlsKeyFile'> {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(cwd, path));
  return {
    dataDir: absolute(config.dataDir),
    tlsCertFile: config.tlsCertFile === null ? null : absolute(config.tlsCertFile),
    tlsKeyFile: config.tlsKeyFile === null ? null : absolute(config.tlsKeyFile),
  };
}

function unknown(key: string, known: readonly string[], from: string): string {
  const near = nearest(key, known);
  const hint =
    near === undefined ? 'docs/configuration.md lists them all' : `did you mean ${near}?`;
  return `unknown setting ${JSON.stringify(key)} ${from}; ${hint}`;
}

/** The known name that was probably meant: the same letters, or at most two edits away. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const scored = known.map((name) => ({ name, edits: editDistance(plain(key), plain(name)) }));
  scored.sort((a, b) => a.edits - b.edits);
  const best = scored[0];
  return best !== undefined && best.edits <= 2 ? best.name : undefined;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
