/** What all charts have: name, reading and ticks in the gutter, the drawing beside it, values at the end. */
import type { ComponentChildren } from 'preact';
import { setQuery } from '../../../address.ts';
import { type Tick, valueRange, valueTicks } from '../../../chart/ticks.ts';
import { Icon } from '../../../parts/icon.tsx';
import { useSession } from '../model.ts';
import { isPhone, useRecorder } from './context.ts';
import type { Metric } from './metrics.ts';
import { type Drawn, extent } from './points.ts';
import { pxOf, type Scale } from './scale.ts';
import { gapReason } from './status.ts';

/** Heights of charts, in pixels, with the hairline below. */
export const chartHeights = { plain: 72, tall: 152, many: 152, list: 216, phone: 49 } as const;

/** Room above the greatest value. */
const headPx = 4;

/** Room below the least one: a line on the very edge is half a line. */
const footPx = 2;

/** The values at the edges of a plot and where its ticks stand. */
export interface ValueScale {
  low: number;
  high: number;
  heightPx: number;
  ticks: readonly Tick[];
}

/** The scale of values that holds what is in view. */
export function valueScale(
  all: readonly Drawn[],
  scale: Scale,
  { name, unit }: Pick<Metric, 'name' | 'unit'>,
  heightPx: number,
): ValueScale {
  const [bottom, top] = valueRange(...extent(all, scale.fromMs, scale.toMs));
  const high = top + ((top - bottom) * headPx) / heightPx;
  const low = bottom - ((top - bottom) * footPx) / heightPx;
  const most = heightPx < 60 ? 1 : Math.max(3, Math.round(heightPx / 36));
  return { low, high, heightPx, ticks: valueTicks(low, high, name, unit, most) };
}

/** Where a value stands, in pixels from the top. */
export function yOf(value: number, { low, high, heightPx }: ValueScale): number {
  return (1 - (value - low) / (high - low)) * heightPx;
}

/** A chart's row. */
export function ChartFrame({
  metric,
  heightPx,
  ticks,
  isTall,
  reading,
  children,
}: {
  metric: Metric;
  heightPx: number;
  ticks: readonly { text: string; y: number }[];
  isTall: boolean;
  /** What stands below the name. */
  reading: ComponentChildren;
  children: ComponentChildren;
}) {
  const { name, type, unit, advice, series } = metric;
  const facts = [
    [type, unit && `in ${unit}`, series.length > 1 && `${series.length} series`],
    ...[series.length === 1 ? (series[0]?.tags ?? []) : []],
    ...advice.map((each) => [each]),
  ];
  const title = facts
    .map((line) => line.filter(Boolean).join(', '))
    .filter((line) => line !== '')
    .join('\n');
  return (
    <div
      class={`track chart${isTall ? ' tall' : ''}`}
      data-metric={name}
      style={isPhone.value ? {} : { height: `${heightPx + 1}px` }}
    >
      <div class="name" title={title}>
        <button
          type="button"
          class="title clip"
          aria-expanded={isTall}
          onClick={() => setQuery({ tall: isTall ? undefined : name }, { step: true })}
        >
          {name}
          {advice.length > 0 && (
            <span class="advised" role="img" aria-label={advice.join(' ')}>
              <Icon name="help" size={12} />
            </span>
          )}
        </button>
        {reading}
        {isTall && advice.length > 0 && <p class="advice">{advice.join(' ')}</p>}
        <div class="ticks" aria-hidden="true">
          {ticks
            .filter(({ y }) => y > 5 && y < heightPx - 4)
            .map(({ text, y }) => (
              <span key={text} style={{ top: `${y}px` }}>
                {text}
              </span>
            ))}
        </div>
      </div>
      <div class="plot" style={{ height: `${heightPx}px` }}>
        {children}
      </div>
    </div>
  );
}

/** Room that a word in a gap needs, in pixels. */
const gapWordPx = 70;

/** Says why there is nothing in the gaps of the only series of a chart. */
export function GapWords({ series }: { series: Drawn }) {
  const model = useSession();
  const { feed, spans } = useRecorder();
  const scale = feed.scale.value;
  const charts = feed.charts.value;
  const end = Math.min(model.endMs.value, charts?.toMs ?? 0);
  const isSilentAtEnd = series.gapMs !== undefined && end - series.endMs > series.gapMs;
  const gaps = [...series.gaps, ...(isSilentAtEnd ? [{ fromMs: series.endMs, toMs: end }] : [])];
  return (
    <>
      {gaps.map(({ fromMs, toMs }) => {
        const left = Math.max(0, pxOf(fromMs, scale));
        const right = Math.min(scale.widthPx, pxOf(toMs, scale));
        return right - left < gapWordPx ? null : (
          <span key={fromMs} class="gap-word" style={{ left: `${left + 8}px` }}>
            {gapReason(spans.value, fromMs, toMs)}
          </span>
        );
      })}
    </>
  );
}

/** A text at the end of a line. */
export interface EndLabel {
  key: string;
  text: string;
  y: number;
  token?: string;
}

/** Distance of two labels, in pixels. */
const labelPx = 13;

/** Values at the end, right of where it is; labels that would cover each other move apart. */
export function EndLabels({
  labels,
  heightPx,
  lastMs = 0,
}: {
  labels: readonly EndLabel[];
  heightPx: number;
  /** The last sample: what lives is told of before the clock of the page has moved. */
  lastMs?: number;
}) {
  const model = useSession();
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const end = model.isLive.value ? Math.max(model.endMs.value, lastMs) : model.endMs.value;
  const px = pxOf(end, scale);
  if (isPhone.value || px < 0 || px > scale.widthPx - 48) return null;
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let free = 7;
  const placed = sorted.map((label) => {
    const y = Math.max(free, Math.min(label.y, heightPx - 7));
    free = y + labelPx;
    return { ...label, y };
  });
  return (
    <>
      {placed.map(({ key, text, y, token }) => (
        <span
          key={key}
          class="end-label"
          style={{
            ...{ left: `${px + 8}px`, top: `${y}px`, maxWidth: `${scale.widthPx - px - 8}px` },
            ...(token !== undefined && { color: `var(${token})` }),
          }}
        >
          {text}
        </span>
      ))}
    </>
  );
}
