/** Tacho's own figures in the text format of Prometheus. */
import { errorTable } from '@tacho/protocol';
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Doors } from './doors/doors.ts';
import type { Latency } from './latency.ts';
import type { Store, StoreHealth } from './store/store.ts';
import { version } from './version.ts';

/** Where the figures come from. */
export interface FiguresParts {
  store: Pick<Store, 'health'>;
  counters: Counters;
  commits: Latency;
  clock: Clock;
  /** Readers of live streams now. */
  liveReaders: () => number;
  doors: Pick<Doors, 'all'>;
}

/** Media type of the text. */
export const figuresType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Collects the figures when they are asked for; nothing is counted twice for their sake. */
export class Figures {
  readonly #parts: FiguresParts;
  readonly #registry = new Registry();
  readonly #set: ReturnType<typeof makeMetrics>;
  readonly #startedUs: number;
  /** One scrape at a time, because the values of one belong together. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: FiguresParts) {
    this.#parts = parts;
    this.#startedUs = parts.clock();
    this.#set = makeMetrics(this.#registry);
    this.#registry.registerMetric(commitMetric(parts.commits));
  }

  /** The text of one scrape. */
  text(): Promise<string> {
    const next = this.#last.then(
      () => this.#collect(),
      () => this.#collect(),
    );
    this.#last = next;
    return next;
  }

  async #collect(): Promise<string> {
    const health = await this.#parts.store.health();
    // From here on nothing waits until all values are taken: accepted is the sum of its parts.
    this.#takeCounters();
    this.#takeStore(health);
    this.#takeProcess();
    return this.#registry.metrics();
  }

  #takeCounters(): void {
    const { accepted, stored, pending, dropped, requests, live } = this.#set;
    const { entries, requests: answered } = this.#parts.counters.view();
    replace(accepted, entries.received);
    replace(stored, entries.stored);
    pending.set(entries.pending);
    dropped.reset();
    dropped.inc({ reason: 'duplicate' }, entries.duplicate);
    for (const [reason, count] of Object.entries(entries.rejected)) dropped.inc({ reason }, count);
    const classes = { '2xx': answered.succeeded, '4xx': 0, '5xx': 0 };
    for (const [code, count] of Object.entries(answered.failed)) {
      const { status } = errorTable[code as keyof typeof errorTable];
      classes[status < 500 ? '4xx' : '5xx'] += count;
    }
    requests.reset();
    for (const [name, count] of Object.entries(classes)) requests.inc({ class: name }, count);
    live.set(this.#parts.liveReaders());
    this.#takeDoors();
  }

  #takeDoors(): void {
    const { doorStored, doorRefused, doorOverflowed, doorSessions } = this.#set;
    for (const metric of [doorStored, doorRefused, doorOverflowed]) metric.reset();
    for (const { name: door, report, openSessions } of this.#parts.doors.all()) {
      doorStored.inc({ door }, report.stored);
      doorOverflowed.inc({ door }, report.overflowed);
      doorSessions.set({ door }, openSessions);
      for (const { reason, count } of report.refused) doorRefused.inc({ door, reason }, count);
    }
  }

  #takeStore(health: StoreHealth): void {
    const { writable, queuedEntries, queuedBytes, unsealed, quarantined } = this.#set;
    writable.set(health.writable ? 1 : 0);
    queuedEntries.set(health.queuedEntries);
    queuedBytes.set(health.queuedBytes ?? 0);
    unsealed.set(health.unsealedSamples);
    quarantined.set(health.quarantined);
    const { diskFree, files } = this.#set;
    if (health.diskFreeBytes !== undefined) diskFree.set(health.diskFreeBytes);
    for (const [file, bytes] of Object.entries(health.fileBytes ?? {})) files.set({ file }, bytes);
  }

  #takeProcess(): void {
    const { cpu, resident, heap, uptime } = this.#set;
    const { user, system } = process.cpuUsage();
    replace(cpu, (user + system) / 1e6);
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
    uptime.set(Math.max(0, (this.#parts.clock() - this.#startedUs) / 1e6));
  }
}

function makeMetrics(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `tacho_${name}`, help, labelNames, registers });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `tacho_${name}`, help, labelNames, registers });
  gauge('build_info', 'Version of the server and of Node; always 1', ['version', 'node']).set(
    { version, node: process.versions.node },
    1,
  );
  return {
    accepted: counter(
      'entries_accepted_total',
      'Entries received since the start: stored, pending and dropped ones together',
    ),
    stored: counter('entries_stored_total', 'Entries that are durable'),
    pending: gauge('entries_pending', 'Entries handed to the store and not yet durable'),
    dropped: counter(
      'entries_dropped_total',
      'Entries that were not stored, by reason: delivered before (duplicate), or the code of an error',
      ['reason'],
    ),
    requests: counter('requests_total', 'Requests answered, by class of their status', ['class']),
    writable: gauge('store_writable', '1 while the store accepts writes, else 0'),
    queuedEntries: gauge('queue_entries', 'Entries on their way to the disk'),
    queuedBytes: gauge('queue_bytes', 'Size of the entries on their way to the disk'),
    unsealed: gauge('unsealed_samples', 'Samples that are durable and still in the journal'),
    quarantined: gauge('quarantined_pieces', 'Damaged pieces that were set aside'),
    files: gauge('store_file_bytes', 'Size of the files of the store', ['file']),
    diskFree: gauge('disk_free_bytes', 'Free space where the store lives'),
    live: gauge('live_readers', 'Readers of live streams'),
    doorStored: counter('door_stored_total', 'Samples and events stored that came in a dialect', [
      'door',
    ]),
    doorRefused: counter('door_refused_total', 'What was refused of a dialect, by reason', [
      'door',
      'reason',
    ]),
    doorOverflowed: counter(
      'door_overflowed_total',
      'Samples stored whose series was one too many for their session',
      ['door'],
    ),
    doorSessions: gauge('door_sessions', 'Open sessions that came in a dialect', ['door']),
    cpu: counter('process_cpu_seconds_total', 'Processor time of the server'),
    resident: gauge('process_resident_memory_bytes', 'Resident memory of the server'),
    heap: gauge('process_heap_bytes', 'Memory in use on the main heap'),
    uptime: gauge('uptime_seconds', 'Time since the server started'),
  };
}

/** The histogram as prom-client wants a metric; its own would keep a map entry per observation's labels. */
function commitMetric(commits: Latency): Metric {
  const name = 'tacho_commit_duration_seconds';
  const get = async () => {
    const { buckets, sumSeconds, count } = commits.view();
    const values = buckets.map(({ leSeconds, count: value }) => {
      const le = Number.isFinite(leSeconds) ? String(leSeconds) : '+Inf';
      return { value, labels: { le }, metricName: `${name}_bucket` };
    });
    return {
      name,
      help: 'Time from handing entries to the store until they are durable',
      type: 'histogram',
      values: [
        ...values,
        { value: sumSeconds, labels: {}, metricName: `${name}_sum` },
        { value: count, labels: {}, metricName: `${name}_count` },
      ],
    };
  };
  return { name, get } as unknown as Metric;
}

/** Sets a counter to what was counted elsewhere. */
function replace(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}
