/** Sources: what a door knows of the run that something was said about, and the session that it becomes. */
import { createHash } from 'node:crypto';
import type { DoorName } from './report.ts';

/** What tells one run from another. */
export interface Source {
  product: string;
  version: string;
  machineId?: string;
  hostname?: string;
  /** Id of the session, a UUID in lower case, where the sender names one. */
  session?: string;
  /** Identity of the run where the sender has one (`service.instance.id`, the name of a process). */
  instance?: string;
}

/** Starts of one source that lie within this share a number, on whichever server they happen. */
const slotUs = 10 * 60e6;

/** Version of what does not say which it is. */
export const unknownVersion = 'unknown';

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What an id tells of a run: a UUID names its session, anything else is its identity. */
export function runOfId(id: string): Pick<Source, 'session'> | Pick<Source, 'instance'> {
  return uuidForm.test(id) ? { session: id.toLowerCase() } : { instance: id };
}

/** Text of a source: equal for what is one run at one time, 32 hexadecimal digits. */
export function sourceKey(door: DoorName, source: Source): string {
  const { product, version, machineId = '', hostname = '', session = '', instance = '' } = source;
  const parts = [door, product, version, machineId, hostname, session, instance];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/**
 * Id of the `turn`-th session that a source starts around an instant: the same on every server, so
 * that two which see a source at once start one session. A UUID of version 8 (RFC 9562, section 5.8).
 */
export function sessionIdOf(key: string, atUs: number, turn: number): string {
  const seed = `${key} ${Math.floor(atUs / slotUs)} ${turn}`;
  const hex = createHash('sha256').update(seed).digest('hex');
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16);
  const head = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}`;
  return `${head}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
