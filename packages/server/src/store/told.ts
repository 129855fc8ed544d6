/** What a store finds out by itself about sessions, told once it is durable. */
import type { EventRecord, Lifecycle, SessionStatus, Signal } from '@tacho/protocol';
import type { StoreBatch } from './store.ts';

/** A session's change that follows from what was said, or from silence. */
export interface Told {
  /** Id of the session. */
  session: string;
  /** Epoch microseconds by the sender's and by the server's clock. */
  atUs: number;
  receivedUs: number;
  /** Events that the server made. */
  events: EventRecord[];
  lifecycle: Lifecycle;
  isHung: boolean;
  /** Whether lifecycle or `isHung` is another one than before. */
  isChanged: boolean;
}

/** What is to be told of a signal: nothing when it moved only times. */
export function changeOf(
  before: SessionStatus,
  { status, emit }: { status: SessionStatus; emit: EventRecord[] },
  { atUs, receivedUs }: Signal,
): Omit<Told, 'session'> | undefined {
  const { lifecycle } = status;
  const isHung = status.hungSinceUs !== null;
  const isChanged = lifecycle !== before.lifecycle || isHung !== (before.hungSinceUs !== null);
  if (!isChanged && emit.length === 0) return undefined;
  return { atUs, receivedUs, events: emit, lifecycle, isHung, isChanged };
}

/** Hands what is told to the one who watches; nobody does at first. */
export class Tellings {
  #listener: ((told: readonly Told[]) => void) | undefined;

  /** Makes `listener` the one who is told. */
  watch(listener: (told: readonly Told[]) => void): void {
    this.#listener = listener;
  }

  /** Tells in a later turn: what was said comes before what follows from it. */
  say(told: readonly Told[] | undefined): void {
    const listener = this.#listener;
    if (listener !== undefined && told !== undefined && told.length > 0) {
      setImmediate(() => listener(told));
    }
  }
}

/** Gets what other servers stored, where several share a store. */
export interface OthersListener {
  /** Entries that are durable. */
  publish(batch: StoreBatch): void;
  /** What those servers found out by themselves. */
  tell(told: readonly Told[]): void;
}

/** Tells what other servers stored, some time after they did. */
export interface OtherServers {
  /** Tells `listener` from now on; nobody when it is undefined. */
  watch(listener: OthersListener | undefined): void;
}
