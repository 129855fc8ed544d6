/** Events come in the order in which they arrived, however late some of them were and however few may wait. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blankEvent } from '../../store/contract/plan.ts';
import type { EventRow, Store } from '../../store/store.ts';
import { eventsByArrival } from './arrival.ts';

/** A store with one session, whose events it reads in order of time, some at a time. */
function storeOf(events: readonly EventRow[]): Store {
  const rows = [...events].sort((a, b) => a.atUs - b.atUs || a.seq - b.seq);
  return {
    async *read() {
      for (let at = 0; at < rows.length; at += 3) {
        yield { kind: 'events', rows: rows.slice(at, at + 3) };
      }
    },
  } as unknown as Store;
}

it('in order of arrival, whatever their times, whatever is missing, and however few may wait', async () => {
  const said = fc.array(
    fc.record({ atUs: fc.nat(20), isLost: fc.constantFrom(false, false, true) }),
  );
  await fc.assert(
    fc.asyncProperty(said, fc.nat(2_000), async (events, lengthMax) => {
      const rows = events.flatMap(({ atUs, isLost }, seq) =>
        isLost ? [] : [{ seq, atUs, receivedUs: 0, event: blankEvent }],
      );
      const found: EventRow[] = [];
      for await (const row of eventsByArrival(storeOf(rows), 'id', lengthMax)) found.push(row);
      expect(found).toEqual(rows);
    }),
    { numRuns: 300 },
  );
});
