/** Crash-free rates from version to version, with what is uncertain about each. */
import { useWidth } from '../../chart/width.ts';
import { percent } from '../../format/number.ts';
import type { Comparisons } from '../../releases/comparisons.ts';
import { pairOf, type Release } from './data.ts';
import { lowestRate, placeOf, rateTicks } from './rates.ts';

/** Versions that fit. */
const shownMax = 12;

const left = 44;
const top = 12;
const plotHeight = 128;
const foot = 24;

/** The panel; the table beside it says the same in numbers. */
export function RatesPanel({
  releases,
  comparisons,
}: {
  /** Newest first. */
  releases: readonly Release[];
  comparisons: Comparisons;
}) {
  const [place, width] = useWidth<HTMLDivElement>();
  const shown = releases
    .filter(({ crash_free_rate: rate }) => rate !== null)
    .slice(0, shownMax)
    .reverse();
  const lowest = lowestRate(shown);
  const pitch = (width - left) / Math.max(1, shown.length);
  const x = (i: number): number => Math.round(left + (i + 0.5) * pitch) + 0.5;
  const y = (rate: number): number => top + (1 - placeOf(rate, lowest)) * plotHeight;
  const every = Math.ceil((shown.length * labelPx(shown)) / Math.max(1, width - left));
  const height = top + plotHeight + foot;
  return (
    <section class="panel ve-panel" aria-labelledby="ve-rates">
      <header>
        <h2 id="ve-rates">Crash-free sessions</h2>
        <span class="micro t3">oldest to newest, with 95 % intervals</span>
      </header>
      <div ref={place} class="ve-chart">
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
          {rateTicks(lowest).map((tick) => (
            <g key={tick}>
              <path class="grid" d={`M${left} ${Math.round(y(tick)) + 0.5}H${width}`} />
              <text class="tick" x={left - 6} y={y(tick) + 4} text-anchor="end">
                {Number((tick * 100).toFixed(1))} %
              </text>
            </g>
          ))}
          <path
            d={shown
              .map(
                ({ crash_free_rate: rate }, i) =>
                  `${i === 0 ? 'M' : 'L'}${x(i)} ${y(rate?.value ?? 1)}`,
              )
              .join('')}
            fill="none"
            stroke="var(--line-strong)"
          />
          {shown.map((release, i) => (
            <Dot
              key={release.version}
              release={release}
              x={x(i)}
              y={y}
              tone={verdictOf(release, releases, comparisons)}
              label={(shown.length - 1 - i) % every === 0 ? release.version : ''}
              bottom={height - 7}
            />
          ))}
        </svg>
      </div>
    </section>
  );
}

function Dot({
  release: { version, sessions, crash_free_rate: rate },
  x,
  y,
  tone,
  label,
  bottom,
}: {
  release: Release;
  x: number;
  y: (rate: number) => number;
  tone: string;
  label: string;
  bottom: number;
}) {
  if (rate === null) return null;
  const ink = tone === 'worse' ? 'var(--o-crashed)' : 'var(--data)';
  const mark = tone === 'worse' ? '▼' : tone === 'better' ? '▲' : '';
  return (
    <g>
      <title>
        {version}: {percent(rate.value)} % of {sessions} sessions, {percent(rate.low)} to{' '}
        {percent(rate.high)} %
      </title>
      <path
        d={`M${x} ${y(rate.low)}V${y(rate.high)}`}
        stroke={ink}
        stroke-width="5"
        opacity="0.3"
      />
      <circle cx={x} cy={y(rate.value)} r="3.5" fill={ink} />
      {mark !== '' && (
        <text class={`ve-dot-mark ${tone}`} x={x + 7} y={y(rate.value) + 4}>
          {mark}
        </text>
      )}
      <text class="tick" x={x} y={bottom} text-anchor="middle">
        {label.length > labelLettersMax ? `${label.slice(0, labelLettersMax - 1)}…` : label}
      </text>
    </g>
  );
}

const labelLettersMax = 12;

/** Room that the longest name takes, nearly. */
function labelPx(releases: readonly Release[]): number {
  const letters = Math.max(...releases.map(({ version }) => version.length), 1);
  return Math.min(letters, labelLettersMax) * 6.4 + 8;
}

/** What is proven of the crash-free rate, against the version before. */
function verdictOf(
  { version }: Release,
  releases: readonly Release[],
  comparisons: Comparisons,
): string {
  return comparisons.of(pairOf(releases, version))?.crash_free_rate.verdict ?? 'unknown';
}
