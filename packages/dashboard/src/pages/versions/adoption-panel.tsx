/** Adoption over time: which share of the sessions of each step ran which version. */
import { query, setQuery } from '../../address.ts';
import { timeTicks } from '../../chart/ticks.ts';
import { useWidth } from '../../chart/width.ts';
import { Segments } from '../../parts/segments.tsx';
import { Loaded } from '../../parts/waiting.tsx';
import { type Adoption, adoptionOf, others } from './adoption.ts';
import {
  type AdoptionRange,
  adoptionRanges,
  useAdoption,
  useNewestFirst,
  useSpan,
} from './data.ts';

const left = 44;
const right = 88;
const top = 8;
const plotHeight = 144;
const foot = 24;

/** How much ink bands have, from the newest version on: the older, the paler. */
const inks = [100, 62, 42, 28, 18, 9];

/** The panel. */
export function AdoptionPanel({ product }: { product: string }) {
  const name = query.value.get('range');
  const range =
    adoptionRanges.find((each) => each.name === name) ?? (adoptionRanges[1] as AdoptionRange);
  const span = useSpan(range);
  const answer = useAdoption(product, range, span.fromMs);
  const releases = useNewestFirst(answer.value, product);
  const adoption = adoptionOf(releases, { ...span, everyMs: range.everyMs });
  return (
    <section class="panel ve-panel" aria-labelledby="ve-adoption">
      <header>
        <h2 id="ve-adoption">Adoption</h2>
        <span class="micro t3">share of the sessions</span>
        <span class="ve-aside">
          <Segments
            label="How far back"
            isSmall
            segments={adoptionRanges.map((each) => ({ value: each.name, label: each.label }))}
            value={range.name}
            onChange={(value) =>
              setQuery({ range: value === '30d' ? null : value }, { step: true })
            }
          />
        </span>
      </header>
      <Loaded answer={answer} rows={6}>
        {() =>
          adoption.steps.every(({ sessions }) => sessions === 0) ? (
            <p class="ve-none">No session in {range.label}.</p>
          ) : (
            <Drawing adoption={adoption} span={span} />
          )
        }
      </Loaded>
    </section>
  );
}

function Drawing({
  adoption: { bands, steps },
  span: { fromMs, toMs },
}: {
  adoption: Adoption;
  span: { fromMs: number; toMs: number };
}) {
  const [place, width] = useWidth<HTMLDivElement>();
  const height = top + plotHeight + foot;
  const edge = width - right;
  const pitch = (edge - left) / Math.max(1, steps.length);
  const y = (share: number): number => top + (1 - share) * plotHeight;
  const x = (timeMs: number): number =>
    left + ((timeMs - fromMs) / (toMs - fromMs)) * (edge - left);
  return (
    <div ref={place} class="ve-chart">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {[0.5, 1].map((share) => (
          <g key={share}>
            <path class="grid" d={`M${left} ${y(share) + 0.5}H${edge}`} />
            <text class="tick" x={left - 6} y={y(share) + 4} text-anchor="end">
              {share * 100} %
            </text>
          </g>
        ))}
        {bands.map((band, i) => (
          <path
            key={band}
            d={steps
              .map(({ shares }, step) => {
                const below = shares.slice(0, i).reduce((all, share) => all + share, 0);
                const share = shares[i] ?? 0;
                if (share === 0) return '';
                const x0 = (left + step * pitch).toFixed(2);
                const wide = Math.max(0.5, pitch > 12 ? pitch - 1 : pitch).toFixed(2);
                return `M${x0} ${y(below).toFixed(1)}h${wide}V${y(below + share).toFixed(1)}h-${wide}z`;
              })
              .join('')}
            fill={colorOf(bands, band)}
          />
        ))}
        <Labels bands={bands} steps={steps} x={edge + 8} />
        <path d={`M${left} ${y(0) + 0.5}H${edge}`} stroke="var(--line-strong)" />
        {timeTicks(fromMs, toMs, edge - left).map(({ value, text }) => (
          <g key={value}>
            <path d={`M${Math.round(x(value)) + 0.5} ${y(0)}v5`} stroke="var(--line-strong)" />
            {x(value) < edge - text.length * 5 && (
              <text class="tick" x={x(value) + 4} y={height - 7}>
                {text}
              </text>
            )}
          </g>
        ))}
      </svg>
      <p class="vh">
        {bands.map((band, i) => `${nameOf(band)} ${shareText(steps, i)}`).join(', ')}
      </p>
    </div>
  );
}

/** Names at the bands, the newest at the top, each with the share of the last step that ran. */
function Labels({
  bands,
  steps,
  x,
}: {
  bands: readonly string[];
  steps: Adoption['steps'];
  x: number;
}) {
  const newest = [...bands.keys()].reverse();
  return (
    <g>
      {newest.map((i, line) => {
        const band = bands[i] ?? '';
        const name = nameOf(band);
        return (
          <g key={band}>
            <rect
              x={x}
              y={top + line * 20 + 3}
              width={8}
              height={8}
              rx={2}
              fill={colorOf(bands, band)}
            />
            <text class="ve-band" x={x + 13} y={top + line * 20 + 11}>
              {name.length > 8 ? `${name.slice(0, 7)}…` : name}
              <title>
                {name}, {shareText(steps, i)} now
              </title>
            </text>
          </g>
        );
      })}
    </g>
  );
}

function nameOf(band: string): string {
  return band === others ? 'others' : band;
}

function shareText(steps: Adoption['steps'], band: number): string {
  const last = steps.findLast(({ sessions }) => sessions > 0);
  return `${Math.round((last?.shares[band] ?? 0) * 100)} %`;
}

function colorOf(bands: readonly string[], band: string): string {
  const ink = inks[bands.length - 1 - bands.indexOf(band)] ?? 0;
  return `color-mix(in oklab, var(--data) ${ink}%, var(--surface))`;
}
