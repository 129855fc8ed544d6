/** The foot of the events: how many came before, and the keys that help most. */
import { counted } from '../../../format/number.ts';
import { Keys } from '../../../shell/help.tsx';
import type { LevelCounts } from './counts.ts';
import { type EventFilter, isNarrowed } from './filter.ts';
import type { Stretch } from './rows.ts';

const keys = [
  [['ArrowLeft', 'ArrowRight'], 'move the cursor'],
  [['[', ']'], 'revisions'],
  [['g d'], 'death'],
  [['?'], 'all keys'],
] as const;

/** One line below the rows. */
export function Foot({
  stretch,
  filter,
  counts,
}: {
  stretch: Stretch;
  filter: EventFilter;
  counts: LevelCounts | undefined;
}) {
  return (
    <footer class="foot">
      <span>{words(stretch, filter, counts)}</span>
      <span class="grow" />
      {keys.map(([each, label]) => (
        <span key={label} class="wide">
          {each.map((one) => (
            <Keys key={one} keys={one} />
          ))}{' '}
          {label}
        </span>
      ))}
    </footer>
  );
}

function words(
  { events, newer, older }: Stretch,
  filter: EventFilter,
  counts: LevelCounts | undefined,
): string {
  if (older === null) {
    return isNarrowed(filter) || filter.isInView ? 'No earlier one matches' : 'The first event';
  }
  if (counts === undefined || newer !== null) return 'Earlier events follow';
  const all = filter.levels.reduce((sum, level) => sum + (counts[level] ?? 0), 0);
  const earlier = Math.max(1, all - events.length);
  return counted(earlier, 'earlier event');
}
