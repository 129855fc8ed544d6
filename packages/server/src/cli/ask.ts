/** Asking: every reading command speaks the HTTP API of a server, or of a data directory without one. */
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type JsonValue, limits, parseJson } from '@tacho/protocol';
import { type Command, Option } from 'commander';
import { reasonOf } from '../failure.ts';
import { bodyText, Exchange, type Place } from './exchange.ts';
import { CommandError, type ExitName } from './exit.ts';
import type { OptionValues } from './options.ts';

/** Parameters of a question; a list gives one several times, what is undefined is left out. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** Somebody who can be asked. */
export interface Asker {
  /** Whom we ask, for people: a URL or a directory. */
  readonly whom: string;
  /** Whether it is a directory, in which nothing happens any more and nothing can be changed. */
  readonly isDirectory: boolean;
  /** The JSON of an answer; rejects with CommandError when it is an error. */
  json(path: string, query?: Query): Promise<JsonValue>;
  /** The answer itself, to be read as it comes; rejects with CommandError when it is an error. */
  stream(path: string, query?: Query, options?: StreamOptions): Promise<IncomingMessage>;
  /** Sends JSON text, or nothing; gives whatever is answered, also when it is an error. */
  send(method: 'POST' | 'DELETE', path: string, body?: string): Promise<Answer>;
  close(): Promise<void>;
}

/** How to read a stream. */
interface StreamOptions {
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** An answer in one piece. */
export interface Answer {
  status: number;
  json: JsonValue;
  /** What the answer asks to wait before another try. */
  retryAfterSeconds: number | undefined;
}

const defaultUrl = `http://127.0.0.1:${limits.serverPort}`;
const defaultDir = 'tacho-data';

/** Adds the options that say whom to ask. */
export function addAsking(command: Command): Command {
  return addServer(command).addOption(
    new Option(
      '--data <dir>',
      'Read this data directory instead, without a server; changes nothing',
    ),
  );
}

/** Adds the options that name a server. */
export function addServer(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', `Server to ask (default: TACHO_SERVER or ${defaultUrl})`),
    )
    .addOption(
      new Option('--token <token>', 'Token for the server; TACHO_TOKEN keeps it out of sight'),
    );
}

/** Runs a body with whom the options name; lets go of it in the end. */
export async function asking(
  values: OptionValues,
  body: (asker: Asker) => Promise<void>,
): Promise<void> {
  const asker = await openAsker(values);
  try {
    await body(asker);
  } finally {
    await asker.close();
  }
}

/** Opens whom the options name; without any, the server of this machine or else `./tacho-data`. */
export async function openAsker(values: OptionValues): Promise<Asker> {
  const {
    server,
    data,
    token = process.env.TACHO_TOKEN,
  } = values as {
    server?: string;
    data?: string;
    token?: string;
  };
  if (data !== undefined) {
    if (server !== undefined) {
      throw new CommandError('usage', '--server and --data exclude each other');
    }
    return askDirectory(data);
  }
  const named = server ?? nonEmpty(process.env.TACHO_SERVER);
  if (named !== undefined) return askServer(named, token);
  if (await answers(defaultUrl)) return askServer(defaultUrl, token);
  if (existsSync(join(defaultDir, 'tacho.db'))) {
    process.stderr.write(`tacho: no server answers at ${defaultUrl}; reading ./${defaultDir}\n`);
    return askDirectory(defaultDir);
  }
  throw new CommandError(
    'unreachable',
    `no server answers at ${defaultUrl}; start one with tacho serve, name one with --server, or read a directory with --data`,
  );
}

/** The path of an endpoint with the names in braces filled in. */
export function pathOf(path: string, names: Readonly<Record<string, string>> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''));
}

async function askDirectory(dir: string): Promise<Asker> {
  const { openDirectory } = await import('./directory.ts');
  const { place, close } = await openDirectory(dir);
  return askPlace(place, dir, close);
}

function askServer(text: string, token: string | undefined): Asker {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new CommandError('usage', `--server ${text} is not a URL such as ${defaultUrl}`);
  }
  const shown = `${url.protocol}//${url.host}`;
  return askPlace({ url, ...(token !== undefined && { token }) }, shown, undefined);
}

function askPlace(place: Place, whom: string, close: (() => Promise<void>) | undefined): Asker {
  const exchange = new Exchange(place);
  const send = async (request: Parameters<Exchange['send']>[0]): Promise<IncomingMessage> => {
    try {
      return await exchange.send(request);
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error;
      throw unreachable(whom, error);
    }
  };
  const stream: Asker['stream'] = async (path, query, options = {}) => {
    const answer = await send({ path: path + queryText(query), ...options });
    if ((answer.statusCode ?? 0) < 400) return answer;
    throw errorOf(answer.statusCode ?? 0, jsonOf(await bodyText(answer)), whom);
  };
  return {
    whom,
    isDirectory: close !== undefined,
    stream,
    json: async (path, query) => {
      const headers = { 'accept-encoding': 'gzip' };
      const answer = await stream(path, query, close === undefined ? { headers } : {});
      return parseJson(await bodyText(answer));
    },
    send: async (method, path, body) => {
      const answer = await send({ method, path, ...(body !== undefined && { body }) });
      const after = Number(answer.headers['retry-after']);
      return {
        status: answer.statusCode ?? 0,
        json: jsonOf(await bodyText(answer)),
        retryAfterSeconds: Number.isFinite(after) ? after : undefined,
      };
    },
    close: async () => {
      exchange.close();
      await close?.();
    },
  };
}

function queryText(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** Whether a server of ours answers there at all. */
async function answers(url: string): Promise<boolean> {
  const exchange = new Exchange({ url: new URL(url) });
  try {
    const answer = await exchange.send({ path: '/health', signal: AbortSignal.timeout(2_000) });
    answer.resume();
    return true;
  } catch {
    return false;
  } finally {
    exchange.close();
  }
}

/** An error of the API as the end of a command: its `details` in one line, and the exit code. */
export function errorOf(status: number, body: JsonValue, whom: string): CommandError {
  const { details, code, candidates } = (body ?? {}) as {
    details?: string;
    code?: string;
    candidates?: string[];
  };
  if (typeof details !== 'string') {
    return new CommandError('failed', `${whom} answers ${status}, not as a tacho would`);
  }
  if (code === 'not_found' || code === 'method_not_allowed') {
    return new CommandError('failed', `${whom} cannot do this (is it older?): ${details}`);
  }
  const also = Array.isArray(candidates) ? `: ${candidates.join(', ')}` : '';
  return new CommandError(exits[code ?? ''] ?? (status < 500 ? 'usage' : 'failed'), details + also);
}

const exits: Readonly<Record<string, ExitName>> = {
  session_not_found: 'missing',
  session_ambiguous: 'missing',
  webhook_not_found: 'missing',
  unauthorized: 'forbidden',
  forbidden: 'forbidden',
  host_not_allowed: 'forbidden',
  origin_not_allowed: 'forbidden',
  rate_limited: 'unavailable',
  too_many_sessions: 'unavailable',
  timeout: 'unavailable',
  overloaded: 'unavailable',
  store_unavailable: 'unavailable',
  disk_full: 'unavailable',
};

function unreachable(whom: string, error: unknown): CommandError {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === undefined ? reasonOf(error) : (reasons[code] ?? code);
  return new CommandError('unreachable', `no server answers at ${whom}: ${why}`, { cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up',
  ECONNRESET: 'it closed the connection',
  ETIMEDOUT: 'it does not answer in time',
  EHOSTUNREACH: 'there is no way to it',
};

function jsonOf(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
