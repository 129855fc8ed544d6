/** The entry that makes a session known: what runs, where, and how it is to be watched. */
import { limits } from '@tacho/protocol';
import { wireMs } from './clock.ts';
import { objectText } from './json-text.ts';
import { readTags } from './series.ts';
import { shown, type Warnings } from './warnings.ts';

/** What a start says; what is absent is not said. */
export interface StartParts {
  session: string;
  atMs: number;
  product: unknown;
  version: unknown;
  machineId?: string;
  hostname?: string;
  /** State at the start. */
  state?: unknown;
  /** Bare words or `key:value`; they become `tags` of the state. */
  tags?: unknown;
  pid?: number;
  heartbeatTimeoutMs?: number;
}

/** Writes the entry; a product or version that cannot be read becomes `unknown`. Never throws. */
export function startText(parts: StartParts, warnings: Warnings): string {
  const { session, atMs, machineId, hostname, pid, heartbeatTimeoutMs } = parts;
  const fields = [`"kind":"start","session":"${session}","at":${wireMs(atMs)}`];
  const add = (key: string, value: string | number | undefined) => {
    if (value !== undefined && value !== '') fields.push(`"${key}":${JSON.stringify(value)}`);
  };
  add('product', required('product', parts.product, limits.productLengthMax, warnings));
  add('version', required('version', parts.version, limits.versionLengthMax, warnings));
  add('machine_id', machineId?.slice(0, limits.machineIdLengthMax));
  add('hostname', hostname?.slice(0, limits.hostnameLengthMax));
  const state = stateText(parts);
  if (state !== undefined) fields.push(`"state":${state}`);
  add('pid', pid);
  add('heartbeat_timeout_ms', heartbeatTimeoutMs);
  return `{${fields.join()}}`;
}

function required(name: string, value: unknown, lengthMax: number, warnings: Warnings): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text !== '') return text.slice(0, lengthMax);
  warnings.once(name, `connect: ${name} is ${shown(value)}; expected a text. It becomes "unknown"`);
  return 'unknown';
}

function stateText({ state, tags }: StartParts): string | undefined {
  const text = objectText(state);
  const read = tags === undefined ? undefined : readTags(tags);
  if (read === undefined || read.length === 0) return text === '{}' ? undefined : text;
  const own = `"tags":${JSON.stringify(read)}`;
  return text === undefined || text === '{}' ? `{${own}}` : `${text.slice(0, -1)},${own}}`;
}
