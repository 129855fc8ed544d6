/** Contract: signs of life and death: crashes, hangs, silence. */
import { eventNames } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { type OpenStore, recordOf, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan } from './plan.ts';

const minuteUs = 60 * secondUs;

/** Cases about status and sweeping. */
export function lifecycleCases(open: OpenStore): void {
  signalCases(open);
  lostCases(open);
  comebackCases(open);
}

function signalCases(open: OpenStore): void {
  it(
    'a crash ends the session and leaves its event; what comes later changes neither',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' }, { session: 1, kind: 'heartbeat' });
      bench.pass(secondUs);
      await bench.say({ session: 1, kind: 'crash', reason: 'out of memory', atUs: startUs + 7 });
      await bench.say({ session: 1, kind: 'crash', reason: 'again' }, { session: 1, kind: 'end' });
      await bench.holds(async () => {
        const { row, events } = await bench.session(1);
        expect(row.status).toMatchObject({
          lifecycle: 'crashed',
          reason: 'out of memory',
          endedUs: startUs + 7,
        });
        expect(events).toHaveLength(1);
        expect(events[0]).toMatchObject({
          seq: 0,
          atUs: startUs + 7,
          receivedUs: startUs + secondUs,
        });
        expect(recordOf(events[0])).toMatchObject({
          name: eventNames.crash,
          level: 'critical',
          data: { reason: 'out of memory' },
        });
      });
    }),
  );

  it(
    'a hang is recovered from once, whether a heartbeat or an event says so first',
    withStore(open, async (bench) => {
      const hang: Plan = { session: 1, kind: 'event', event: { name: eventNames.hang } };
      const recover: Plan = {
        session: 1,
        kind: 'event',
        event: { name: eventNames.recover, message: 'sent' },
      };
      await bench.say({ session: 1, kind: 'start' }, hang);
      expect((await bench.row(1)).status.hungSinceUs).toBe(startUs);
      bench.pass(secondUs);
      await bench.say({ session: 1, kind: 'heartbeat' }, recover);
      bench.pass(secondUs);
      await bench.say(hang);
      bench.pass(secondUs);
      await bench.say(recover, { session: 1, kind: 'heartbeat' }, recover);
      await bench.holds(async () => {
        const names = [eventNames.hang, eventNames.recover];
        expect(await bench.eventNames(1)).toEqual([...names, ...names]);
        const { row, events } = await bench.session(1);
        expect(row.events).toBe(4);
        expect(row.status).toMatchObject({
          hungSinceUs: null,
          hangs: 2,
          recoveries: 2,
          hungUs: 2 * secondUs,
        });
        expect(recordOf(events[3]).message).toBe('sent');
        expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
      });
    }),
  );
}

function lostCases(open: OpenStore): void {
  it(
    'silent active sessions are lost, and nothing about them reads as an update',
    withStore(open, async (bench) => {
      const lostAfterUs = 15 * minuteUs;
      await bench.say(...[1, 2, 3, 4].map((session): Plan => ({ session, kind: 'start' })));
      await bench.say({ session: 4, kind: 'end' });
      bench.pass(1);
      await bench.say({ session: 2, kind: 'sample', series: gauge('cpu'), value: 1, atUs: 1 });
      await bench.say({ session: 3, kind: 'heartbeat' });
      const before = await bench.dump();
      const nowUs = startUs + lostAfterUs;
      expect(await bench.store.sweep({ nowUs, lostAfterUs })).toBe(0);
      expect(await bench.dump()).toEqual(before);
      expect(await bench.store.sweep({ nowUs: nowUs + 1, lostAfterUs })).toBe(1);
      expect(await bench.store.sweep({ nowUs: nowUs + 1, lostAfterUs })).toBe(0);
      await bench.holds(async () => {
        const [first, ...others] = await bench.dump();
        expect(others).toEqual(before.slice(1));
        expect(first?.row).toMatchObject({ updatedUs: startUs, events: 0 });
        expect(first?.row.status).toMatchObject({
          lifecycle: 'lost',
          inferred: true,
          endedUs: startUs,
        });
      });
      expect(await bench.store.sweep({ nowUs: nowUs + 2, lostAfterUs })).toBe(2);
    }),
  );
}

function comebackCases(open: OpenStore): void {
  it(
    'whatever a lost session says brings it back, except its end, which stays',
    withStore(open, async (bench) => {
      const atUs = startUs + 90 * minuteUs;
      const words: Plan[] = [
        { session: 1, kind: 'patch', patch: { a: 1 }, atUs },
        { session: 2, kind: 'event', event: { name: 'alive' }, atUs },
        { session: 3, kind: 'sample', series: gauge('cpu'), value: 1, atUs },
        {
          session: 4,
          kind: 'samples',
          rows: [atUs, atUs - 9].map((us) => ({ series: gauge('a'), atUs: us, value: 1 })),
        },
        {
          session: 5,
          kind: 'columns',
          timesUs: [atUs, atUs - 9],
          series: [gauge('a')],
          values: [[1, 2]],
        },
        { session: 6, kind: 'heartbeat', atUs },
        { session: 7, kind: 'end', atUs },
        { session: 8, kind: 'start', atUs },
        { session: 9, kind: 'samples', rows: [] },
      ];
      await bench.say(...words.map(({ session }): Plan => ({ session, kind: 'start' })));
      const nowUs = startUs + 60 * minuteUs;
      expect(await bench.store.sweep({ nowUs, lostAfterUs: minuteUs })).toBe(words.length);
      await bench.reopen();
      bench.pass(100 * minuteUs);
      await bench.say(...words);
      await bench.holds(async () => {
        const sessions = await bench.dump();
        const lifecycles = sessions.map(({ row }) => row.status.lifecycle);
        expect(lifecycles).toEqual([...Array(6).fill('active'), 'ended', 'lost', 'lost']);
        for (const { row, events } of sessions.slice(0, 6)) {
          expect(recordOf(events[0]).name, row.id).toBe(eventNames.resume);
          expect(events[0], row.id).toMatchObject({ atUs, receivedUs: bench.time.nowUs });
        }
        expect(sessions.slice(6).map(({ events }) => events.length)).toEqual([0, 0, 0]);
      });
    }),
  );
}
