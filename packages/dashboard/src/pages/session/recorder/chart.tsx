/** A chart of one metric: one series in ink, a few told apart by hue and dash, many as a band. */
import { useMemo } from 'preact/hooks';
import { type Line, Plot } from '../../../chart/plot.tsx';
import { nothing, shortReading, shortReadingParts } from '../../../format/number.ts';
import { useSession } from '../model.ts';
import { FewSeries, fewMax } from './chart-few.tsx';
import {
  ChartFrame,
  EndLabels,
  GapWords,
  type ValueScale,
  valueScale,
  yOf,
} from './chart-frame.tsx';
import { ManySeries } from './chart-many.tsx';
import { CounterForm, CursorDot, plotHeight, ticksOf, unitTail } from './chart-parts.tsx';
import { useRecorder } from './context.ts';
import type { Charts } from './feed.ts';
import { HeatChart } from './heat-chart.tsx';
import type { Metric } from './metrics.ts';
import { type Drawn, pointAt, trendAt } from './points.ts';
import type { Scale } from './scale.ts';

const none: readonly Drawn[] = [];

/** The chart of a metric, whatever it needs. */
export function Chart({ metric, charts }: { metric: Metric; charts: Charts | undefined }) {
  const { feed } = useRecorder();
  const all = charts?.byName.get(metric.name) ?? none;
  const isTall = feed.tall.value === metric.name;
  if (all.some(({ heatmap }) => heatmap !== undefined)) {
    return <HeatChart metric={metric} all={all} isTall={isTall} />;
  }
  if (metric.series.length > fewMax && charts !== undefined) {
    return <ManySeries metric={metric} all={all} charts={charts} isTall={isTall} />;
  }
  if (metric.series.length > 1 && charts !== undefined) {
    return <FewSeries metric={metric} all={all} charts={charts} isTall={isTall} />;
  }
  return <OneSeries metric={metric} series={all[0]} isTall={isTall} />;
}

const ink = { token: '--data' } as const;

function OneSeries({
  metric,
  series,
  isTall,
}: {
  metric: Metric;
  series: Drawn | undefined;
  isTall: boolean;
}) {
  const { feed } = useRecorder();
  const model = useSession();
  const scale = feed.scale.value;
  const heightPx = plotHeight(isTall ? 'tall' : 'plain');
  const values = valueScale(series ? [series] : [], scale, metric, heightPx);
  const tail = unitTail(metric, feed.totals.value);
  const lines = useMemo((): Line[] => (series ? [{ values: series.avg, ...ink }] : []), [series]);
  const bands = useMemo(
    () =>
      series?.min && series.max
        ? [{ low: series.min, high: series.max, token: '--data-band' }]
        : [],
    [series],
  );
  const last = metric.series[0];
  const lastValue = tail === '' ? last?.last : series?.avg.findLast((value) => value !== null);
  const isAtEnd =
    series === undefined ||
    model.endMs.value - series.endMs <= (series.gapMs ?? Number.POSITIVE_INFINITY);
  return (
    <ChartFrame
      metric={metric}
      heightPx={heightPx}
      isTall={isTall}
      ticks={ticksOf(values, tail)}
      reading={<OneReading metric={metric} series={series} values={values} tail={tail} />}
    >
      {series !== undefined && scale.widthPx > 0 && (
        <>
          <Plot
            t={series.t}
            lines={lines}
            bands={bands}
            {...scale}
            low={values.low}
            high={values.high}
            heightPx={heightPx}
            gridAt={values.ticks.map(({ value }) => value)}
            label={`${metric.name} over time`}
          />
          <GapWords series={series} />
          <CursorDot series={series} values={values} />
          {isAtEnd && typeof lastValue === 'number' && (
            <EndLabels
              heightPx={heightPx}
              lastMs={series.endMs}
              labels={[
                {
                  key: 'last',
                  text: shortReading(lastValue, metric.name, metric.unit) + tail,
                  y: yOf(lastValue, values),
                },
              ]}
            />
          )}
        </>
      )}
    </ChartFrame>
  );
}

function OneReading({
  metric,
  series,
  values,
  tail,
}: {
  metric: Metric;
  series: Drawn | undefined;
  values: ValueScale;
  tail: string;
}) {
  const model = useSession();
  const { feed } = useRecorder();
  const { name, unit } = metric;
  const atMs = model.cursorMs.value;
  const at = series && pointAt(series, atMs);
  const value = at === undefined ? null : (series?.avg[at] ?? null);
  const [number, unitText] = shortReadingParts(value ?? undefined, name, unit);
  const { fromMs, toMs } = feed.scale.value;
  const isOutOfView = atMs < fromMs || atMs > toMs;
  return (
    <>
      <div class="reading">
        {value === null ? (
          <>
            <span class="t3">{nothing}</span>
            <em>{isOutOfView ? 'out of view' : 'no sample'}</em>
          </>
        ) : (
          <>
            {number}
            <small>{unitText + tail}</small>
            <em>
              {beside(metric, series as Drawn, at as number, {
                atMs,
                scale: feed.scale.value,
                values,
              })}
            </em>
          </>
        )}
      </div>
      <div class="sub clip">
        <CounterForm metric={metric} />
        {metric.type === 'timer' && at !== undefined && `×${series?.count[at] ?? 0} `}
        {metric.series[0]?.tags.join(' ')}
      </div>
    </>
  );
}

/** What stands beside a reading: its trend, else the least and the greatest of the samples there. */
function beside(
  { name, unit, type }: Metric,
  series: Drawn,
  at: number,
  { atMs, scale, values }: { atMs: number; scale: Scale; values: ValueScale },
): string {
  const windowMs = (scale.toMs - scale.fromMs) / 8;
  const trend =
    type === 'gauge' ? trendAt(series, atMs, windowMs, values.high - values.low) : undefined;
  if (trend !== undefined) {
    const [per, word] =
      windowMs < 120_000 ? [1_000, 's'] : windowMs < 7_200_000 ? [60_000, 'min'] : [3_600_000, 'h'];
    const text = shortReading(Math.abs(trend) * per, name, unit, 2);
    return `${trend < 0 ? '−' : '+'}${text}/${word}`;
  }
  const [low, high] = [series.min?.[at] ?? null, series.max?.[at] ?? null];
  if (low === null || high === null || low === high) return '';
  const [least, leastUnit] = shortReadingParts(low, name, unit, 2);
  const [greatest, greatestUnit] = shortReadingParts(high, name, unit, 2);
  return leastUnit === greatestUnit
    ? `${least} – ${greatest}`
    : `${least} ${leastUnit} – ${greatest} ${greatestUnit}`;
}
