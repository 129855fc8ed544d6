/** Actors: runs that go on, and say what their performance has for them as time passes. */
import { signalOfEvent, type WireColumns, type WireEntry } from '@tacho/protocol';
import { isWithin, type Meter, type Performance, readTimes, type Said } from '../performance.ts';

/** How often a run gives a sign of life, in seconds. */
const beatSec = 5;

/** How often series with details are sampled, in seconds. */
const detailSec = 10;

/** After a pause, what was measured in it is not made up for longer than this, in seconds. */
const catchUpSec = 120;

/** One run that goes on. */
export class Actor {
  readonly machineId: string;
  readonly #performance: Performance;
  readonly #row: Float64Array;
  #head = 0;
  #heardSec: number;
  #beatSec = Number.NEGATIVE_INFINITY;
  #detailSec = Number.NEGATIVE_INFINITY;
  #isHung = false;
  #isStarted: boolean;
  /** Whether it has said its last word. */
  isOver = false;

  /** `heardUs`: up to when it was told already; before its start when nothing was. */
  constructor(performance: Performance, heardUs: number) {
    this.#performance = performance;
    this.machineId = performance.start.machineId ?? '';
    this.#row = new Float64Array(
      Math.max(...performance.meters.map((meter) => meter.series.length)),
    );
    this.#isStarted = performance.startUs <= heardUs;
    this.#heardSec = this.#isStarted ? this.#secOf(heardUs) : 0;
    while (this.#isStarted && (this.#next()?.atUs ?? Number.POSITIVE_INFINITY) <= heardUs) {
      this.#note(performance.said[this.#head++] as Said);
    }
    // Meters are where they were when the week ended, so that counters go on and do not start anew.
    for (const meter of performance.meters) {
      const times = readTimes(meter, performance.asleep, this.#heardSec);
      for (const sec of times) meter.read(sec, this.#row);
    }
  }

  /** What it says from the last time until now. */
  entries(nowUs: number): WireEntry[] {
    const { id, startUs, start, asleep } = this.#performance;
    if (this.isOver || nowUs < startUs) return [];
    const entries: WireEntry[] = [];
    if (!this.#isStarted) entries.push({ kind: 'start', session: id, atUs: startUs, start });
    this.#isStarted = true;
    const beforeSec = this.#heardSec;
    while ((this.#next()?.atUs ?? Number.POSITIVE_INFINITY) <= nowUs && !this.isOver) {
      const said = this.#performance.said[this.#head++] as Said;
      this.#note(said);
      if (said.kind !== 'silence') entries.push({ ...entryOf(said), session: id });
    }
    const nowSec = this.#secOf(nowUs);
    this.#heardSec = nowSec;
    if (this.isOver || isWithin(asleep, nowSec)) return entries;
    for (const meter of this.#performance.meters) {
      entries.push(
        ...(meter.detail ? this.#detailed(meter, nowSec) : this.#columns(meter, beforeSec, nowSec)),
      );
    }
    if (nowSec - this.#beatSec >= beatSec) {
      this.#beatSec = nowSec;
      // The watchdog sees that a hung program lives; the program itself says nothing.
      const witness = this.#isHung && { witness: true as const };
      entries.push({ kind: 'heartbeat', session: id, atUs: nowUs, ...witness });
    }
    return entries;
  }

  #next(): Said | undefined {
    return this.#performance.said[this.#head];
  }

  #note(said: Said): void {
    if (said.kind === 'patch') return;
    if (said.kind !== 'event') {
      this.isOver = true;
      return;
    }
    const signal = signalOfEvent(said.event.name);
    if (signal !== 'activity') this.#isHung = signal === 'hang';
  }

  /** One row for each second that passed. */
  #columns(meter: Meter, beforeSec: number, nowSec: number): WireColumns[] {
    const { id, startUs, asleep } = this.#performance;
    const rows: number[][] = [];
    const times: number[] = [];
    const fromSec = Math.max(Math.floor(beforeSec) + 1, Math.ceil(nowSec - catchUpSec));
    for (let sec = fromSec; sec <= nowSec; sec++) {
      if (isWithin(asleep, sec) || isWithin(meter.quiet ?? [], sec)) continue;
      meter.read(sec, this.#row);
      rows.push(Array.from(this.#row.subarray(0, meter.series.length)));
      times.push(startUs + sec * 1_000_000);
    }
    if (times.length === 0) return [];
    const series = meter.series.map(({ name, type, unit = '', tags = [] }, k) => ({
      ...{ name, type, unit, tags },
      values: Float64Array.from(rows, (row) => row[k] as number),
    }));
    return [{ kind: 'columns', session: id, timesUs: Float64Array.from(times), series }];
  }

  #detailed(meter: Meter, nowSec: number): WireEntry[] {
    if (nowSec - this.#detailSec < detailSec) return [];
    this.#detailSec = nowSec;
    meter.read(nowSec, this.#row);
    const { id, startUs } = this.#performance;
    const atUs = startUs + Math.round(nowSec * 1000) * 1000;
    return meter.series.map(({ name, type, unit = '', tags = [] }, k) => ({
      ...{ kind: 'metric', session: id },
      metric: { name, type, unit, tags, atUs, value: this.#row[k] as number, ...meter.detail?.(k) },
    }));
  }

  #secOf(us: number): number {
    return (us - this.#performance.startUs) / 1e6;
  }
}

type Sayable = Exclude<Said, { kind: 'silence' }>;

/** What is said, as it is sent. */
function entryOf(said: Sayable): Sayable {
  if (said.kind !== 'crash') return said;
  const { noticedUs: _, ...crash } = said;
  return crash;
}
