/** Sorts the samples of a range of journal rows by session and series. */
import type { SampleDetail } from '../store.ts';
import type { Block } from './frame.ts';

/** Samples of one series, in order of time; equal instants in order of arrival. */
export interface Gathered {
  session: number;
  series: number;
  timesUs: Float64Array;
  values: Float64Array;
  /** By index. */
  details: Map<number, SampleDetail> | undefined;
}

interface Slot {
  session: number;
  series: number;
  count: number;
  /** Where its samples start in the sorted arrays, and where the next one goes. */
  start: number;
  next: number;
  details: Map<number, SampleDetail> | undefined;
}

/**
 * Gathers the series of `blocks` for which `wants` is true, ordered by session, then series; those
 * of one session only when `only` is given.
 */
export function gather(
  blocks: readonly Block[],
  wants: (session: number, series: number) => boolean,
  only?: number,
): Gathered[] {
  const slots = countSlots(blocks, wants, only);
  const ordered = [...slots.values()].sort((a, b) => a.session - b.session || a.series - b.series);
  let total = 0;
  for (const slot of ordered) {
    slot.start = total;
    slot.next = total;
    total += slot.count;
  }
  const timesUs = new Float64Array(total);
  const values = new Float64Array(total);
  scatter(blocks, slots, timesUs, values);
  return ordered.map((slot) => {
    return inOrder({
      session: slot.session,
      series: slot.series,
      timesUs: timesUs.subarray(slot.start, slot.next),
      values: values.subarray(slot.start, slot.next),
      details: slot.details,
    });
  });
}

/** Series numbers are unique over all sessions, so they are the key; unwanted series have no slot. */
function countSlots(
  blocks: readonly Block[],
  wants: (session: number, series: number) => boolean,
  only: number | undefined,
): Map<number, Slot> {
  const slots = new Map<number, Slot>();
  const refused = new Set<number>();
  const count = (session: number, series: number, n: number) => {
    if (only !== undefined && session !== only) return;
    const slot = slots.get(series);
    if (slot) {
      slot.count += n;
    } else if (!refused.has(series)) {
      if (wants(session, series)) {
        slots.set(series, { session, series, count: n, start: 0, next: 0, details: undefined });
      } else {
        refused.add(series);
      }
    }
  };
  for (const block of blocks) {
    if (block.kind === 'rows') {
      for (let i = 0; i < block.n; i++) count(block.u32[i * 6 + 1]!, block.u32[i * 6]!, 1);
    } else {
      for (const series of block.series) count(block.session, series, block.n);
    }
  }
  return slots;
}

function scatter(
  blocks: readonly Block[],
  slots: Map<number, Slot>,
  timesUs: Float64Array,
  values: Float64Array,
): void {
  for (const block of blocks) {
    if (block.kind === 'columns') {
      for (let k = 0; k < block.series.length; k++) {
        const slot = slots.get(block.series[k]!);
        if (!slot) continue;
        timesUs.set(block.timesUs, slot.next);
        values.set(block.values.subarray(k * block.n, (k + 1) * block.n), slot.next);
        slot.next += block.n;
      }
      continue;
    }
    const { u32, f64, details } = block;
    for (let i = 0; i < block.n; i++) {
      const slot = slots.get(u32[i * 6]!);
      if (!slot) continue;
      const at = slot.next++;
      timesUs[at] = f64[i * 3 + 1]!;
      values[at] = f64[i * 3 + 2]!;
      const detail = details?.get(i);
      if (detail) {
        slot.details ??= new Map();
        slot.details.set(at - slot.start, detail);
      }
    }
  }
}

/** Sorts by time where need be; stable, so that equal instants stay in order of arrival. */
function inOrder(series: Gathered): Gathered {
  const { timesUs, values, details } = series;
  const n = timesUs.length;
  let sorted = true;
  for (let i = 1; i < n && sorted; i++) sorted = timesUs[i - 1]! <= timesUs[i]!;
  if (sorted) return series;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => timesUs[a]! - timesUs[b]!);
  const moved = new Map<number, SampleDetail>();
  if (details) {
    order.forEach((from, to) => {
      const detail = details.get(from);
      if (detail) moved.set(to, detail);
    });
  }
  return {
    ...series,
    timesUs: Float64Array.from(order, (i) => timesUs[i]!),
    values: Float64Array.from(order, (i) => values[i]!),
    details: details && moved,
  };
}
