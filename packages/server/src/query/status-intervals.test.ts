/** How a session stood over time. */
import { advance, type EventRecord, initialStatus, type Signal } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRow, SessionRow } from '../store/store.ts';
import { clipIntervals, statusIntervals } from './status-intervals.ts';

const second = 1e6;
const rules = { nowUs: 1_000 * second, suspendedAfterUs: 60 * second, lostAfterUs: 900 * second };

/** What a session is after signals, with the events that they leave; times in seconds. */
function lived(...signals: [at: number, signal: Partial<Signal> & { kind: Signal['kind'] }][]) {
  let status = initialStatus(0);
  const events: EventRow[] = [];
  for (const [at, said] of signals) {
    const signal = { atUs: at * second, receivedUs: at * second, ...said } as Signal;
    const next = advance(status, signal);
    const own = { hang: 'application_appears_hung', recover: 'application_recovered' };
    const name = own[said.kind as keyof typeof own];
    const record = { name, level: 'info', data: null } as EventRecord;
    for (const event of [...(name && !next.drop ? [record] : []), ...next.emit]) {
      events.push({ seq: events.length, atUs: signal.atUs, receivedUs: signal.receivedUs, event });
    }
    status = next.status;
  }
  return { row: { createdUs: 0, status } as SessionRow, events };
}

function told(...signals: Parameters<typeof lived>): string {
  const { row, events } = lived(...signals);
  return statusIntervals(row, events, rules)
    .map(({ status, fromUs }) => `${fromUs / second} ${status}`)
    .join(', ');
}

describe('how a session stood', () => {
  it('is replayed from its hangs and recoveries until its end', () => {
    expect(told()).toBe('0 responsive');
    expect(told([10, { kind: 'hang' }], [20, { kind: 'recover' }], [30, { kind: 'end' }])).toBe(
      '0 responsive, 10 hung, 20 responsive, 30 ended',
    );
    expect(told([10, { kind: 'hang' }], [20, { kind: 'crash', reason: '' }])).toBe(
      '0 responsive, 10 hung, 20 crashed',
    );
  });

  it('is suspended once heartbeats stop, and that is known of the last one alone', () => {
    expect(told([10, { kind: 'heartbeat' }], [500, { kind: 'heartbeat' }])).toBe(
      '0 responsive, 560 suspended',
    );
  });

  it('was silence when it was taken for dead and spoke again', () => {
    const lost = told(
      [5, { kind: 'activity' }],
      [950, { kind: 'lost' }],
      [960, { kind: 'activity' }],
    );
    expect(lost).toBe('0 responsive, 60 silence, 960 responsive');
    const returned = { kind: 'returned', machineId: 'm' } as const;
    expect(told([5, { kind: 'heartbeat' }], [100, returned], [980, { kind: 'heartbeat' }])).toBe(
      '0 responsive, 100 silence, 980 responsive',
    );
    expect(told([5, { kind: 'heartbeat' }], [100, returned])).toBe('0 responsive, 5 crashed');
  });

  it('has no gap and no overlap, whatever was said', () => {
    const kinds = fc.constantFrom('heartbeat', 'hang', 'recover', 'end', 'lost', 'activity');
    const said = fc.array(fc.tuple(fc.nat({ max: 900 }), kinds), { maxLength: 12 });
    fc.assert(
      fc.property(said, fc.nat({ max: 999 }), fc.nat({ max: 999 }), (signals, from, to) => {
        const sorted = signals.toSorted((a, b) => a[0] - b[0]);
        const { row, events } = lived(...sorted.map(([at, kind]) => [at, { kind }] as never));
        const all = statusIntervals(row, events, rules);
        expect([all[0]?.fromUs, all.at(-1)?.toUs]).toEqual([0, rules.nowUs]);
        for (const [i, interval] of all.entries()) {
          if (i > 0) expect(interval.fromUs).toBe(all[i - 1]!.toUs);
          if (i > 0) expect(interval.status).not.toBe(all[i - 1]!.status);
        }
        const clipped = clipIntervals(all, from * second, to * second);
        const length = clipped.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
        expect(length).toBe(Math.max(0, to - from) * second);
      }),
    );
  });
});
