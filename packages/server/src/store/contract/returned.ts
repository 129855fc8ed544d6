/** Contract: a machine that runs again is the sign that its silent sessions are dead. */
import { eventNames } from '@tacho/protocol';
import { expect, it } from 'vitest';
import type { SessionStart } from '../store.ts';
import {
  type OpenStore,
  recordOf,
  type StoreBench,
  secondUs,
  startUs,
  suspendedAfterUs,
  withStore,
} from './harness.ts';

/** The start that shows the machine's return. */
const starter: Partial<SessionStart> = { machineId: 'm1', bootId: 'b1', agentId: 'a1' };

/** Siblings of the session that starts in `returnedCases`, and whether they are taken for dead. */
const siblings: [
  why: string,
  start: Partial<SessionStart>,
  silentUs: number | undefined,
  isDead: boolean,
][] = [
  ['silent for long', {}, suspendedAfterUs + 1, true],
  ['silent for just as long as allowed', {}, suspendedAfterUs, false],
  ['without a heartbeat', {}, undefined, false],
  ['of another product', { product: 'other' }, suspendedAfterUs + 1, false],
  ['of another version', { version: 'other' }, suspendedAfterUs + 1, true],
  ['of another machine', { machineId: 'm2' }, suspendedAfterUs + 1, false],
  ['of the same boot and agent', { bootId: 'b1', agentId: 'a1' }, suspendedAfterUs + 1, false],
  ['of another boot', { bootId: 'b0', agentId: 'a1' }, suspendedAfterUs + 1, true],
  ['of another agent', { bootId: 'b1', agentId: 'a0' }, suspendedAfterUs + 1, true],
  ['of the same boot and an unknown agent', { bootId: 'b1' }, suspendedAfterUs + 1, true],
];

/** Cases about machines that return. */
export function returnedCases(open: OpenStore): void {
  verdictCases(open);
  siblingCases(open);
  graceCases(open);
}

function verdictCases(open: OpenStore): void {
  it(
    'a machine that returns makes the siblings crashed that had fallen silent, and no others',
    withStore(open, async (bench) => {
      await startSiblings(bench);
      const before = await bench.dump();
      await bench.say({ session: 50, kind: 'start', ...starter, atUs: startUs - 5 });
      await bench.holds(async () => {
        for (const [i, [why, , silentUs, isDead]] of siblings.entries()) {
          const after = await bench.session(i + 1);
          if (!isDead) {
            expect(after, why).toEqual(before[i]);
            continue;
          }
          expect(after.row.updatedUs, why).toBe(before[i]?.row.updatedUs);
          expect(after.row.status, why).toMatchObject({
            lifecycle: 'crashed',
            inferred: true,
            endedUs: bench.time.nowUs - (silentUs ?? 0),
          });
          expect(after.events, why).toHaveLength(1);
          expect(after.events[0], why).toMatchObject({
            atUs: bench.time.nowUs,
            receivedUs: bench.time.nowUs,
          });
          expect(recordOf(after.events[0]), why).toMatchObject({
            name: eventNames.crash,
            data: { reason: 'machine_returned_session_not_resumed', machine_id: 'm1' },
          });
        }
        expect((await bench.row(50)).status.lifecycle).toBe('active');
      });
    }),
  );
}

function siblingCases(open: OpenStore): void {
  it(
    'agents that do not name themselves are taken for different ones',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start', machineId: 'm1' });
      await bench.say({ session: 1, kind: 'heartbeat' });
      bench.pass(suspendedAfterUs + 1);
      await bench.say({ session: 2, kind: 'start', machineId: 'm1' });
      expect((await bench.row(1)).status.lifecycle).toBe('crashed');
    }),
  );

  it(
    'siblings that are not active any more stay as they are',
    withStore(open, async (bench) => {
      for (const session of [1, 2, 3]) {
        await bench.say(
          { session, kind: 'start', machineId: 'm1' },
          { session, kind: 'heartbeat' },
        );
      }
      await bench.say({ session: 1, kind: 'end' }, { session: 2, kind: 'crash', reason: 'oom' });
      bench.pass(2 * suspendedAfterUs);
      await bench.store.sweep({ nowUs: bench.time.nowUs, lostAfterUs: suspendedAfterUs });
      const before = await bench.dump();
      expect(before.map(({ row }) => row.status.lifecycle)).toEqual(['ended', 'crashed', 'lost']);
      await bench.say({ session: 50, kind: 'start', ...starter });
      expect((await bench.dump()).slice(0, -1)).toEqual(before);
    }),
  );

  it(
    'a session without a machine, or that exists already, is no sign of a return',
    withStore(open, async (bench) => {
      await bench.say({ session: 50, kind: 'start', ...starter });
      await startSiblings(bench);
      const before = await bench.dump();
      await bench.say({ session: 50, kind: 'start', ...starter });
      expect(await bench.dump()).toEqual(before);
      await bench.say({ session: 51, kind: 'start' });
      expect((await bench.dump()).slice(0, -1)).toEqual(before);
    }),
  );
}

function graceCases(open: OpenStore): void {
  it(
    'nobody is taken for dead until the grace after an outage of the server is over',
    withStore(
      open,
      async (bench) => {
        await startSiblings(bench);
        const before = await bench.dump();
        bench.time.nowUs = startUs + 3_600 * secondUs - 1;
        await bench.say({ session: 50, kind: 'start', ...starter });
        expect((await bench.dump()).slice(0, -1)).toEqual(before);
        bench.pass(1);
        await bench.say({ session: 51, kind: 'start', ...starter });
        expect((await bench.row(1)).status.lifecycle).toBe('crashed');
      },
      { returnGraceUntilUs: startUs + 3_600 * secondUs },
    ),
  );

  it(
    'a session that was taken for dead resumes when it speaks, and says so before what it said',
    withStore(open, async (bench) => {
      await startSiblings(bench);
      await bench.say({ session: 50, kind: 'start', ...starter });
      await bench.reopen();
      const spokeUs = bench.time.nowUs + 1_000;
      bench.pass(secondUs);
      await bench.say({ session: 1, kind: 'event', event: { name: 'alive' }, atUs: spokeUs });
      await bench.holds(async () => {
        expect(await bench.eventNames(1)).toEqual([eventNames.crash, eventNames.resume, 'alive']);
        const { row, events } = await bench.session(1);
        expect(events.map(({ atUs }) => atUs).slice(1)).toEqual([spokeUs, spokeUs]);
        expect(events.map(({ receivedUs }) => receivedUs).slice(1)).toEqual(
          Array(2).fill(bench.time.nowUs),
        );
        expect(row.status).toMatchObject({ lifecycle: 'active', endedUs: null, reason: null });
      });
    }),
  );
}

/** Starts `siblings` as sessions 1, 2, … and lets them fall silent for as long as each says. */
async function startSiblings(bench: StoreBench): Promise<void> {
  const nowUs = bench.time.nowUs + 2 * suspendedAfterUs;
  for (const [i, [, start, silentUs]] of siblings.entries()) {
    await bench.say({ session: i + 1, kind: 'start', machineId: 'm1', ...start });
    if (silentUs === undefined) continue;
    bench.time.nowUs = nowUs - silentUs;
    await bench.say({ session: i + 1, kind: 'heartbeat' });
  }
  bench.time.nowUs = nowUs;
}
