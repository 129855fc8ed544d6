/** Checksums of a session change with whatever changes in it, and with nothing else. */
import { type JsonObject, parseJson, type SeriesKey } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { StoreBench, startUs } from '../../store/contract/harness.ts';
import { gauge, type Plan, rows, sessionId } from '../../store/contract/plan.ts';
import { openMemory } from '../../store/memory.ts';
import type {
  EventRow,
  PatchRow,
  SampleRows,
  SessionPart,
  SessionRow,
  Store,
} from '../../store/store.ts';
import { type CheckedPart, checkedParts, checksumsOf } from './checksum.ts';

const open = async () => ({
  store: openMemory({ clock: () => startUs, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 }),
});

async function recorded(): Promise<Store> {
  const bench = await StoreBench.open(open);
  const metadata = parseJson('{"b":1,"a":12345678901234567890}') as JsonObject;
  const detailed: Plan = {
    ...{ session: 1, kind: 'sample', series: gauge('n', 't'), value: 0, atUs: 3 },
    detail: { count: 2, metadata },
  };
  await bench.say(
    { session: 1, kind: 'start', state: { b: 1, a: { d: 2, c: 3 } }, machineId: 'm' },
    { session: 1, kind: 'patch', patch: { z: 1, y: 2 }, atUs: 5 },
    { session: 1, kind: 'event', event: { name: 'e', data: { q: 1, p: [{ s: 1, r: 2 }] } } },
    { session: 1, kind: 'event', event: { name: 'f' } },
    rows([gauge('m'), 1, 0], [gauge('m'), 1, 7], [gauge('n', 't'), 1, Number.NaN]),
    detailed,
  );
  return bench.store;
}

type Change = (part: SessionPart) => void;

/** The checksums when this is done to every part that is read. */
async function changed(store: Store, change: Change) {
  async function* read(...args: Parameters<Store['read']>): AsyncGenerator<SessionPart> {
    for await (const original of store.read(...args)) {
      const part = structuredClone(original);
      change(part);
      yield part;
    }
  }
  return checksumsOf({ read } as unknown as Store, sessionId(1));
}

const inRow = (change: (row: SessionRow) => void): Change => {
  return (part) => part.kind === 'session' && change(part.row);
};
const inPatch = (change: (row: PatchRow) => void): Change => {
  return (part) => part.kind === 'patches' && change(part.rows[0]!);
};
const inEvent = (change: (row: EventRow) => void): Change => {
  return (part) => part.kind === 'events' && change(part.rows[0]!);
};
const inSamples = (change: (rows: SampleRows & { keys: SeriesKey[] }) => void): Change => {
  return (part) =>
    part.kind === 'samples' && change(part.rows as SampleRows & { keys: SeriesKey[] });
};

const set = Object.assign;

const changes: [string, CheckedPart, Change][] = [
  ['a time', 'session', inRow((row) => set(row, { updatedUs: 1 }))],
  ['a field less', 'session', inRow((row) => delete row.machineId)],
  ['the clock', 'session', inRow((row) => set(row, { clockSkewUs: 1 }))],
  ['the status', 'session', inRow((row) => set(row.status, { hangs: 1 }))],
  ['the state', 'session', inRow((row) => set(row, { state: row.state.replace('2', '3') }))],
  ['a value', 'patches', inPatch((row) => set(row, { patch: '{"z":1,"y":3}' }))],
  ['the receipt', 'patches', inPatch((row) => set(row, { receivedUs: 1 }))],
  ['the time', 'patches', inPatch((row) => set(row, { atUs: 1 }))],
  ['the number', 'patches', inPatch((row) => set(row, { revision: 7 }))],
  ['a message', 'events', inEvent((row) => set(row.event, { message: 'x' }))],
  ['the receipt', 'events', inEvent((row) => set(row, { receivedUs: 1 }))],
  ['the time', 'events', inEvent((row) => set(row, { atUs: 1 }))],
  ['the number', 'events', inEvent((row) => set(row, { seq: 7 }))],
  ['one less', 'events', (part) => part.kind === 'events' && part.rows.pop()],
  ['a value', 'samples', inSamples(({ values }) => values.fill(1, 0, 1))],
  ['the sign of zero', 'samples', inSamples(({ values }) => values.fill(-0, 0, 1))],
  ['a time', 'samples', inSamples(({ timesUs }) => timesUs.fill(2, 0, 1))],
  ['the order', 'samples', inSamples(({ values }) => values.set([7, 0]))],
  ['the series', 'samples', inSamples(({ series }) => series.fill(0))],
  ['a unit', 'samples', inSamples(({ keys }) => set(keys[0]!, { unit: 's' }))],
  ['a count', 'samples', inSamples(({ details }) => set(details!.get(3)!, { count: 3 }))],
  ['metadata', 'samples', inSamples(({ details }) => details!.set(3, { count: 2 }))],
  ['a detail less', 'samples', inSamples(({ details }) => details!.delete(3))],
];

describe('the checksums of a session', () => {
  it.each(changes)(
    '%s of the %s makes another one, and of that part alone',
    async (_what, part, change) => {
      const store = await recorded();
      const own = (await checksumsOf(store, sessionId(1)))!;
      const other = (await changed(store, change))!;
      const differing = checkedParts.filter((name) => own[name].hash !== other[name].hash);
      expect(differing).toEqual([part]);
    },
  );

  it('do not depend on the order of keys, on the numbers of series, nor on details that say nothing', async () => {
    const store = await recorded();
    const own = await checksumsOf(store, sessionId(1));
    const other = await changed(store, (part) => {
      inRow((row) => set(row, { state: reversed(row.state) }))(part);
      inPatch((row) => set(row, { patch: reversed(row.patch) }))(part);
      inEvent(({ event }) => set(event, { data: { p: [{ r: 2, s: 1 }], q: 1 } }))(part);
      inSamples(({ keys, series, details }) => {
        keys.reverse();
        series.set(series.map((index) => 1 - index));
        details!.set(0, {});
      })(part);
    });
    expect(other).toEqual(own);
    expect(await checksumsOf(store, sessionId(2))).toBeUndefined();
  });
});

/** The same document with the keys of its outermost object the other way round. */
function reversed(text: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse()));
}
