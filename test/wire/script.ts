/** Scripts of what a program says, and the exact batches that any client has to make of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A golden file of `test/wire/client`; its own `about` tells how to play it. */
export interface WireScript {
  about: string;
  receiver: 'agent' | 'server';
  clientId: string;
  /** Epoch microseconds. */
  startUs: number;
  start: {
    session: string;
    product: string;
    version: string;
    pid?: number;
    hostname?: string;
    machineId?: string;
    heartbeatTimeoutMs?: number;
    state?: object;
    tags?: string[];
  };
  script: WireStep[];
  batches: string[];
}

/** One call, at an instant that is also the reading of the monotonic clock. */
interface WireStep {
  /** Epoch microseconds; that of the step before it when absent. */
  us?: number;
  call: string;
  args?: unknown[];
  /** Name that a started timer gets, for a later `stop`. */
  as?: string;
}

/** The folder of the scripts. */
export const wireScripts = fileURLToPath(new URL('./client/', import.meta.url));

/** All scripts, by name. */
export function readScripts(): [name: string, script: WireScript][] {
  return readdirSync(wireScripts)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(wireScripts + name, 'utf8')) as WireScript]);
}

/** Values that JSON has no literal for, as scripts write them: `{"$": "NaN"}`. */
export function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value);
  const [only] = fields;
  if (fields.length === 1 && only?.[0] === '$') return special(String(only[1]));
  return Object.fromEntries(fields.map(([key, each]) => [key, revived(each)]));
}

function special(name: string): unknown {
  if (/^-?\d{2,}$/.test(name)) return BigInt(name);
  return Number(name);
}
