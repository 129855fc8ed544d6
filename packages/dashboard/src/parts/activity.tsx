/** The activity of a session in one small picture: entries as bars, errors at their feet, hangs above. */
import { isRunning, type SessionRow, type ShownOutcome } from '../outcome.ts';

const heightPx = 20;

/** The profile of a row; nothing where it has none. */
export function Activity({
  row,
  outcome,
  isNarrow = false,
}: {
  row: SessionRow;
  outcome: ShownOutcome;
  /** Half as wide, for phones. */
  isNarrow?: boolean;
}) {
  const stepPx = isNarrow ? 2 : 4;
  const barPx = isNarrow ? 1.5 : 3;
  const { profile } = row;
  if (profile === undefined) return null;
  const most = Math.max(1, ...profile.entries);
  const width = profile.entries.length * stepPx;
  // By root, so that a quiet minute beside a burst is still seen.
  const bars = profile.entries.map((n) => (n === 0 ? 0 : Math.max(2, Math.sqrt(n / most) * 15)));
  const path = (heights: readonly number[]): string =>
    heights
      .map((h, i) =>
        h > 0 ? `M${i * stepPx} ${heightPx}v${-h.toFixed(1)}h${barPx}v${h.toFixed(1)}z` : '',
      )
      .join('');
  const errors = profile.errors.map((n, i) => (n > 0 ? Math.min(bars[i] || 3, 5) : 0));
  const hangs = profile.hangs.map((n, i) =>
    n > 0 ? `M${i * stepPx} 0h${stepPx}v2.5h-${stepPx}z` : '',
  );
  const isDead = ['crashed', 'oom', 'hung', 'failed'].includes(outcome) && !isRunning(row);
  return (
    <svg
      class="activity"
      width={width + 4}
      height={heightPx}
      viewBox={`0 0 ${width + 4} ${heightPx}`}
      aria-hidden="true"
    >
      <path d={path(bars)} fill="var(--data-quiet)" />
      <path d={path(errors)} fill="var(--o-crashed)" />
      <path d={hangs.join('')} fill="var(--o-hung)" />
      {isDead && <path d={`M${width} 0v${heightPx}h2V0z`} fill={`var(--o-${outcome})`} />}
      {isRunning(row) && (
        <circle
          cx={width}
          cy={heightPx - 4}
          r="2.5"
          fill={`var(--o-${outcome === 'suspended' ? 'clean' : outcome})`}
        />
      )}
    </svg>
  );
}
