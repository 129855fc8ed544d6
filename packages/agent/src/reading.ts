/** Questions of programs about their sessions: the server's answer under the name that they know, or ours. */
import {
  formatTime,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import type { Asked } from './ask.ts';
import type { Answer } from './inbox.ts';
import type { Recorder } from './recorder.ts';
import type { SessionRecord } from './session-record.ts';

/** What answers are made from. */
export interface ReadingParts {
  nowUs: () => number;
  recorder: Pick<Recorder, 'session' | 'sessions' | 'aliases'>;
  /** Sends on what is known of the session (of all without one), and resolves when it arrived or time is up. */
  deliver: (session?: string) => Promise<void>;
  /** Whether the server is known to be out of reach, so that nobody needs to wait for it. */
  isOffline: () => boolean;
  /** Number of entries that are not at the server yet, of all sessions. */
  unsentEntries: () => number;
  /** Asks the server; rejects when it does not answer in time. */
  askServer: (path: string) => Promise<Asked>;
}

/** Answers about sessions. */
export interface Reading {
  /** One session in full. */
  session(idOrAlias: string): Promise<Answer>;
  /** All sessions of the server, or those of this agent. */
  sessions(): Promise<Answer>;
}

/** Makes the answers. */
export function makeReading(parts: ReadingParts): Reading {
  return {
    session: async (name) => {
      const known = parts.recorder.session(name);
      const id = known?.id ?? name;
      const answer = await fromServer(parts, `/api/sessions/${encodeURIComponent(id)}`, known?.id);
      if (answer?.status === 200) {
        return { status: 200, text: name === id ? answer.text : renamed(answer.text, name) };
      }
      if (known !== undefined) return ok(localView(known, name, parts));
      throw new TachoError('session_not_found', `There is no session ${name.slice(0, 100)}`);
    },
    sessions: async () => {
      const names = new Map<string, string>();
      for (const [name, id] of parts.recorder.aliases()) names.set(id, name);
      const answer = await fromServer(parts, '/api/data/sessions');
      if (answer?.status === 200) {
        return {
          status: 200,
          text: names.size === 0 ? answer.text : allRenamed(answer.text, names),
        };
      }
      const known = parts.recorder.sessions();
      return ok(known.map((one) => localView(one, names.get(one.id) ?? one.id, parts)));
    },
  };
}

/** The server's answer after it got what we have; undefined when there is none. */
async function fromServer(
  parts: ReadingParts,
  path: string,
  session?: string,
): Promise<Asked | undefined> {
  if (parts.isOffline()) return undefined;
  await parts.deliver(session);
  try {
    return await parts.askServer(path);
  } catch {
    return undefined;
  }
}

/** What this agent knows by itself, in the form of the server's answer. */
function localView(session: SessionRecord, name: string, parts: ReadingParts): JsonObject {
  const { product, version, startedUs, state, hungSinceUs, ended } = session;
  const endedAt = ended === undefined ? null : formatTime(ended.atUs);
  return {
    id: name,
    product,
    version,
    created_at: formatTime(startedUs),
    updated_at: formatTime(parts.nowUs()),
    ended_at: endedAt,
    active: ended === undefined,
    crashed: ended?.kind === 'crash',
    hung: hungSinceUs !== undefined,
    suspended: false,
    state,
    state_history: [],
    events: [],
    metrics: [],
    // Says why the lists are empty: the server has them, or is yet to get them.
    pending: { entries: parts.unsentEntries() },
  };
}

function renamed(text: string, name: string): string {
  const value = parseJson(text);
  return isJsonObject(value) ? stringifyJson({ ...value, id: name }) : text;
}

function allRenamed(text: string, names: ReadonlyMap<string, string>): string {
  const value = parseJson(text);
  if (!Array.isArray(value)) return text;
  const nameOf = (id: JsonValue | undefined) =>
    typeof id === 'string' ? names.get(id) : undefined;
  return stringifyJson(
    value.map((one) => {
      const name = isJsonObject(one) ? nameOf(one.id) : undefined;
      return isJsonObject(one) && name !== undefined ? { ...one, id: name } : one;
    }),
  );
}

function ok(value: JsonValue): Answer {
  return { status: 200, text: `${stringifyJson(value)}\n` };
}
