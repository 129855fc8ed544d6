/** Contract: replays store sessions as they were recorded elsewhere, and conclude nothing. */
import { eventNames, initialStatus, type SessionStatus } from '@tacho/protocol';
import { expect, it } from 'vitest';
import type { Once, StoreEntry } from '../store.ts';
import { type OpenStore, type StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { blankEvent, gauge, type Plan, rows, sessionId, toEntries } from './plan.ts';

const yearUs = 365 * 86_400 * secondUs;

/** Appends plans as a replay, received now; `status` stands for session 1. */
async function replay(
  bench: StoreBench,
  plans: Plan[],
  { once, status }: { once?: Once; status?: SessionStatus } = {},
) {
  const receivedUs = bench.time.nowUs;
  const entries = await toEntries(bench.store, plans, receivedUs);
  const session = entries[0]?.session;
  if (status !== undefined && session !== undefined) {
    entries.push({ kind: 'status', session, status, clockSkewUs: -5 });
  }
  return bench.store.append({ receivedUs, entries, replay: true, ...(once && { once }) });
}

const crashed: SessionStatus = {
  ...initialStatus(startUs - yearUs),
  lifecycle: 'crashed',
  inferred: true,
  endedUs: startUs - yearUs + 9,
  lastHeartbeatUs: startUs - yearUs + 8,
  hangs: 3,
  recoveries: 2,
  hungUs: 77,
  reason: 'returned',
};

/** Cases about replays. */
export function replayCases(open: OpenStore): void {
  it(
    'a replayed session stands as its status says, and has the events that were said, no more',
    withStore(open, async (bench) => {
      const at = startUs - yearUs;
      const event = (name: string): Plan => ({
        ...{ session: 1, kind: 'event', atUs: at + 1 },
        event: { name },
      });
      const names = [eventNames.recover, eventNames.recover, eventNames.hang, eventNames.crash];
      await replay(bench, [{ session: 1, kind: 'start', atUs: at }, ...names.map(event)]);
      const patch: Plan = { session: 1, kind: 'patch', patch: { a: 1 }, atUs: at };
      const samples = rows([gauge('m'), at + 2, 1], [gauge('m'), at + 3, 2]);
      await replay(bench, [patch, samples], { status: crashed });
      await bench.holds(async () => {
        const { row } = await bench.session(1);
        expect(row).toMatchObject({ createdUs: at, status: crashed, clockSkewUs: -5, samples: 2 });
        expect(row.updatedUs).toBe(startUs);
        expect(await bench.eventNames(1)).toEqual(names);
      });
    }),
  );

  it(
    'a replay keeps when its patches and events were received, and when the session was last heard of',
    withStore(open, async (bench) => {
      const at = startUs - yearUs;
      const session = await bench.store.reserve(sessionId(1));
      const start: Plan = { session: 1, kind: 'start', atUs: at };
      const [started] = await toEntries(bench.store, [start], bench.time.nowUs);
      const said = { session, atUs: at + 1 };
      const entries: StoreEntry[] = [
        started!,
        { ...said, kind: 'patch', patch: { a: 1 }, receivedUs: at + 20 },
        { ...said, kind: 'event', event: blankEvent, receivedUs: at + 10 },
        { ...said, kind: 'event', event: blankEvent },
        { kind: 'status', session, status: crashed, updatedUs: at + 15 },
      ];
      await bench.store.append({ receivedUs: bench.time.nowUs, entries, replay: true });
      await bench.holds(async () => {
        const { row, patches, events } = await bench.session(1);
        expect(row).toMatchObject({ updatedUs: at + 15, status: crashed });
        expect(patches.map(({ receivedUs }) => receivedUs)).toEqual([at + 20]);
        expect(events.map(({ receivedUs }) => receivedUs)).toEqual([at + 10, startUs]);
      });
    }),
  );

  it(
    'a replayed session says nothing about its silent siblings',
    withStore(open, async (bench) => {
      const start: Plan = { session: 1, kind: 'start', machineId: 'm' };
      await bench.say(start, { session: 1, kind: 'heartbeat' });
      bench.pass(3_600 * secondUs);
      await replay(bench, [{ ...start, session: 2 }]);
      expect((await bench.row(1)).status.lifecycle).toBe('active');
      await bench.say({ ...start, session: 3 });
      expect((await bench.row(1)).status.lifecycle).toBe('crashed');
    }),
  );

  it(
    'a replay that starts a session that exists is refused whole, and may be sent again without it',
    withStore(open, async (bench) => {
      const once: Once = { kind: 'spool', spoolId: 's', seq: 1 };
      await bench.say({ session: 1, kind: 'start' });
      const before = await bench.dump();
      const start = (session: number): Plan => ({ session, kind: 'start' });
      const refused = replay(bench, [start(2), start(1)], { once });
      await expect(refused).rejects.toMatchObject({
        code: 'session_exists',
        extra: { sessions: [before[0]?.row.id] },
      });
      await bench.holds(async () => expect(await bench.dump()).toEqual(before));
      expect(await replay(bench, [start(2)], { once })).toEqual({ kind: 'stored' });
      expect(await replay(bench, [start(2)], { once })).toEqual({ kind: 'duplicate' });
      await bench.holds(async () => expect(await bench.dump()).toHaveLength(2));
    }),
  );
}
