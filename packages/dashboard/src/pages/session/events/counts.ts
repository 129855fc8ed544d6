/** How many events there are of each level under the filter, for the chips and the foot of the table. */
import { type Level, levels } from '@tacho/protocol';
import { useAnswer } from '../../../answer.ts';
import { useRecorder } from '../recorder/context.ts';
import { type EventFilter, isNarrowed, questionOf } from './filter.ts';

/** Events by level. */
export type LevelCounts = Readonly<Record<string, number>>;

/** The counts, levels that are not shown included; `version` asks again. */
export function useLevelCounts(
  id: string,
  filter: EventFilter,
  range: { from?: number; to?: number },
  version: number,
): LevelCounts | undefined {
  const whole = useRecorder().feed.whole.value?.events;
  const isWhole = !isNarrowed(filter) && range.from === undefined;
  const query = { ...questionOf({ ...filter, levels }), ...range, limit: 1 };
  const asked = useAnswer('countEvents', isWhole ? undefined : { id, query }, { version });
  // The strip of the whole run has counted them already.
  return isWhole ? whole && countsOf(whole) : asked.value?.levels;
}

function countsOf(events: Readonly<Record<string, { count: readonly number[] }>>): LevelCounts {
  const sum = (level: Level): number => (events[level]?.count ?? []).reduce((all, n) => all + n, 0);
  return Object.fromEntries(levels.map((level) => [level, sum(level)]));
}
