/** Performances: all that one run of a program will ever say, before anybody has heard it. */
import type { CauseReport, EventRecord, JsonObject, Level, MetricType } from '@tacho/protocol';
import type { SampleDetail, SessionStart } from '../store/store.ts';

/** A run from its start to its end, which may lie in the future. */
export interface Performance {
  id: string;
  startUs: number;
  start: SessionStart;
  /** In order of time. */
  said: Said[];
  meters: Meter[];
  /** Stretches in which the machine slept, in seconds since the start. */
  asleep: readonly Stretch[];
}

/** From one moment to another. */
export type Stretch = readonly [from: number, to: number];

/** Whether a moment lies within one of the stretches. */
export function isWithin(stretches: readonly Stretch[], sec: number): boolean {
  return stretches.some(([from, to]) => sec > from && sec < to);
}

/** Moments at which a meter is read up to some second: not while the machine sleeps, nor when it is quiet. */
export function readTimes(meter: Meter, asleep: readonly Stretch[], untilSec: number): number[] {
  const pauses = [...asleep, ...(meter.quiet ?? [])];
  return meter.times.filter((sec) => sec <= untilSec && !isWithin(pauses, sec));
}

/** One thing that a run says, or that is said of it. */
export type Said = { atUs: number } & (
  | { kind: 'patch'; patch: JsonObject }
  | { kind: 'event'; event: EventRecord }
  | { kind: 'end'; cause?: CauseReport }
  /** `noticedUs`: when the server got to know; at once when absent. */
  | { kind: 'crash'; reason: string; cause: CauseReport; noticedUs?: number }
  /** It falls silent, and nobody will see why. */
  | { kind: 'silence' }
);

/** A series of a meter. */
export interface SeriesSpec {
  name: string;
  type: MetricType;
  unit?: string;
  tags?: readonly string[];
}

/** Series that are sampled together. */
export interface Meter {
  series: readonly SeriesSpec[];
  /** When, in seconds since the start, ascending. */
  times: number[];
  /** Stretches in which nobody measures, in seconds since the start. */
  quiet?: readonly Stretch[];
  /** Puts one value for each series into `values`; is asked for moments in ascending order. */
  read(sec: number, values: Float64Array): void;
  /** What the value of a series carries that was read last. */
  detail?(series: number): SampleDetail;
}

/** An event with what is not said left blank. */
export function eventRecord(
  name: string,
  level: Level,
  said: Partial<Omit<EventRecord, 'name' | 'level'>> = {},
): EventRecord {
  const blank = { category: level, group: '', labels: null, message: '', data: null };
  return { name, level, ...blank, ...said };
}

/** An exception as the clients report it; innermost call as its language has it. */
export function exceptionRecord(
  said: { type: string; message: string; stack: readonly string[]; group: string },
  rest: { name?: string; level?: Level; data?: JsonObject } = {},
): EventRecord {
  const { type, message, stack, group } = said;
  return eventRecord(rest.name ?? 'exception', rest.level ?? 'error', {
    category: 'exception',
    group,
    labels: ['exception', type],
    message: `${type}: ${message}`,
    data: rest.data ?? null,
    stacktrace: [...stack],
    exception_type: type,
    exception_msg: message,
  });
}

/** Moments to sample at: densely in the last `denseSec`, before that only now and then. */
export function sampleTimes(
  lengthSec: number,
  { denseSec, everySec, sparseSec }: { denseSec: number; everySec: number; sparseSec: number },
): number[] {
  const times: number[] = [];
  const denseFrom = lengthSec - denseSec;
  for (let sec = 0.25; sec < lengthSec; sec += sec < denseFrom ? sparseSec : everySec) {
    times.push(Math.round(sec * 1000) / 1000);
  }
  return times;
}
