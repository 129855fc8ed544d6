/** Resource sampling: what the process uses, how late its event loop is, and how long collections pause it. */
import {
  type IntervalHistogram,
  monitorEventLoopDelay,
  PerformanceObserver,
} from 'node:perf_hooks';
import type { Session } from './api.ts';
import type { Timers } from './timers.ts';

/** What is sampled. */
export interface ResourceOptions {
  intervalMs: number;
  /** CPU, memory and garbage collection. */
  isProcessSampled: boolean;
  isEventLoopSampled: boolean;
}

/** How often the lateness of the event loop is looked at. */
const delayResolutionMs = 20;

/** Edges for pauses: from what nobody notices to what everybody does. */
const pauseBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000];

/** Kinds of garbage collection by their numbers in V8. */
const collections = new Map([
  [1, 'minor'],
  [4, 'major'],
  [8, 'incremental'],
  [16, 'weak_callbacks'],
]);

/** Samples in intervals; gives the function that takes a last sample and stops. */
export function sampleResources(
  session: Session,
  timers: Timers,
  { intervalMs, isProcessSampled, isEventLoopSampled }: ResourceOptions,
): () => void {
  const delay = isEventLoopSampled
    ? monitorEventLoopDelay({ resolution: delayResolutionMs })
    : undefined;
  delay?.enable();
  const observer = isProcessSampled ? observeCollections(session) : undefined;
  let usage = process.cpuUsage();
  let atMs = performance.now();
  const sample = () => {
    try {
      const nowMs = performance.now();
      if (isProcessSampled && nowMs > atMs) {
        sampleProcess(session, process.cpuUsage(usage), nowMs - atMs);
      }
      usage = process.cpuUsage();
      atMs = nowMs;
      if (delay !== undefined) sampleDelay(session, delay);
    } catch {
      // A system that does not tell is not asked again and again for a reason.
    }
  };
  const timer = timers.every(intervalMs, sample);
  return () => {
    sample();
    timers.clear(timer);
    observer?.disconnect();
    delay?.disable();
  };
}

function sampleProcess(session: Session, used: NodeJS.CpuUsage, elapsedMs: number): void {
  const cpuMs = (used.user + used.system) / 1000;
  session.logMetric('process_cpu_percent', Math.round((cpuMs / elapsedMs) * 1e4) / 100);
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  session.logMetric('process_rss_bytes', rss);
  session.logMetric('heap_used_bytes', heapUsed);
  session.logMetric('heap_total_bytes', heapTotal);
  session.logMetric('external_memory_bytes', external);
}

/** The histogram holds whole intervals; what is beyond the wanted one is lateness. */
function sampleDelay(session: Session, delay: IntervalHistogram): void {
  const late = (ns: number) => Math.max(0, Math.round(ns / 1e3 - delayResolutionMs * 1e3) / 1e3);
  if (delay.max > 0 && delay.count > 0) {
    session.logMetric('event_loop_delay_p50_ms', late(delay.percentile(50)));
    session.logMetric('event_loop_delay_p99_ms', late(delay.percentile(99)));
    session.logMetric('event_loop_delay_max_ms', late(delay.max));
  }
  delay.reset();
}

function observeCollections(session: Session): PerformanceObserver {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as { detail?: { kind?: number } };
      const tags = [`kind:${collections.get(detail?.kind ?? 0) ?? 'other'}`];
      session.histogram('gc_pause_ms', entry.duration, { bounds: pauseBounds, tags });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return observer;
}
