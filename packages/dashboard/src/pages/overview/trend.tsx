/** The trend of a product: its crash-free rate as a line, and where it was in the range before. */
import type { ProductHealth } from './health.ts';

const width = 132;
const height = 44;
const edge = 4;

/** Least height of the scale, so that hundredths of a point do not look like a landslide. */
const spanMin = 0.02;

/** A small picture beside the numbers of a card, which say the same. */
export function Trend({ health }: { health: ProductHealth }) {
  const { trend, before, change } = health;
  const known = trend.flatMap((value) => (value === null ? [] : [value]));
  if (known.length < 2) return <span class="ov-trend" />;
  const low = Math.min(1 - spanMin, before ?? 1, ...known);
  const x = (i: number): number => edge / 2 + (i * (width - 2 * edge)) / (trend.length - 1);
  const y = (value: number): number => edge + (1 - (value - low) / (1 - low)) * (height - 2 * edge);
  const at = (i: number, value: number): string => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
  // Where nothing ran there is a gap, and a step between two gaps is a dot.
  const d = trend.map((value, i) => {
    if (value === null) return '';
    return (trend[i - 1] ?? null) === null ? `M${at(i, value)}h.01` : `L${at(i, value)}`;
  });
  const last = trend.findLastIndex((value) => value !== null);
  const ink = change?.isCertain && change.difference < 0 ? 'var(--o-crashed)' : 'var(--data)';
  return (
    <span class="ov-trend">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {before !== null && (
          <path
            d={`M0 ${y(before).toFixed(1)}H${width}`}
            stroke="var(--line-control)"
            stroke-dasharray="1 3"
          />
        )}
        <path
          d={d.join('')}
          fill="none"
          stroke={ink}
          stroke-width="1.5"
          stroke-linejoin="round"
          stroke-linecap="round"
        />
        <circle cx={x(last)} cy={y(trend[last] ?? 1)} r="2.5" fill={ink} />
      </svg>
    </span>
  );
}
