/** A chart of two to four series: each has a hue, a dash and a label at its end. */
import { useMemo } from 'preact/hooks';
import { type Columns, onColumns } from '../../../chart/columns.ts';
import { type Line, Plot } from '../../../chart/plot.tsx';
import { nothing, shortReading } from '../../../format/number.ts';
import { useSession } from '../model.ts';
import { ChartFrame, type EndLabel, EndLabels, valueScale, yOf } from './chart-frame.tsx';
import { CounterForm, CursorDot, plotHeight, ticksOf, unitTail } from './chart-parts.tsx';
import { isPhone, useRecorder } from './context.ts';
import type { Charts } from './feed.ts';
import { type Metric, tellingTags } from './metrics.ts';
import { type Drawn, pointAt } from './points.ts';

/** Series that hues and dashes tell apart without effort. */
export const fewMax = 4;

/** How the first few series look: hue and dash. */
export const looks = [
  { token: '--series-1', dash: [] },
  { token: '--series-2', dash: [6, 3] },
  { token: '--series-3', dash: [1.5, 3] },
  { token: '--series-4', dash: [8, 3, 2, 3] },
] as const;

/** Height of a line of the legend, in pixels. */
const legendPx = 17;

/** The chart. */
export function FewSeries({
  metric,
  all,
  charts,
  isTall,
}: {
  metric: Metric;
  all: readonly Drawn[];
  charts: Charts;
  isTall: boolean;
}) {
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const wanted = isTall ? 0 : 30 + legendPx * metric.series.length;
  const heightPx = isPhone.value
    ? plotHeight('plain')
    : Math.max(plotHeight(isTall ? 'tall' : 'plain'), wanted);
  const columns = useMemo(() => onColumns(all, charts.fromMs, charts.columnMs), [all, charts]);
  const lines = useMemo(() => columns.series.map(({ avg }, i) => lineOf(avg, i)), [columns]);
  const bands = useMemo(
    () => columns.series.map(({ min, max }) => ({ low: min, high: max, token: '--data-band' })),
    [columns],
  );
  const values = valueScale(all, scale, metric, heightPx);
  const names = tellingTags(all);
  const tail = unitTail(metric, feed.totals.value);
  const labels = all.flatMap((series, i): EndLabel[] => {
    const last = series.avg.findLast((value) => value !== null);
    if (last === undefined || last === null) return [];
    const token = looks[i % fewMax]?.token ?? '--text';
    const short = (names[i] ?? '').replace(/^[^:]*:/, '');
    return [
      {
        key: series.key,
        text: `${short} ${shortReading(last, metric.name, metric.unit)}${tail}`,
        y: yOf(last, values),
        token,
      },
    ];
  });
  return (
    <ChartFrame
      metric={metric}
      heightPx={heightPx}
      isTall={isTall}
      ticks={ticksOf(values, tail)}
      reading={
        <>
          <Legend metric={metric} all={all} names={names} tail={tail} />
          <div class="sub clip">
            <CounterForm metric={metric} />
          </div>
        </>
      }
    >
      <Plot
        t={columns.t}
        lines={lines}
        bands={bands}
        {...scale}
        low={values.low}
        high={values.high}
        heightPx={heightPx}
        gridAt={values.ticks.map(({ value }) => value)}
        label={`${metric.name} over time, ${all.length} series`}
      />
      {all.map((series, i) => (
        <CursorDot
          key={series.key}
          series={series}
          values={values}
          token={looks[i % fewMax]?.token ?? '--text'}
        />
      ))}
      <EndLabels heightPx={heightPx} labels={labels} />
    </ChartFrame>
  );
}

function lineOf(values: Columns['series'][number]['avg'], i: number): Line {
  const { token, dash } = looks[i % fewMax] ?? looks[0];
  return { values, token, ...(dash.length > 0 && { dash }) };
}

function Legend({
  metric,
  all,
  names,
  tail,
}: {
  metric: Metric;
  all: readonly Drawn[];
  names: readonly string[];
  tail: string;
}) {
  const model = useSession();
  const atMs = model.cursorMs.value;
  return (
    <ul class="loud">
      {all.map((series, i) => {
        const at = pointAt(series, atMs);
        const value = at === undefined ? undefined : series.avg[at];
        return (
          <li key={series.key} title={names[i]}>
            <Swatch i={i} />
            <span class="clip">{names[i]}</span>
            <b>
              {value === null || value === undefined
                ? nothing
                : shortReading(value, metric.name, metric.unit) + tail}
            </b>
          </li>
        );
      })}
    </ul>
  );
}

/** The stroke of a series, for a legend. */
export function Swatch({ i }: { i: number }) {
  const { token, dash } = looks[i % fewMax] ?? looks[0];
  return (
    <svg width="14" height="6" aria-hidden="true">
      <path
        d="M0 3H14"
        stroke={`var(${token})`}
        stroke-width="2"
        stroke-dasharray={dash
          .slice(0, 2)
          .map((n) => n * 0.7)
          .join(' ')}
      />
    </svg>
  );
}
