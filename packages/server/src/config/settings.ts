/** The one table of settings: name, form, default, environment variable, flag and meaning of each. */
import { limits } from '@tacho/protocol';
import { Failure, reasonOf } from '../failure.ts';
import { parseStore, type StoreAddress, storeForms } from '../store/open.ts';

/** Levels of the server's own log, most talkative first. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** One level of the server's own log. */
export type LogLevel = (typeof logLevels)[number];

/** How log lines look; `auto` is `pretty` on a terminal and `json` elsewhere. */
const logFormats = ['auto', 'json', 'pretty'] as const;
/** One way that log lines look. */
export type LogFormat = (typeof logFormats)[number];

/** What the server runs with, after flags, environment, file and defaults were put together. */
export interface Config {
  /** Address or name to listen on. */
  host: string;
  /** TCP port to listen on; 0 picks a free one. */
  port: number;
  /** TCP port that takes OTLP as well; 0 picks a free one, `auto` is 4318 where `port` is the default. */
  otlpPort: number | 'auto' | 'none';
  /** Directory of the embedded store, absolute. */
  dataDir: string;
  /** A store that is not the embedded one in `dataDir`; null for that one. */
  store: StoreAddress | null;
  logLevel: LogLevel;
  logFormat: LogFormat;
  /** PEM files; both or neither. */
  tlsCertFile: string | null;
  tlsKeyFile: string | null;
  /** The operator accepts that whoever reaches the port can read and write while there is no token. */
  insecureNoAuth: boolean;
  /** `POST /api/sessions` answers 200 with the id alone. */
  legacyCreateReply: boolean;
  /** Further Host names that requests may carry; loopback names and `host` always may. */
  allowedHosts: readonly string[];
  /** Origins (`scheme://host[:port]`) of web pages that may call the API. */
  allowedOrigins: readonly string[];
  /** Path prefix under which a proxy passes requests on, without slash at the end; '' for none. */
  basePath: string;
  /** Requests of one client address per second before 429; 0 sets no limit. */
  requestsPerSecondMax: number;
  heartbeatTimeoutSeconds: number;
  lostAfterSeconds: number;
  doorSilenceSeconds: number;
  /** UDP port of StatsD; 0 picks a free one; `auto` takes the usual one where nobody else can reach it. */
  statsdPort: number | 'auto' | 'none';
  /** Path of a Unix socket of StatsD. */
  statsdSocket: string | null;
  statsdProduct: string;
  sweepIntervalSeconds: number;
  retentionDays: number;
  expireIntervalSeconds: number;
  bodyBytesMax: number;
  expandedBodyBytesMax: number;
}

/** Everything that is known about one setting. */
interface Setting<T> {
  /** Environment variable. */
  env: string;
  /** Command line flag, with its value's name unless it is a switch. */
  flag: string;
  /** Type in one or two words, as the documentation shows it. */
  type: string;
  /** What is accepted, to stand after "accepted: " in a message. */
  accepted: string;
  /** What holds when nothing is said; `undefined` when it follows from other settings. */
  default: T;
  /** One sentence for `--help` and for the documentation. */
  doc: string;
  /** The value that `raw` (JSON value or text) stands for; undefined when it is not accepted. */
  read: (raw: unknown) => T | undefined;
  /** Of a setting whose values may hold secrets: what is wrong with one, without showing it. */
  problem?: (raw: unknown) => string;
}

/** The settings by name, in the order in which they are documented. */
export type Settings = { readonly [K in keyof Config]: Setting<Config[K]> };

/** A port, an interval or a size that does not fit a 32-bit timer would silently become 1 ms. */
const secondsMax = 2_000_000;

/** Segments of a path; the first must not be one of ours, or requests without prefix would lose it. */
const basePathForm =
  /^(?!\/(?:api|assets|compare|docs|explore|health|metrics|ping|sessions|settings|v1|versions|write)(?:\/|$))(?:\/(?!\.\.?(?:\/|$))[\w.~-]+)*$/;

/** Every setting of the server. */
export const settings: Settings = {
  host: {
    env: 'TACHO_HOST',
    flag: '--host <address>',
    default: '127.0.0.1',
    doc: 'Address to listen on. Anything but loopback needs a token, or `insecureNoAuth`.',
    ...text(/^[A-Za-z0-9._:%-]+$/, 'an IP address or host name, without scheme and port'),
  },
  port: {
    env: 'TACHO_PORT',
    flag: '--port <number>',
    default: limits.serverPort,
    doc: 'TCP port to listen on; 0 picks a free one.',
    ...whole(0, 65_535),
  },
  otlpPort: {
    env: 'TACHO_OTLP_PORT',
    flag: '--otlp-port <number>',
    default: 'auto',
    doc: `Second TCP port, for exporters of OpenTelemetry; 0 picks a free one. \`auto\` is ${limits.otlpPort} while \`port\` is ${limits.serverPort}, and goes without when something else has it.`,
    ...portOr('auto', 'none'),
  },
  dataDir: {
    env: 'TACHO_DATA_DIR',
    flag: '--data <dir>',
    default: './tacho-data',
    doc: 'Directory that holds everything recorded; created when missing, private to its owner.',
    ...text(/./, 'a path'),
  },
  store: {
    env: 'TACHO_STORE',
    flag: '--store <address>',
    default: null,
    doc: 'Where everything recorded is kept, when that is not `dataDir`: another directory, or a ClickHouse.',
    ...storeAddress(),
  },
  logLevel: {
    env: 'TACHO_LOG_LEVEL',
    flag: '--log-level <level>',
    default: 'info',
    doc: 'Least important level that is logged to stderr; `debug` also logs every refused request.',
    ...oneOf(logLevels),
  },
  logFormat: {
    env: 'TACHO_LOG_FORMAT',
    flag: '--log-format <format>',
    default: 'auto',
    doc: 'Look of log lines; `auto` is `pretty` on a terminal and `json` elsewhere.',
    ...oneOf(logFormats),
  },
  tlsCertFile: {
    env: 'TACHO_TLS_CERT_FILE',
    flag: '--tls-cert <file>',
    default: null,
    doc: 'Certificate chain (PEM); with `tlsKeyFile` the server speaks HTTPS.',
    ...optionalPath(),
  },
  tlsKeyFile: {
    env: 'TACHO_TLS_KEY_FILE',
    flag: '--tls-key <file>',
    default: null,
    doc: 'Private key (PEM) of the certificate.',
    ...optionalPath(),
  },
  insecureNoAuth: {
    env: 'TACHO_INSECURE_NO_AUTH',
    flag: '--insecure-no-auth',
    default: false,
    doc: 'Listen beyond loopback without any token, although whoever reaches the port can read and write everything. Tokens that exist are asked for all the same.',
    ...yesNo(),
  },
  legacyCreateReply: {
    env: 'TACHO_LEGACY_CREATE_REPLY',
    flag: '--legacy-create-reply',
    default: false,
    doc: 'Answer the creation of a session with 200 and only `session_id`, as old DataCat clients insist.',
    ...yesNo(),
  },
  allowedHosts: {
    env: 'TACHO_ALLOWED_HOSTS',
    flag: '--allowed-hosts <names>',
    default: [],
    doc: 'Further names by which clients reach the server (Host header), as behind a proxy.',
    ...list(/^[A-Za-z0-9.:[\]-]+$/, 'host names'),
  },
  allowedOrigins: {
    env: 'TACHO_ALLOWED_ORIGINS',
    flag: '--allowed-origins <urls>',
    default: [],
    doc: 'Web origins whose pages may call the API from a browser.',
    ...list(/^https?:\/\/[^/\s?#]+$/, 'origins such as `https://example.org`'),
  },
  basePath: {
    env: 'TACHO_BASE_PATH',
    flag: '--base-path <path>',
    default: '',
    doc: 'Path prefix that a proxy leaves on requests; they are answered with and without it.',
    ...text(basePathForm, 'a path such as `/tacho` that is no path of the server itself'),
  },
  requestsPerSecondMax: {
    env: 'TACHO_REQUESTS_PER_SECOND_MAX',
    flag: '--requests-per-second-max <number>',
    default: 0,
    doc: 'Requests per second from one client address before it gets 429; 0 sets no limit.',
    ...whole(0, 10_000_000),
  },
  heartbeatTimeoutSeconds: {
    env: 'TACHO_HEARTBEAT_TIMEOUT_SECONDS',
    flag: '--heartbeat-timeout-seconds <number>',
    default: limits.heartbeatTimeoutMs / 1000,
    doc: 'A session whose last heartbeat is older than this reads as suspended.',
    ...whole(1, secondsMax),
  },
  lostAfterSeconds: {
    env: 'TACHO_LOST_AFTER_SECONDS',
    flag: '--lost-after-seconds <number>',
    default: limits.lostAfterMs / 1000,
    doc: 'An active session that was silent for longer than this is declared lost; at least `heartbeatTimeoutSeconds`, and raised to it when not given.',
    ...whole(1, secondsMax),
  },
  doorSilenceSeconds: {
    env: 'TACHO_DOOR_SILENCE_SECONDS',
    flag: '--door-silence-seconds <number>',
    default: limits.doorSilenceMs / 1000,
    doc: 'A session that began with data in a foreign dialect has ended when its source was silent for longer than this.',
    ...whole(1, secondsMax),
  },
  statsdPort: {
    env: 'TACHO_STATSD_PORT',
    flag: '--statsd-port <number>',
    default: 'auto',
    doc: 'UDP port of StatsD, at the same host; 0 picks a free one, `none` has none. `auto` is 8125 when `port` is 9090 and `host` is loopback, and a warning when that is taken.',
    ...portOrWord(),
  },
  statsdSocket: {
    env: 'TACHO_STATSD_SOCKET',
    flag: '--statsd-socket <path>',
    default: null,
    doc: 'Unix socket on which StatsD is taken as a stream; every user of this machine may write to it.',
    ...optionalPath(),
  },
  statsdProduct: {
    env: 'TACHO_STATSD_PRODUCT',
    flag: '--statsd-product <name>',
    default: 'statsd',
    doc: 'Product of what comes by StatsD without a tag that names one.',
    ...text(/^.{1,200}$/, 'a text of 1 to 200 characters'),
  },
  sweepIntervalSeconds: {
    env: 'TACHO_SWEEP_INTERVAL_SECONDS',
    flag: '--sweep-interval-seconds <number>',
    default: limits.sweepIntervalMs / 1000,
    doc: 'How often the server looks for lost sessions.',
    ...whole(1, secondsMax),
  },
  retentionDays: {
    env: 'TACHO_RETENTION_DAYS',
    flag: '--retention-days <number>',
    default: limits.retentionDays,
    doc: 'Sessions that are not active go this long after their last activity; 36500 keeps them for ever.',
    ...whole(1, 36_500),
  },
  expireIntervalSeconds: {
    env: 'TACHO_EXPIRE_INTERVAL_SECONDS',
    flag: '--expire-interval-seconds <number>',
    default: limits.expireIntervalMs / 1000,
    doc: 'How often the server deletes what is past its retention.',
    ...whole(1, secondsMax),
  },
  bodyBytesMax: {
    env: 'TACHO_BODY_BYTES_MAX',
    flag: '--body-bytes-max <bytes>',
    default: limits.bodyBytesMax,
    doc: 'Largest request body as sent.',
    ...whole(1_024, 1_073_741_824),
  },
  expandedBodyBytesMax: {
    env: 'TACHO_EXPANDED_BODY_BYTES_MAX',
    flag: '--expanded-body-bytes-max <bytes>',
    default: limits.expandedBodyBytesMax,
    doc: 'Largest request body after decompression; at least `bodyBytesMax`, and raised to it when not given.',
    ...whole(1_024, 1_073_741_824),
  },
};

/** Names of all settings, in the order of the table. */
export const settingNames = Object.keys(settings) as (keyof Config)[];

type Form<T> = Pick<Setting<T>, 'type' | 'accepted' | 'read'>;

function text(pattern: RegExp, accepted: string): Form<string> {
  return {
    type: 'text',
    accepted,
    read: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined),
  };
}

function storeAddress(): Form<StoreAddress | null> & Pick<Setting<unknown>, 'problem'> {
  const parse = (raw: unknown): StoreAddress | null => {
    if (raw === null || raw === '') return null;
    if (typeof raw !== 'string') throw new Failure('is no text');
    return parseStore(raw);
  };
  return {
    type: 'address',
    accepted: storeForms,
    read: (raw) => {
      try {
        return parse(raw);
      } catch {
        return undefined;
      }
    },
    problem: (raw) => {
      try {
        parse(raw);
        return 'is in order';
      } catch (error) {
        return reasonOf(error);
      }
    },
  };
}

function optionalPath(): Form<string | null> {
  return {
    type: 'path',
    accepted: 'a path',
    read: (raw) => {
      if (raw === null || raw === '') return null;
      return typeof raw === 'string' ? raw : undefined;
    },
  };
}

/** Digits as text are welcome too: flags and variables are text, and DataCat writes its port so. */
function whole(min: number, max: number): Form<number> {
  return {
    type: 'whole number',
    accepted: `a whole number from ${min} to ${max}`,
    read: (raw) => {
      const value = typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
      if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A port, or one of these words. */
function portOr<T extends string>(...words: readonly T[]): Form<number | T> {
  const port = whole(0, 65_535);
  const choice = oneOf(words);
  return {
    type: 'port',
    accepted: `${port.accepted}, ${words.join(' or ')}`,
    read: (raw) => port.read(raw) ?? choice.read(raw),
  };
}

function portOrWord(): Form<number | 'auto' | 'none'> {
  const port = whole(0, 65_535);
  return {
    type: 'port',
    accepted: `${port.accepted}, auto or none`,
    read: (raw) => (raw === 'auto' || raw === 'none' ? raw : port.read(raw)),
  };
}

function yesNo(): Form<boolean> {
  const words = new Map<unknown, boolean>([
    [true, true],
    ['true', true],
    ['1', true],
    [false, false],
    ['false', false],
    ['0', false],
  ]);
  return { type: 'yes or no', accepted: 'true or false', read: (raw) => words.get(raw) };
}

function oneOf<T extends string>(choices: readonly T[]): Form<T> {
  return {
    type: 'choice',
    accepted: `one of ${choices.join(', ')}`,
    read: (raw) => choices.find((choice) => choice === raw),
  };
}

function list(pattern: RegExp, what: string): Form<readonly string[]> {
  return {
    type: 'list',
    accepted: `a list of ${what} (in a file a JSON array, elsewhere separated by commas)`,
    read: (raw) => {
      const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
      if (!Array.isArray(items)) return undefined;
      const given = items.filter((item) => item !== '');
      return given.every((item) => typeof item === 'string' && pattern.test(item))
        ? given
        : undefined;
    },
  };
}
