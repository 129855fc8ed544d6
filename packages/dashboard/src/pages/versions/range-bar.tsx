/** A rate with its interval: the number, and a small bar that shows how sure it is. */
import { percent } from '../../format/number.ts';
import type { Release } from './data.ts';
import { placeOf } from './rates.ts';

const width = 72;
const height = 12;

/** The crash-free rate of a version. */
export function RangeBar({ rate, lowest }: { rate: Release['crash_free_rate']; lowest: number }) {
  if (rate === null) return <span class="t3">—</span>;
  const x = (value: number): number => 1 + placeOf(value, lowest) * (width - 2);
  return (
    <span
      class="ve-range"
      title={`${percent(rate.low)} to ${percent(rate.high)} % (95 % interval of Wilson)`}
    >
      <span class="ve-range-value">{percent(rate.value)} %</span>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        <path d={`M0 ${height / 2}H${width}`} stroke="var(--line)" />
        <rect
          x={x(rate.low)}
          y={3}
          width={Math.max(1, x(rate.high) - x(rate.low))}
          height={6}
          rx={1}
          fill="var(--data-quiet)"
        />
        <path d={`M${x(rate.value)} 0V${height}`} stroke="var(--text)" stroke-width="2" />
      </svg>
    </span>
  );
}
