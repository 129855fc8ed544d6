/** Signs of life: the agent tells the server that programs are alive, also while they say nothing. */
import { randomUUID } from 'node:crypto';
import { batchText, entryText, limits, type WireEntry } from '@tacho/protocol';
import type { Delivery } from './deliver.ts';
import type { Recorder } from './recorder.ts';

/** What signs of life depend on. */
export interface SignsOptions {
  recorder: Recorder;
  delivery: Delivery;
  /** Whether nothing waits to be sent. */
  isIdle: () => boolean;
  /** Whether the process of a session was alive a moment ago. */
  sees: (session: string) => boolean;
  /** Epoch microseconds. */
  nowUs: () => number;
  /** Default `limits.signsOfLifeIntervalMs`. */
  intervalMs?: number;
}

/**
 * Starts to give signs of life; returns how to stop. They are of this moment, so they are never
 * kept: while the server is away, or other things wait, there are none.
 */
export function startSignsOfLife(options: SignsOptions): () => void {
  const { recorder, delivery, isIdle, sees, nowUs } = options;
  const sender = `signs-${randomUUID()}`;
  let seq = 0;
  const give = () => {
    if (delivery.reachability !== 'reachable' || !isIdle()) return;
    const alive = recorder.sessions().filter(({ id, ended }) => ended === undefined && sees(id));
    if (alive.length === 0) return;
    const beats = alive.map(({ id: session }): WireEntry => {
      return { kind: 'heartbeat', session, atUs: nowUs(), witness: true };
    });
    void delivery.sendOnce(batchText(sender, ++seq, beats.map(entryText)));
  };
  const timer = setInterval(give, options.intervalMs ?? limits.signsOfLifeIntervalMs).unref();
  return () => clearInterval(timer);
}
