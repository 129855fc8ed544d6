/** Gathers batches into one group commit. */

import type { JsonValue } from '@tacho/protocol';
import { stringifyJson } from '@tacho/protocol';
import type { StoreEntry } from '../store.ts';
import { FrameBuilder } from './frame.ts';
import { type Group, type Op, stepFields, steps } from './group.ts';
import type { SqliteHandle } from './handle-cache.ts';

/** Everything but starts, which the store numbers first. */
type SaidEntry = Exclude<StoreEntry, { kind: 'start' }>;

/** One group while it grows. */
export class GroupBuilder {
  /** Handles whose session or series are defined in this group. */
  readonly handles = new Set<SqliteHandle>();
  readonly #frame = new FrameBuilder();
  readonly #ops: Op[] = [];
  /** Whether what is added now is part of a replay. */
  replay = false;
  #steps = new Float64Array(stepFields * 32);
  #stepCount = 0;
  #opBytes = 0;

  /** Rough size of what was added. */
  get bytes(): number {
    return this.#frame.bytes + this.#opBytes;
  }

  /** Adds an entry; returns the index of its op, -1 when it is none. */
  add(entry: SaidEntry, no: number, nos: readonly number[], receivedUs: number): number {
    switch (entry.kind) {
      case 'sample': {
        const { series, atUs, value, detail } = entry;
        this.#frame.row(no, nos[series]!, atUs, value, detail);
        this.#step(steps.samples, no, receivedUs, atUs, skewOf(atUs, receivedUs), 1);
        return -1;
      }
      case 'samples':
        this.#addRows(entry, no, nos, receivedUs);
        return -1;
      case 'columns':
        this.#addColumns(entry, no, nos, receivedUs);
        return -1;
      case 'heartbeat': {
        const { atUs } = entry;
        const step = entry.witness ? steps.witness : steps.heartbeat;
        this.#step(step, no, receivedUs, atUs, skewOf(atUs, receivedUs), 0);
        return -1;
      }
      case 'patch': {
        const patch = stringifyJson(entry.patch as JsonValue);
        const { atUs } = entry;
        return this.op(
          { op: 'patch', no, atUs, patch, ...this.#replayed(entry) },
          receivedUs,
          atUs,
        );
      }
      case 'event': {
        const { atUs, event } = entry;
        const { name, level } = event;
        const record = stringifyJson(event as unknown as JsonValue);
        const op: Op = { op: 'event', no, atUs, name, level, record, ...this.#replayed(entry) };
        return this.op(op, receivedUs, atUs);
      }
      case 'end':
      case 'crash': {
        const { kind, session: _session, ...said } = entry;
        return this.op({ op: kind, no, ...said } as Op, receivedUs, entry.atUs);
      }
      case 'status': {
        const { status, clockSkewUs: skewUs = null, updatedUs } = entry;
        const op: Op = {
          op: 'status',
          no,
          status,
          skewUs,
          ...(updatedUs !== undefined && { updatedUs }),
        };
        return this.op(op, receivedUs, receivedUs);
      }
    }
  }

  /** Adds a change of the catalog; returns its index. */
  op(op: Op, receivedUs: number, atUs: number): number {
    const index = this.#ops.push(op) - 1;
    this.#opBytes += opBytes(op);
    this.#step(steps.op, index, receivedUs, atUs, skewOf(atUs, receivedUs), 0);
    return index;
  }

  /** The group, whose buffers may be handed over. */
  finish(): Omit<Group, 'epoch'> {
    const samples = this.#frame.samples;
    return {
      steps: this.#steps,
      stepCount: this.#stepCount,
      ops: this.#ops,
      frame: this.#frame.finish(),
      samples,
    };
  }

  #replayed({ receivedUs }: { receivedUs?: number }): { replay: boolean; saidUs?: number } {
    const { replay } = this;
    return replay && receivedUs !== undefined ? { replay, saidUs: receivedUs } : { replay };
  }

  #addRows(
    { series, timesUs, values, details }: Extract<SaidEntry, { kind: 'samples' }>,
    no: number,
    nos: readonly number[],
    receivedUs: number,
  ): void {
    const n = series.length;
    if (n === 0) return;
    const first = this.#frame.rows(no, nos, series, timesUs, values);
    if (details) for (const [row, detail] of details) this.#frame.detail(first + row, detail);
    this.#step(steps.samples, no, receivedUs, timesUs[0]!, leastSkew(timesUs, receivedUs), n);
  }

  #addColumns(
    { series, timesUs, values }: Extract<SaidEntry, { kind: 'columns' }>,
    no: number,
    nos: readonly number[],
    receivedUs: number,
  ): void {
    const n = timesUs.length * series.length;
    if (n === 0) return;
    this.#frame.columns(
      no,
      series.map((local) => nos[local]!),
      timesUs,
      values,
    );
    this.#step(steps.samples, no, receivedUs, timesUs[0]!, leastSkew(timesUs, receivedUs), n);
  }

  #step(
    kind: number,
    subject: number,
    receivedUs: number,
    atUs: number,
    skewUs: number,
    samples: number,
  ): void {
    const at = this.#stepCount++ * stepFields;
    if (at + stepFields > this.#steps.length) {
      const bigger = new Float64Array(this.#steps.length * 2);
      bigger.set(this.#steps);
      this.#steps = bigger;
    }
    const s = this.#steps;
    s[at] = this.replay && kind === steps.samples ? steps.replayed : kind;
    s[at + 1] = subject;
    s[at + 2] = receivedUs;
    s[at + 3] = atUs;
    s[at + 4] = this.replay ? Number.NaN : skewUs;
    s[at + 5] = samples;
  }
}

/** Sender's clock minus ours; NaN when the sender gave no time. */
function skewOf(atUs: number, receivedUs: number): number {
  return atUs === receivedUs ? Number.NaN : atUs - receivedUs;
}

/** The smallest difference among times that were given. */
function leastSkew(timesUs: Float64Array, receivedUs: number): number {
  let least = Number.NaN;
  let size = Number.POSITIVE_INFINITY;
  for (let i = 0; i < timesUs.length; i++) {
    const skew = timesUs[i]! - receivedUs;
    const abs = Math.abs(skew);
    if (abs < size && abs !== 0) {
      size = abs;
      least = skew;
    }
  }
  return least;
}

function opBytes(op: Op): number {
  switch (op.op) {
    case 'patch':
      return op.patch.length + 100;
    case 'event':
      return op.record.length + 100;
    case 'start':
      return op.state.length + 300;
    default:
      return 150;
  }
}
