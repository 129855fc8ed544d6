/** Contract: how sessions come to be, and what their rows say. */
import { expect, it } from 'vitest';
import { dumpSession } from './dump.ts';
import { type OpenStore, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

/** Cases about starting and describing sessions. */
export function sessionCases(open: OpenStore): void {
  startCases(open);
  repeatedStartCases(open);
  strangerCases(open);
  clockCases(open);
}

function startCases(open: OpenStore): void {
  it(
    'a start creates a session that has what it was told and nothing else',
    withStore(open, async (bench) => {
      const facts = { machineId: 'm1', hostname: 'web-1', bootId: 'b1', agentId: 'a1' };
      await bench.say({ session: 1, kind: 'start', product: 'shop', version: '2.1', ...facts });
      await bench.holds(async () => {
        const { row } = await bench.session(1);
        expect(row).toEqual({
          id: sessionId(1),
          createdUs: startUs,
          updatedUs: startUs,
          product: 'shop',
          version: '2.1',
          ...facts,
          status: {
            lifecycle: 'active',
            inferred: false,
            endedUs: null,
            lastHeartbeatUs: null,
            lastActivityUs: startUs,
            hungSinceUs: null,
            hangs: 0,
            hungUs: 0,
            recoveries: 0,
            reason: null,
          },
          state: '{"product":"shop","version":"2.1"}',
          startState: '{"product":"shop","version":"2.1"}',
          patches: 0,
          events: 0,
          samples: 0,
        });
      });
    }),
  );

  it(
    'a start without machine, boot and agent has no such keys in its row',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.holds(async () => {
        const keys = Object.keys(await bench.row(1));
        for (const key of ['machineId', 'hostname', 'bootId', 'agentId', 'clockSkewUs']) {
          expect(keys).not.toContain(key);
        }
      });
    }),
  );

  it(
    'the state at the start holds product and version, and nulls in it delete',
    withStore(open, async (bench) => {
      const state = { a: 1, gone: null, deep: { gone: null, kept: [null] }, product: null };
      await bench.say({ session: 1, kind: 'start', state });
      await bench.say({ session: 2, kind: 'start', state: { version: 'nightly' } });
      await bench.say({ session: 1, kind: 'patch', patch: { a: 2 } });
      await bench.holds(async () => {
        const first = await bench.row(1);
        const rest = '"deep":{"kept":[null]},"product":"shop","version":"1.0.0"}';
        expect(first.startState).toBe(`{"a":1,${rest}`);
        expect(first.state).toBe(`{"a":2,${rest}`);
        const second = await bench.row(2);
        expect(second.state).toBe('{"product":"shop","version":"nightly"}');
        expect(second.version).toBe('1.0.0');
      });
    }),
  );
}

function repeatedStartCases(open: OpenStore): void {
  it(
    'a session is created when its sender says, and updated when the server heard of it',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start', atUs: startUs - 3_600 * secondUs });
      await bench.holds(async () => {
        const { createdUs, updatedUs, status } = await bench.row(1);
        expect(createdUs).toBe(startUs - 3_600 * secondUs);
        expect(updatedUs).toBe(startUs);
        expect(status.lastActivityUs).toBe(startUs);
      });
    }),
  );

  it(
    'a start of a session that exists changes nothing, not even its last activity',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start', machineId: 'm1', state: { a: 1 } });
      await bench.say({ session: 1, kind: 'end' });
      const before = await bench.dump();
      bench.pass(secondUs);
      const again: Plan = { session: 1, kind: 'start', product: 'other', state: { a: 2 } };
      expect(await bench.say({ ...again, atUs: startUs - 5 })).toEqual({ kind: 'stored' });
      expect(await bench.dump()).toEqual(before);
      await bench.reopen();
      await bench.say({ ...again, atUs: startUs - 5 });
      expect(await bench.dump()).toEqual(before);
    }),
  );

  it(
    'two starts of one session in one batch create it once',
    withStore(open, async (bench) => {
      await bench.say(
        { session: 1, kind: 'start', product: 'first' },
        { session: 1, kind: 'heartbeat' },
        { session: 1, kind: 'start', product: 'second' },
      );
      await bench.holds(async () => {
        expect((await bench.dump()).map(({ row }) => row.product)).toEqual(['first']);
      });
    }),
  );
}

function strangerCases(open: OpenStore): void {
  it(
    'what is said about a session that nobody started is passed over, the rest is stored',
    withStore(open, async (bench) => {
      const answer = await bench.say(
        { session: 1, kind: 'start' },
        { session: 2, kind: 'patch', patch: { a: 1 } },
        { session: 2, kind: 'sample', series: gauge('cpu'), value: 1 },
        { session: 2, kind: 'event', event: {} },
        { session: 2, kind: 'end' },
        { session: 1, kind: 'sample', series: gauge('cpu'), value: 2 },
      );
      expect(answer).toEqual({ kind: 'stored' });
      await bench.holds(async () => {
        const sessions = await bench.dump();
        expect(sessions.map(({ row }) => row.id)).toEqual([sessionId(1)]);
        expect(sessions[0]?.samples).toEqual([[0, startUs, 2]]);
      });
    }),
  );

  it(
    'a session that is reserved and not started cannot be found or read',
    withStore(open, async (bench) => {
      const handle = await bench.store.reserve(sessionId(7));
      expect(handle.id).toBe(sessionId(7));
      expect(await bench.store.resolve(sessionId(7))).toEqual({ kind: 'missing' });
      expect(await dumpSession(bench.store, sessionId(7))).toBeUndefined();
      expect(await bench.dump()).toEqual([]);
    }),
  );

  it(
    'handles reserved at the same time name the same series',
    withStore(open, async (bench) => {
      const { store } = bench;
      const [first, second] = await Promise.all([
        store.reserve(sessionId(1)),
        store.reserve(sessionId(1)),
      ]);
      const facts = { product: 'shop', version: '1', atUs: startUs };
      const [a, b] = [
        first.series.index('a', 'gauge', '', []),
        second.series.index('b', 'gauge', '', []),
      ];
      for (const session of [first, second]) {
        await store.append({
          receivedUs: startUs,
          entries: [
            { kind: 'start', session, ...facts },
            {
              kind: 'sample',
              session,
              series: session.series.index('b', 'gauge', '', []),
              atUs: 1,
              value: 1,
            },
          ],
        });
      }
      expect([a, b]).toEqual([0, 1]);
      await bench.holds(async () => {
        const { series, samples } = await bench.session(1);
        expect(series).toEqual([gauge('b')]);
        expect(samples).toHaveLength(2);
      });
    }),
  );
}

function clockCases(open: OpenStore): void {
  it(
    'the last update is the latest time at which anything was received',
    withStore(open, async (bench) => {
      const said: Plan[] = [
        { session: 1, kind: 'start' },
        { session: 1, kind: 'patch', patch: {} },
        { session: 1, kind: 'event', event: {} },
        { session: 1, kind: 'sample', series: gauge('cpu'), value: 1, atUs: startUs - 5 },
        { session: 1, kind: 'samples', rows: [{ series: gauge('cpu'), atUs: 1, value: 1 }] },
        { session: 1, kind: 'columns', timesUs: [1], series: [gauge('cpu')], values: [[1]] },
        { session: 1, kind: 'heartbeat' },
        { session: 1, kind: 'end' },
        { session: 1, kind: 'crash', reason: 'after the end' },
        { session: 1, kind: 'heartbeat' },
        { session: 1, kind: 'event', event: {} },
      ];
      for (const plan of said) {
        bench.pass(secondUs);
        await bench.say(plan);
        expect((await bench.row(1)).updatedUs, plan.kind).toBe(bench.time.nowUs);
      }
      const latestUs = bench.time.nowUs;
      bench.pass(-5 * secondUs);
      await bench.say({ session: 1, kind: 'event', event: {} });
      await bench.holds(async () => expect((await bench.row(1)).updatedUs).toBe(latestUs));
    }),
  );

  it(
    'the skew of the clocks is the smallest difference of anything that carried a time',
    withStore(open, async (bench) => {
      const skews: (number | undefined)[] = [];
      const say = async (plan: Plan) => {
        await bench.say(plan);
        skews.push((await bench.row(1)).clockSkewUs);
      };
      await say({ session: 1, kind: 'start' });
      await say({ session: 1, kind: 'heartbeat' });
      await say({ session: 1, kind: 'patch', patch: {}, atUs: startUs - 9_000 });
      await say({ session: 1, kind: 'event', event: {}, atUs: startUs + 8_000 });
      await say({ session: 1, kind: 'heartbeat', atUs: startUs - 20_000 });
      await say({
        session: 1,
        kind: 'sample',
        series: gauge('a'),
        value: 1,
        atUs: startUs - 7_000,
      });
      const rows = [-6_500, -6_000, 0, -6_100].map((by) => ({
        series: gauge('a'),
        atUs: startUs + by,
        value: 1,
      }));
      await say({ session: 1, kind: 'samples', rows });
      const timesUs = [startUs - 5_000, startUs - 5_500];
      await say({ session: 1, kind: 'columns', timesUs, series: [gauge('a')], values: [[1, 2]] });
      await say({ session: 1, kind: 'end', atUs: startUs + 4_000 });
      await say({ session: 1, kind: 'crash', reason: 'late', atUs: startUs - 3_000 });
      expect(skews).toEqual([undefined, undefined, -9e3, 8e3, 8e3, -7e3, -6e3, -5e3, 4e3, -3e3]);
      await bench.say({ session: 2, kind: 'start', atUs: startUs - 70 });
      await bench.holds(async () => {
        expect((await bench.row(1)).clockSkewUs).toBe(-3_000);
        expect((await bench.row(2)).clockSkewUs).toBe(-70);
      });
    }),
  );
}
