/** Contract: retention deletes old sessions with everything they had, in slices. */
import { expect, it } from 'vitest';
import { dumpSession } from './dump.ts';
import { type OpenStore, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

const minuteUs = 60 * secondUs;

/** Cases about retention. */
export function retentionCases(open: OpenStore): void {
  expireCases(open);
  anewCases(open);
}

function expireCases(open: OpenStore): void {
  it(
    'old sessions go with everything they had, but never active ones and never young ones',
    withStore(open, async (bench) => {
      for (const session of [1, 2, 3, 4, 5]) await bench.say(...wholeLife(session));
      await bench.say({ session: 6, kind: 'start' });
      await bench.store.sweep({ nowUs: startUs + minuteUs, lostAfterUs: minuteUs - 1 });
      await bench.say({ session: 2, kind: 'start' }, { session: 7, kind: 'start' });
      bench.pass(secondUs);
      // 3 is still spoken to after its end; 7 is active.
      await bench.say({ session: 3, kind: 'sample', series: gauge('late'), value: 1 });
      const before = await bench.dump();
      expect(await bench.store.expire({ beforeUs: startUs, sessionsMax: 100 })).toBe(0);
      expect(await bench.dump()).toEqual(before);
      expect(await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 100 })).toBe(5);
      expect(await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 100 })).toBe(0);
      await bench.holds(async () => {
        expect(await bench.dump()).toEqual([before[2], before[6]]);
        expect(await bench.store.resolve(sessionId(1))).toEqual({ kind: 'missing' });
        expect(await bench.store.resolve(sessionId(1).slice(0, 8))).toEqual({ kind: 'missing' });
        expect(await dumpSession(bench.store, sessionId(1))).toBeUndefined();
      });
    }),
  );

  it(
    'retention works in slices of at most the number it is given',
    withStore(open, async (bench) => {
      for (let session = 1; session <= 25; session++) await bench.say(...wholeLife(session));
      const counts: number[] = [];
      do counts.push(await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 10 }));
      while (counts.at(-1) === 10);
      expect(counts).toEqual([10, 10, 5]);
      await bench.holds(async () => expect(await bench.dump()).toEqual([]));
    }),
  );
}

function anewCases(open: OpenStore): void {
  it(
    'an id can be used anew after its session expired, and has nothing of the old one',
    withStore(open, async (bench) => {
      await bench.say(...wholeLife(1), ...wholeLife(2));
      const stale = await bench.store.reserve(sessionId(1));
      expect(await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 1 })).toBe(1);
      await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 1 });
      // A request that had found the session before it expired must not bring any of it back.
      const receivedUs = bench.time.nowUs;
      const late = {
        kind: 'patch' as const,
        session: stale,
        atUs: receivedUs,
        patch: { old: true },
      };
      expect(await bench.store.append({ receivedUs, entries: [late] })).toEqual({ kind: 'stored' });
      expect(await bench.dump()).toEqual([]);
      await bench.reopen();
      bench.pass(secondUs);
      const { nowUs } = bench.time;
      await bench.say(
        { session: 1, kind: 'start', product: 'new' },
        // The other way round than before.
        { session: 1, kind: 'sample', series: gauge('mem'), value: 1, atUs: nowUs },
        { session: 1, kind: 'sample', series: gauge('cpu', 'core:0'), value: 2, atUs: nowUs },
        { session: 1, kind: 'event', event: { name: 'fresh' } },
      );
      await bench.holds(async () => {
        const { row, events, series, samples, patches } = await bench.session(1);
        expect(row).toMatchObject({ product: 'new', createdUs: nowUs, samples: 2 });
        expect(series).toEqual([gauge('mem'), gauge('cpu', 'core:0')]);
        expect(samples).toEqual([
          [0, nowUs, 1],
          [1, nowUs, 2],
        ]);
        expect([patches.length, events.length, events[0]?.seq]).toEqual([0, 1, 0]);
      });
    }),
  );

  it(
    'a handle from before a session expired never puts a sample into a wrong series after it',
    withStore(open, async (bench) => {
      await bench.say(...wholeLife(1));
      const session = await bench.store.reserve(sessionId(1));
      const series = session.series.index('mem', 'gauge', '', []);
      await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 1 });
      await bench.say({ session: 1, kind: 'start' }, ...['a', 'b', 'mem'].map(sampleOf));
      const atUs = startUs;
      const entry = { kind: 'sample' as const, session, series, atUs, value: 777 };
      await bench.store.append({ receivedUs: startUs, entries: [entry] });
      await bench.holds(async () => {
        const found = await bench.session(1);
        // Passing it over is as good as storing it where it belongs.
        const places = found.samples.filter(([, , value]) => value === 777).map(([place]) => place);
        expect(places.filter((place) => found.series[place]?.name !== 'mem')).toEqual([]);
        expect(found.samples.length).toBe(3 + places.length);
      });
    }),
  );
}

function sampleOf(name: string): Plan {
  return { session: 1, kind: 'sample', series: gauge(name), value: 1 };
}

/** A session with something of every kind, ended. */
function wholeLife(session: number): Plan[] {
  return [
    { session, kind: 'start', state: { a: 1 } },
    { session, kind: 'heartbeat' },
    { session, kind: 'patch', patch: { b: 2 } },
    { session, kind: 'event', event: { name: 'ready' } },
    { session, kind: 'sample', series: gauge('cpu', 'core:0'), value: 0.5, detail: { count: 2 } },
    { session, kind: 'columns', timesUs: [1, 2, 3], series: [gauge('mem')], values: [[1, 2, 3]] },
    { session, kind: 'end' },
  ];
}
