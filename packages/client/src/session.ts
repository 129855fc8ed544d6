/** A session in the program: everything that can be said, checked, stamped with its time and kept to be sent. */
import { limits, makeHistogram } from '@tacho/protocol';
import type {
  Details,
  EventDetails,
  HistogramDetails,
  SeriesDetails,
  Session,
  SessionStats,
  TimerFunction,
} from './api.ts';
import type { Backlog } from './backlog.ts';
import { type Clock, wireMs } from './clock.ts';
import { ColumnSeries } from './columns.ts';
import type { DropReason } from './drops.ts';
import { byteLength, eventText } from './event-text.ts';
import { type ExceptionFields, exceptionFields } from './exception.ts';
import type { CounterSeries, HistogramSeries } from './growths.ts';
import { objectText } from './json-text.ts';
import { readName, readTags, type SeriesIndex } from './series.ts';
import { readBounds, readDetails, refused, SeriesBook } from './series-book.ts';
import { makeTimers } from './timer.ts';
import { shown, type Warnings } from './warnings.ts';

/** Delivers what a backlog holds. */
interface Delivery {
  receiver(): SessionStats['receiver'];
  /** Calls delivered so far. */
  sent(): number;
  flush(timeoutMs?: number): Promise<boolean>;
}

/** What a session is made of. */
export interface SessionParts {
  backlog: Backlog;
  clock: Clock;
  warnings: Warnings;
  delivery: Delivery;
  /** Told when the program gives its own heartbeats, and when it pauses or resumes them. */
  onHeartbeat?: (what: 'own' | 'pause' | 'resume') => void;
  /** Nothing is recorded, and this is why. */
  silence?: DropReason;
  /** Told once, before the last word: the session still takes what there is to say. */
  onEnd?: () => void;
}

/** What an exception event says beside the exception. */
export interface ExceptionContext {
  name: string;
  level: 'error' | 'critical';
  data?: unknown;
}

/** The session of a program. */
export class Recording implements Session {
  readonly id: string;
  readonly timer: TimerFunction;

  readonly #parts: SessionParts;
  readonly #backlog: Backlog;
  readonly #clock: Clock;
  readonly #book: SeriesBook;
  readonly #gauges: SeriesIndex<ColumnSeries>;
  readonly #counters: SeriesIndex<CounterSeries>;
  /** Why nothing is taken any more; undefined while it is. */
  #silence: DropReason | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#backlog = parts.backlog;
    this.#clock = parts.clock;
    this.id = parts.backlog.session;
    this.#silence = parts.silence;
    this.#book = new SeriesBook(parts.warnings);
    this.#gauges = this.#book.index('gauge');
    this.#counters = this.#book.index('counter');
    this.timer = makeTimers(parts.clock, (name, value, details) => {
      this.#logTime(name, value, details);
    });
  }

  logMetric(name: string, value: number, tags?: readonly string[]): void {
    try {
      const series = this.#gauges.find(name, tags);
      if (series !== undefined && typeof value === 'number' && this.#silence === undefined) {
        const backlog = this.#backlog;
        backlog.said++;
        if (!backlog.columns.add(series, this.#clock.nowMs(), value))
          backlog.drops.add('buffer_full');
        return;
      }
    } catch {
      // Not even like a list; what it is gets said below.
    }
    this.#logColumn('logMetric', 'gauge', name, value, tags);
  }

  gauge(name: string, value: number, details?: Details<SeriesDetails>): void {
    this.#logColumn('gauge', 'gauge', name, value, details);
  }

  counter(name: string, delta: number = 1, details?: Details<SeriesDetails>): void {
    try {
      const tags = details as readonly string[] | undefined;
      const isPlain = details === undefined || Array.isArray(details);
      const series = isPlain ? this.#counters.find(name, tags) : undefined;
      if (series !== undefined && Number.isFinite(delta) && this.#silence === undefined) {
        this.#backlog.said++;
        this.#backlog.growths.count(series, this.#clock.nowMs(), delta);
        return;
      }
    } catch {
      // As in logMetric.
    }
    this.#guard('counter', () => {
      const { unit, tags } = readDetails(this.#parts.warnings, 'counter', details);
      const value = toNumber(delta);
      if (value === undefined || !Number.isFinite(value)) {
        return refused(
          this.#parts.warnings,
          'counter',
          `the delta is ${shown(delta)}; expected a finite number`,
        );
      }
      const index =
        unit === '' ? this.#counters : this.#book.index<CounterSeries>(`counter ${unit}`);
      const series = this.#book.find(index, 'counter', { name, tags }, (key) => {
        return { type: 'counter' as const, ...key, unit, delta: 0, atMs: 0, calls: 0 };
      });
      if (typeof series === 'string') return series;
      this.#backlog.growths.count(series, this.#clock.nowMs(), value);
      return undefined;
    });
  }

  histogram(name: string, value: number, details?: Details<HistogramDetails>): void {
    this.#guard('histogram', () => {
      const {
        unit,
        tags,
        bounds: wanted,
      } = readDetails(this.#parts.warnings, 'histogram', details);
      const number = toNumber(value);
      if (number === undefined) {
        return refused(
          this.#parts.warnings,
          'histogram',
          `the value is ${shown(value)}; expected a number`,
        );
      }
      const bounds = readBounds(wanted);
      const index = this.#book.index<HistogramSeries>(`histogram ${unit} ${bounds?.join() ?? ''}`);
      const series = this.#book.find(index, 'histogram', { name, tags }, (key) => {
        const histogram = makeHistogram(bounds);
        return { type: 'histogram' as const, ...key, unit, bounds, histogram, atMs: 0, calls: 0 };
      });
      if (typeof series === 'string') return series;
      this.#backlog.growths.observe(series, this.#clock.nowMs(), number);
      return undefined;
    });
  }

  updateState(patch: object): void {
    this.#guard('updateState', () => {
      const text = objectText(patch);
      if (text === undefined) {
        return refused(
          this.#parts.warnings,
          'updateState',
          `the patch is ${shown(patch)}; expected an object`,
        );
      }
      const isLarge = text.length > limits.stateBytesMax / 3;
      if (isLarge && byteLength(text) > limits.stateBytesMax) {
        return refused(
          this.#parts.warnings,
          'updateState',
          `the patch has more than ${limits.stateBytesMax} bytes`,
        );
      }
      return this.#say('patch', `"patch":${text}`);
    });
  }

  logEvent(name: string, details?: EventDetails): void {
    this.#guard('logEvent', () => {
      if (typeof name !== 'string' || name === '') {
        return refused(
          this.#parts.warnings,
          'logEvent',
          `the name is ${shown(name)}; expected a text`,
        );
      }
      const { fields, isGrave } = eventText({ name, details }, this.#parts.warnings);
      return this.#say('event', fields, isGrave);
    });
  }

  logException(error: unknown, data?: object): void {
    this.reportException(error, { name: 'exception', level: 'error', data });
  }

  /** Records an exception that was caught by the program, or by nobody. */
  reportException(error: unknown, { name, level, data }: ExceptionContext): void {
    this.#guard('logException', () => {
      const exception = exceptionFields(error);
      const said = eventText(eventOf(name, level, data, exception), this.#parts.warnings);
      return this.#say('event', said.fields, true);
    });
  }

  heartbeat(): void {
    if (this.#silence !== undefined) return;
    this.#parts.onHeartbeat?.('own');
    this.beat();
  }

  pauseHeartbeat(): void {
    this.#rest('pause');
  }

  resumeHeartbeat(): void {
    this.#rest('resume');
  }

  async flush(timeoutMs?: number): Promise<boolean> {
    return this.#parts.delivery.flush(toNumber(timeoutMs));
  }

  async end(timeoutMs?: number): Promise<boolean> {
    if (this.#silence === undefined) this.finish('end');
    return this.flush(timeoutMs);
  }

  stats(): SessionStats {
    const { said, drops } = this.#backlog;
    const sent = this.#parts.delivery.sent();
    return {
      accepted: said,
      sent,
      pending: said - sent - drops.total,
      dropped: drops.counts(),
      receiver: this.#parts.delivery.receiver(),
    };
  }

  /** Whether something can still be said. */
  get isOpen(): boolean {
    return this.#silence === undefined;
  }

  /** A sign of life, whoever gives it; with it, how long silence may last. */
  beat(timeoutMs?: number): void {
    if (this.#silence !== undefined) return;
    const more = timeoutMs === undefined ? '' : `,"timeout_ms":${timeoutMs}`;
    this.#backlog.beat(`{"kind":"heartbeat",${this.#stamp()}${more}}`);
  }

  /** Says its last word, of this kind and with these JSON fields; after it, nothing is taken. */
  finish(kind: 'end' | 'exit' | 'crash', fields = ''): void {
    this.#parts.onEnd?.();
    this.#silence = 'ended';
    const text = `{"kind":"${kind}",${this.#stamp()}${fields === '' ? '' : `,${fields}`}}`;
    this.#backlog.addLast({ text, calls: 0, isLocal: kind === 'exit' });
  }

  #rest(kind: 'pause' | 'resume'): void {
    if (this.#silence !== undefined) return;
    this.#parts.onHeartbeat?.(kind);
    this.#backlog.settleBeat();
    this.#backlog.add({ text: `{"kind":"${kind}",${this.#stamp()}}`, calls: 0, isLocal: true });
  }

  #logTime(name: string, value: number, details: SeriesDetails & { count?: number }): void {
    const { count } = details;
    if (count === undefined || !Number.isInteger(count) || count <= 0) {
      this.#logColumn('timer', 'timer', name, value, details);
      return;
    }
    this.#guard('timer', () => {
      const { unit, tags } = readDetails(this.#parts.warnings, 'timer', details);
      const key = readName(name, limits.metricNameLengthMax);
      if (key === undefined)
        return refused(this.#parts.warnings, 'timer', `the name is ${shown(name)}`);
      const fields = [
        `"name":${JSON.stringify(key)},"type":"timer"`,
        ...(unit === '' ? [] : [`"unit":${JSON.stringify(unit)}`]),
        ...(readTags(tags)?.length ? [`"tags":${JSON.stringify(readTags(tags))}`] : []),
        `"value":${value},"count":${count}`,
      ];
      return this.#say('metric', fields.join());
    });
  }

  /** The long way of a sample: checks everything, and makes its series. */
  #logColumn(
    method: string,
    type: 'gauge' | 'timer',
    name: string,
    value: unknown,
    details: unknown,
  ): void {
    this.#guard(method, () => {
      const { unit, tags } = readDetails(this.#parts.warnings, method, details);
      const number = toNumber(value);
      if (number === undefined) {
        return refused(
          this.#parts.warnings,
          method,
          `the value is ${shown(value)}; expected a number`,
        );
      }
      const isPlain = type === 'gauge' && unit === '';
      const index = isPlain ? this.#gauges : this.#book.index<ColumnSeries>(`${type} ${unit}`);
      const series = this.#book.find(index, method, { name, tags }, (key) => {
        return new ColumnSeries({ ...key, type, unit });
      });
      if (typeof series === 'string') return series;
      const isKept = this.#backlog.columns.add(series, this.#clock.nowMs(), number);
      return isKept ? undefined : 'buffer_full';
    });
  }

  /** Runs what a call does; it gives the reason when nothing came of it. */
  #guard(method: string, act: () => DropReason | undefined): void {
    const { drops } = this.#backlog;
    this.#backlog.said++;
    try {
      const reason = this.#silence ?? act();
      if (reason !== undefined) drops.add(reason);
    } catch {
      drops.add('invalid');
      this.#parts.warnings.once(`${method}-throws`, `${method}: reading its arguments threw`);
    }
  }

  #say(kind: string, fields: string, isUrgent = false): DropReason | undefined {
    const text = `{"kind":"${kind}",${this.#stamp()},${fields}}`;
    return this.#backlog.add({ text, calls: 1 }, isUrgent) ? undefined : 'buffer_full';
  }

  #stamp(): string {
    return `"session":"${this.id}","at":${wireMs(this.#clock.nowMs())}`;
  }
}

function eventOf(
  name: string,
  level: string,
  data: unknown,
  exception: ExceptionFields,
): { name: string; details: object; exception: ExceptionFields } {
  const details = {
    level,
    group: 'exception',
    labels: ['exception', exception.exception_type],
    message: exception.exception_msg,
    data,
  };
  return { name, details, exception };
}

/** A number, also from an integer of any size; undefined for anything else. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : undefined;
}
