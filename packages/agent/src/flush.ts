/** When what programs said is cut into batches and sent on: regularly, and at once where somebody waits. */
import { limits } from '@tacho/protocol';
import { realTimer, type Timer } from './backoff.ts';
import type { Delivery } from './deliver.ts';
import { Losses } from './losses.ts';
import type { Recorder } from './recorder.ts';
import type { Spool } from './spool.ts';

/** What a flush works with. */
export interface FlushOptions {
  recorder: Recorder;
  spool: Spool;
  delivery: Delivery;
  /** Default `limits.agentFlushIntervalMs`. */
  intervalMs?: number;
  /** Epoch microseconds. */
  nowUs: () => number;
  timer?: Timer;
}

/** Flushes of an agent. */
export interface Flush {
  /** Cuts now; resolves when all of it has arrived, or never will. May take as long as the server is away. */
  now(): Promise<void>;
  stop(): void;
}

/** Starts to flush. The interval runs from the first thing that waits, so an idle agent does nothing. */
export function startFlush(options: FlushOptions): Flush {
  const { recorder, spool, delivery, nowUs, timer = realTimer } = options;
  const { intervalMs = limits.agentFlushIntervalMs } = options;
  const losses = new Losses();
  let toldUs = Number.NEGATIVE_INFINITY;
  let planned: { urgent: boolean; cancel: () => void } | undefined;

  const flush = () => {
    planned?.cancel();
    planned = undefined;
    if (nowUs() - toldUs >= limits.lossEventIntervalMs * 1000) tellLosses();
    recorder.cut();
  };
  const plan = (urgent: boolean) => {
    if (planned !== undefined && (planned.urgent || !urgent)) return;
    planned?.cancel();
    const waitMs = urgent ? Math.min(intervalMs, limits.agentUrgentFlushMs) : intervalMs;
    planned = { urgent, cancel: timer(waitMs, flush) };
  };
  const tellLosses = () => {
    const events = losses.take(nowUs(), (session) => recorder.session(session) !== undefined);
    if (events.length === 0) return;
    toldUs = nowUs();
    recorder.accept(events);
  };

  recorder.onAccept = plan;
  spool.onDue = () => delivery.wake();
  spool.onLoss = (batch, reason) => {
    delivery.count(reason, batch.head.entries);
    losses.note(batch, reason);
    plan(false);
  };
  if (recorder.pendingEntries > 0) plan(true);
  return {
    now: () => {
      flush();
      return delivery.delivered();
    },
    stop: () => {
      planned?.cancel();
      recorder.onAccept = undefined;
    },
  };
}
