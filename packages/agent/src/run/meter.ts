/** What the command and all it started use, interval by interval and in the end. */
import { readFileSync } from 'node:fs';
import { TreeMeter, type TreeSample } from '../process/tree.ts';
import type { Processes } from '../process.ts';
import type { Ledger } from './samples.ts';

/** How to measure. */
export interface MeterOptions {
  processes: Processes;
  pid: number;
  session: string;
  tags: readonly string[];
  ledger: Ledger;
  /** Epoch microseconds. */
  nowUs: () => number;
  /** Milliseconds of a clock that nobody sets. */
  monotonicMs: () => number;
}

/** Time on processors, in microseconds. */
interface Times {
  userUs: number;
  systemUs: number;
}

/** Measures a tree of processes from its start to its end. */
export class Meter {
  readonly #options: MeterOptions;
  readonly #tree: TreeMeter;
  readonly #startedMs: number;
  readonly #childrenBefore: Times;
  #last: { sample: TreeSample; atMs: number } | undefined;
  #peakRssBytes = 0;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#tree = new TreeMeter(options.processes, options.pid);
    this.#startedMs = options.monotonicMs();
    this.#childrenBefore = this.#waitedChildren();
  }

  /** Looks for a new peak; cheap. Null when nothing of the tree is left. */
  look(): TreeSample | null {
    const sample = this.#tree.sample();
    const bytes = Math.max(sample?.rssBytes ?? 0, highWaterBytes(this.#options.pid));
    this.#peakRssBytes = Math.max(this.#peakRssBytes, bytes);
    return sample;
  }

  /** Says the metrics of the interval since the last call. */
  interval(): void {
    const sample = this.look();
    if (sample === null) return;
    const atMs = this.#options.monotonicMs();
    const last = this.#last ?? { sample: nothing, atMs: this.#startedMs };
    this.#last = { sample, atMs };
    const usedUs = sample.userUs + sample.systemUs - last.sample.userUs - last.sample.systemUs;
    const elapsedMs = Math.max(1, atMs - last.atMs);
    this.#gauges({
      process_cpu_percent: Math.round(usedUs / elapsedMs) / 10,
      process_rss_bytes: sample.rssBytes,
      process_threads: sample.threads,
      process_open_files: sample.openFiles,
      process_count: sample.processes,
    });
    this.#growth('process_read_bytes', sample.readBytes, last.sample.readBytes);
    this.#growth('process_written_bytes', sample.writtenBytes, last.sample.writtenBytes);
  }

  /** Says what all of it came to; the command has ended after that time, and was waited for. */
  end(durationMs: number): void {
    const { userUs, systemUs } = this.#waitedChildren();
    const last = this.#last?.sample ?? nothing;
    this.#gauges({
      process_duration_seconds: durationMs / 1e3,
      // What did not wait for its children is only known from the samples.
      process_cpu_user_seconds: Math.max(userUs - this.#childrenBefore.userUs, last.userUs) / 1e6,
      process_cpu_system_seconds:
        Math.max(systemUs - this.#childrenBefore.systemUs, last.systemUs) / 1e6,
      process_rss_peak_bytes: this.#peakRssBytes || null,
    });
  }

  /** Of all children of ours that ended, and theirs. */
  #waitedChildren(): Times {
    const own = this.#options.processes.tree(process.pid)[0];
    return { userUs: own?.childUserUs ?? 0, systemUs: own?.childSystemUs ?? 0 };
  }

  #gauges(values: Readonly<Record<string, number | null>>): void {
    const { session, tags, ledger, nowUs } = this.#options;
    const series = Object.entries(values)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => {
        const key = { name, type: 'gauge' as const, unit: '', tags };
        return { ...key, values: Float64Array.of(value as number) };
      });
    ledger.say({ kind: 'columns', session, timesUs: Float64Array.of(nowUs()), series });
  }

  #growth(name: string, now: number | null, before: number | null): void {
    if (now === null) return;
    const { tags, ledger, nowUs } = this.#options;
    ledger.count({ name, unit: '', tags: [...tags] }, nowUs(), Math.max(0, now - (before ?? 0)));
  }
}

const nothing: TreeSample = {
  processes: 0,
  userUs: 0,
  systemUs: 0,
  rssBytes: 0,
  threads: 0,
  openFiles: 0,
  readBytes: 0,
  writtenBytes: 0,
};

/** Most memory that the process itself ever had; 0 where the system does not keep it. */
function highWaterBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
