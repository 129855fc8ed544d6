/** What a store finds out by itself about sessions, told once it is durable. */
import type { EventRecord, Lifecycle, SessionStatus, Signal } from '@tacho/protocol';

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
