/** The troupe: what still runs goes on without a break, ends as it must, and others follow. */
import { batchText, entryText } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { Harness } from '../../http/testing/harness.ts';
import { openMemory } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { fillStore } from '../fill.ts';
import { Troupe } from './troupe.ts';

const untilUs = Date.UTC(2026, 2, 6, 16, 20) * 1000;
const week = { seed: 5, sessions: 60, untilUs };

it('goes on where the week ended: runs end and start, nothing is refused, counters never fall', async () => {
  let store: Store | undefined;
  const server = await Harness.start({}, async (options) => {
    store = openMemory(options);
    await fillStore(store, week);
    return store;
  });
  server.nowUs = untilUs;
  const running = async (): Promise<string[]> => {
    const { json } = await server.ask('/api/sessions?lifecycle=active&limit=100');
    return json.sessions.map(({ id }: { id: string }) => id);
  };
  const before = await running();
  const troupe = new Troupe(week);
  for (let tick = 1; tick <= 240; tick++) {
    server.pass(1);
    const entries = troupe.entries(server.nowUs);
    if (entries.length === 0) continue;
    const body = batchText(
      'demo',
      tick,
      entries.map((entry) => entryText(entry)),
    );
    const { status, json } = await server.post('/api/ingest', JSON.parse(body));
    expect([status, json.rejected]).toEqual([200, undefined]);
  }
  const after = await running();
  expect(after.filter((id) => !before.includes(id)).length).toBeGreaterThan(5);
  expect(before.filter((id) => !after.includes(id)).length).toBeGreaterThan(0);
  expect(troupe.size).toBeGreaterThanOrEqual(15);
  const awake = await server.ask('/api/sessions?lifecycle=active&liveness=responsive&limit=1');
  expect(awake.json.totals.sessions).toBeGreaterThan(10);
  for (const id of before) {
    const series = (await store?.series({ id, filter: {} })) ?? [];
    for (const { key, last, max } of series) if (key.type === 'counter') expect(last).toBe(max);
  }
});

it('says the same for the same seed', () => {
  const said = (): string => {
    const troupe = new Troupe(week);
    let text = '';
    for (let tick = 1; tick <= 60; tick++) {
      text += troupe
        .entries(untilUs + tick * 1e6)
        .map((entry) => entryText(entry))
        .join('\n');
    }
    return text;
  };
  expect(said()).toBe(said());
});
