/** Fills a store with the week of the demo. */
import type { Store, StoreBatch } from '../store/store.ts';
import { perform } from './perform.ts';
import { replayBatches } from './replay.ts';
import { type WeekOptions, weekOf } from './week.ts';

/** What was stored. */
export interface Filled {
  sessions: number;
  samples: number;
  events: number;
}

/** How to fill. */
export interface FillOptions extends WeekOptions {
  /** Called after every few sessions with how many are stored. */
  onProgress?: (sessions: number) => void;
}

/** Batches that are made up while as many are on their way to the disk. */
const batchesAtOnce = 400;

/** Stores the sessions of a week, in order of their start. Rejects as the store does. */
export async function fillStore(
  store: Pick<Store, 'reserve' | 'append'>,
  { seed, sessions, untilUs, onProgress }: FillOptions,
): Promise<Filled> {
  const filled: Filled = { sessions: 0, samples: 0, events: 0 };
  let batches: Promise<unknown>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  for (const plan of weekOf({ seed, sessions, untilUs })) {
    const handle = await store.reserve(plan.id);
    for (const batch of replayBatches(perform(seed, plan), handle, untilUs)) {
      count(filled, batch);
      batches.push(store.append(batch));
    }
    filled.sessions += 1;
    if (batches.length < batchesAtOnce) continue;
    const stored = Promise.all(batches);
    // Whoever awaits it hears of a failure; until then, nobody has to.
    stored.catch(() => {});
    await before;
    before = stored;
    batches = [];
    onProgress?.(filled.sessions);
  }
  await Promise.all([before, ...batches]);
  onProgress?.(filled.sessions);
  return filled;
}

function count(filled: Filled, { entries }: StoreBatch): void {
  for (const entry of entries) {
    if (entry.kind === 'event') filled.events += 1;
    else if (entry.kind === 'columns') filled.samples += entry.series.length * entry.timesUs.length;
    else if (entry.kind === 'samples') filled.samples += entry.series.length;
  }
}
