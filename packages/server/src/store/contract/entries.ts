/** Contract: events and patches come back as they were said, and read yields what is asked for. */
import { expect, it } from 'vitest';
import { sampleTexts } from './dump.ts';
import { type OpenStore, secondUs, startUs, withStore } from './harness.ts';
import { columns, gauge, type Plan, rows, sample, sessionId } from './plan.ts';

const [a, b] = [gauge('a'), gauge('b')];

/** Cases about what is kept of a session beside its samples. */
export function entryCases(open: OpenStore): void {
  eventCases(open);
  patchCases(open);
  readCases(open);
}

function eventCases(open: OpenStore): void {
  it(
    'events are read by time and equal instants in order of arrival, which seq counts',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const said: [string, number][] = [
        ...([
          ['a', 5],
          ['b', 3],
          ['c', 5],
          ['d', 9],
          ['e', 5],
          ['f', 1],
          ['g', 3],
        ] as const),
      ].map(([name, by]) => [name, startUs + by]);
      for (const [name, atUs] of said) {
        bench.pass(1);
        await bench.say({ session: 1, kind: 'event', event: { name }, atUs });
      }
      await bench.holds(async () => {
        expect((await bench.eventNames(1)).join('')).toBe('fbgaced');
        const { row, events } = await bench.session(1);
        expect(row.events).toBe(7);
        expect(events.map(({ seq }) => seq)).toEqual([5, 1, 6, 0, 2, 4, 3]);
        for (const { seq, receivedUs } of events) expect(receivedUs).toBe(startUs + seq + 1);
      });
    }),
  );

  it(
    'an event is read as it was stored, to the last key and digit',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const event = {
        ...{ name: 'exception', level: 'error' as const, category: 'Über\u0000', group: 'db\n' },
        ...{ labels: ['x', '', '😀'], message: 'line\r\n"quoted" \\ \ud800', data: hardObject() },
        ...{ stacktrace: ['at a', ''], exception_type: 'TypeError', exception_msg: '' },
        ...{ source_file: 'a.ts', source_function: 'main', source_line: 7 },
      };
      await bench.say({ session: 1, kind: 'event', event });
      await bench.say({ session: 1, kind: 'event', event: { name: '', labels: [], data: {} } });
      await bench.holds(async () => {
        const { events } = await bench.session(1);
        expect(events[0]?.event).toBe(
          '{"category":"Über\\u0000","data":{"":[null,{"a":null}],"__proto__":{"x":1},' +
            '"big":123456789012345678901234567890,"constructor":1,"neg":-9007199254740993},' +
            '"exception_msg":"","exception_type":"TypeError","group":"db\\n",' +
            '"labels":["x","","😀"],"level":"error","message":"line\\r\\n\\"quoted\\" \\\\ \\ud800",' +
            '"name":"exception","source_file":"a.ts","source_function":"main","source_line":7,' +
            '"stacktrace":["at a",""]}',
        );
        expect(events[1]?.event).toBe(
          '{"category":"info","data":{},"group":"","labels":[],"level":"info","message":"","name":""}',
        );
      });
    }),
  );
}

function patchCases(open: OpenStore): void {
  it(
    'each patch is one revision in order of arrival, also one that changes nothing',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const patches = [
        { a: { b: 1, c: null } },
        {},
        { a: null },
        { a: { d: 1 } },
        { x: [null] },
        { x: [null] },
      ];
      for (const [i, patch] of patches.entries()) {
        bench.pass(1);
        await bench.say({ session: 1, kind: 'patch', patch, atUs: startUs - i });
      }
      await bench.holds(async () => {
        const { row, patches: found } = await bench.session(1);
        expect(found).toEqual(
          patches.map((patch, i) => ({
            ...{ revision: i + 1, atUs: startUs - i, receivedUs: startUs + i + 1 },
            patch: JSON.stringify(patch),
          })),
        );
        expect(row.patches).toBe(6);
        expect(row.state).toBe('{"a":{"d":1},"product":"shop","version":"1.0.0","x":[null]}');
        expect(row.startState).toBe('{"product":"shop","version":"1.0.0"}');
      });
    }),
  );

  it(
    'the state after many patches is what they make one after the other',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const count = 300;
      for (let i = 0; i < count; i++) {
        if (i === 150) await bench.reopen();
        await bench.say({
          session: 1,
          kind: 'patch',
          patch: { [`k${i % 7}`]: i % 5 === 0 ? null : { i }, n: i },
        });
      }
      await bench.say({ session: 1, kind: 'patch', patch: hardObject() });
      await bench.holds(async () => {
        const { row, patches } = await bench.session(1);
        expect(patches.map(({ revision }) => revision)).toEqual(
          Array.from({ length: count + 1 }, (_, i) => i + 1),
        );
        expect([row.patches, row.events, row.samples]).toEqual([count + 1, 0, 0]);
        expect(row.state).toBe(
          '{"":[null,{"a":null}],"__proto__":{"x":1},"big":123456789012345678901234567890,"constructor":1,' +
            '"k0":{"i":294},"k2":{"i":296},"k3":{"i":297},"k4":{"i":298},"k5":{"i":299},"k6":{"i":293},' +
            '"n":299,"neg":-9007199254740993,"product":"shop","version":"1.0.0"}',
        );
      });
    }),
  );
}

function readCases(open: OpenStore): void {
  it(
    'read yields the parts that are asked for and nothing else',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.say(
        sample(a, 1, 1),
        { session: 1, kind: 'event', event: {} },
        { session: 1, kind: 'patch', patch: {} },
      );
      await bench.holds(async () => {
        const kinds = async (id: string, parts: Parameters<typeof bench.store.read>[1]) => {
          const found: string[] = [];
          for await (const part of bench.store.read(id, parts)) found.push(part.kind);
          return found;
        };
        expect(await kinds(sessionId(1), {})).toEqual(['session']);
        expect(await kinds(sessionId(1), { events: true })).toEqual(['session', 'events']);
        expect(await kinds(sessionId(1), { patches: true })).toEqual(['session', 'patches']);
        expect(await kinds(sessionId(1), { samples: true })).toEqual(['session', 'samples']);
        expect(await kinds(sessionId(2), { samples: true })).toEqual([]);
      });
    }),
  );

  it(
    'entries without a single sample say nothing, and a batch without entries is stored',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const before = await bench.dump();
      bench.pass(secondUs);
      expect(await bench.say()).toEqual({ kind: 'stored' });
      await bench.say(rows(), columns([], [a], []), columns([1, 2], []));
      expect(await bench.spool('s', 0)).toEqual({ kind: 'stored' });
      expect(await bench.spool('s', 0, sample(a, 1, 1))).toEqual({ kind: 'duplicate' });
      await bench.holds(async () => expect(await bench.dump()).toEqual(before));
    }),
  );

  it(
    'a batch of many sessions and kinds is stored whole',
    withStore(open, async (bench) => {
      const sessions = Array.from({ length: 30 }, (_, i) => i + 1);
      const plans = sessions.flatMap((session): Plan[] => [
        { session, kind: 'start' },
        { session, kind: 'sample', series: a, value: session },
        { session, kind: 'event', event: { name: `e${session}` } },
        { session, kind: 'patch', patch: { session } },
        {
          session,
          kind: 'columns',
          timesUs: [1, 2],
          series: [b, a],
          values: [
            [1, session],
            [3, 4],
          ],
        },
      ]);
      await bench.say(...plans);
      await bench.holds(async () => {
        for (const [i, session] of (await bench.dump()).entries()) {
          expect([session.row.samples, session.row.events, session.row.patches]).toEqual([5, 1, 1]);
          expect(sampleTexts(session)).toContain(JSON.stringify(['["b","gauge",""]', 2, i + 1]));
        }
      });
    }),
  );
}

function hardObject() {
  const object = { big: 123456789012345678901234567890n, neg: -9007199254740993n, constructor: 1 };
  Object.defineProperty(object, '__proto__', { value: { x: 1 }, enumerable: true });
  return { ...object, '': [null, { a: null }] };
}
