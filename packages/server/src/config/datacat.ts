/** DataCat's server configuration file, translated into settings of Tacho. */
import type { Config } from './settings.ts';

/** A translated file: settings by name, where each came from, and what the operator should know. */
export interface Translated {
  /** Raw values by setting; `key` is the name in the file, for messages. */
  values: Map<keyof Config, { raw: unknown; key: string }>;
  /** Keys that Tacho accepts and does not follow, one sentence each. */
  notes: string[];
  /** Keys that Tacho must refuse, one sentence each. */
  problems: string[];
  /** The secret that every request must carry, when the file says so. */
  apiKey?: string;
}

/** Whether the keys of a configuration file are DataCat's; `port` alone belongs to both. */
export function isDatacatConfig(file: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(file).some((key) => key !== 'port' && datacatKeys.includes(key));
}

/**
 * Translates DataCat's `config.json`. A missing key keeps Tacho's default: in DataCat it became
 * zero, which meant a random port, instant suspension or the deletion of everything.
 */
export function translateDatacatConfig(file: Readonly<Record<string, unknown>>): Translated {
  const out: Translated = { values: new Map(), notes: [], problems: [] };
  takeApiKey(file.api_key ?? '', file.require_api_key ?? false, out);
  for (const [key, raw] of Object.entries(file)) {
    const setting = settingOf[key];
    if (setting !== undefined) out.values.set(setting, { raw: convert(key, raw), key });
    else if (key === 'api_key' || key === 'require_api_key') continue;
    else if (key === 'log_file') checkLogFile(raw, out);
    else out.problems.push(`${key} is not a key of DataCat's server configuration`);
  }
  if (file.server_port !== undefined && file.port !== undefined) {
    out.problems.push('server_port and port say the same thing; keep one of them');
  }
  return out;
}

const settingOf: Readonly<Record<string, keyof Config>> = {
  server_port: 'port',
  port: 'port',
  data_path: 'dataDir',
  retention_days: 'retentionDays',
  cleanup_interval_hours: 'expireIntervalSeconds',
  heartbeat_timeout_seconds: 'heartbeatTimeoutSeconds',
  tls_cert_file: 'tlsCertFile',
  tls_key_file: 'tlsKeyFile',
};

const datacatKeys = [...Object.keys(settingOf), 'api_key', 'require_api_key', 'log_file'];

/** Hours become seconds; everything else keeps its value, and its form is checked with the rest. */
function convert(key: string, raw: unknown): unknown {
  return key === 'cleanup_interval_hours' && typeof raw === 'number' ? raw * 3600 : raw;
}

/** Characters that a secret has at least before people cannot guess it. */
const apiKeyLengthMin = 20;

/** The value is a secret and stays out of every message. */
function takeApiKey(key: unknown, isRequired: unknown, out: Translated): void {
  if (typeof isRequired !== 'boolean') {
    const shown = JSON.stringify(isRequired);
    out.problems.push(`require_api_key is ${shown}; accepted: true or false`);
  }
  if (typeof key !== 'string' || !/^[\x21-\x7e]*$/.test(key)) {
    out.problems.push('api_key is not a text of visible ASCII characters without blanks');
  } else if (isRequired === true) {
    if (key === '') out.problems.push('require_api_key is true and api_key is empty; set a secret');
    else out.apiKey = key;
    if (key.length < apiKeyLengthMin) out.notes.push(weakKey);
  } else if (key !== '') {
    out.notes.push('api_key is not asked for, because require_api_key is not true');
  }
}

const weakKey =
  `api_key has fewer than ${apiKeyLengthMin} characters, so it may be guessed; ` +
  'tokens are safer: tacho token create makes one';

function checkLogFile(raw: unknown, out: Translated): void {
  if (typeof raw !== 'string') {
    out.problems.push(`log_file is ${JSON.stringify(raw)}; accepted: a path`);
  } else if (raw !== '') {
    out.notes.push('log_file is not followed: Tacho logs to stderr, redirect that instead');
  }
}
