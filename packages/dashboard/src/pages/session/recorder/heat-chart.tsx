/** A chart of histograms: how often each size came over time, with the percentiles as lines. */
import { useMemo } from 'preact/hooks';
import { nothing, shortReading } from '../../../format/number.ts';
import { useSession } from '../model.ts';
import { ChartFrame, type EndLabel, EndLabels } from './chart-frame.tsx';
import { plotHeight } from './chart-parts.tsx';
import { useRecorder } from './context.ts';
import { heatCells, rowOf } from './heat.ts';
import { Canvas } from './lane.tsx';
import type { Metric } from './metrics.ts';
import { quantileNames } from './plan.ts';
import { type Drawn, pointAt } from './points.ts';
import { pxOf } from './scale.ts';

const lineLooks = [
  { width: 1.5, dash: [] },
  { width: 1.25, dash: [5, 3] },
  { width: 1.25, dash: [1.5, 2.5] },
] as const;

/** The chart; of several series the sum is drawn, since they have the same bounds nearly always. */
export function HeatChart({
  metric,
  all,
  isTall,
}: {
  metric: Metric;
  all: readonly Drawn[];
  isTall: boolean;
}) {
  const { feed } = useRecorder();
  const scale = feed.scale.value;
  const heightPx = plotHeight(isTall ? 'tall' : 'plain');
  const series = all.find(({ heatmap }) => heatmap !== undefined);
  const heat = useMemo(() => (series ? heatCells(series) : undefined), [series]);
  const rows = heat?.rows ?? 1;
  const y = (row: number): number => heightPx - ((row - (heat?.firstRow ?? 0)) / rows) * heightPx;
  const bounds = series?.heatmap?.bounds ?? [];
  const ticks = bounds
    .map((bound, i) => ({ text: shortReading(bound, metric.name, metric.unit), y: y(i + 1) }))
    .filter((_, i) => i % Math.max(1, Math.ceil(rows / (isTall ? 7 : 3))) === 0);
  return (
    <ChartFrame
      metric={metric}
      heightPx={heightPx}
      isTall={isTall}
      ticks={ticks}
      reading={<HeatReading metric={metric} series={series} />}
    >
      <Canvas
        heightPx={heightPx}
        label={`${metric.name}: how often each size came over time`}
        draw={(context, ink) => {
          if (series === undefined || heat === undefined) return;
          const x = (i: number): number => pxOf(series.t[i] ?? 0, scale);
          const high = heightPx / rows;
          const cellPx = (heat.stepMs / (scale.toMs - scale.fromMs)) * scale.widthPx;
          context.fillStyle = ink('--data');
          for (const { at, row, share } of heat.cells) {
            const left = x(at);
            if (left + cellPx < 0 || left > scale.widthPx) continue;
            context.globalAlpha = 0.08 + 0.62 * share;
            // A cell ends where the next one begins, or where it would with the usual step.
            const width = Math.min(cellPx, x(at + 1) - left || cellPx);
            context.fillRect(left, y(row + 1), Math.max(1, width + 0.5), high);
          }
          context.globalAlpha = 1;
          quantileNames.forEach((name, q) => {
            const { width, dash } = lineLooks[q] ?? lineLooks[0];
            context.strokeStyle = ink(q === 0 ? '--series-1' : '--series-2');
            context.lineWidth = width;
            context.setLineDash([...dash]);
            context.beginPath();
            let isOn = false;
            (series.quantiles?.[name] ?? []).forEach((value, i) => {
              if (value === null) {
                isOn = false;
                return;
              }
              const [px, py] = [x(i), y(rowOf(value, bounds))];
              if (isOn) context.lineTo(px, py);
              else context.moveTo(px, py);
              isOn = true;
            });
            context.stroke();
          });
          context.setLineDash([]);
        }}
      />
      {series !== undefined && (
        <EndLabels heightPx={heightPx} lastMs={series.endMs} labels={labelsOf(metric, series, y)} />
      )}
    </ChartFrame>
  );
}

function labelsOf(metric: Metric, series: Drawn, y: (row: number) => number): EndLabel[] {
  const bounds = series.heatmap?.bounds ?? [];
  return quantileNames.flatMap((name) => {
    const last = series.quantiles?.[name]?.findLast((value) => value !== null);
    if (last === undefined || last === null) return [];
    const text = `${name} ${shortReading(last, metric.name, metric.unit, 2)}`;
    return [{ key: name, text, y: y(rowOf(last, bounds)) }];
  });
}

function HeatReading({ metric, series }: { metric: Metric; series: Drawn | undefined }) {
  const model = useSession();
  const atMs = model.cursorMs.value;
  const at = series && pointAt({ ...series, avg: series.quantiles?.p50 ?? series.avg }, atMs);
  const value = (name: string): string => {
    const found = at === undefined ? null : (series?.quantiles?.[name]?.[at] ?? null);
    return found === null ? nothing : shortReading(found, metric.name, metric.unit, 2);
  };
  return (
    <>
      <div class="reading">
        {value('p50')}
        <em>median</em>
      </div>
      <div class="sub clip">
        p95 {value('p95')} · p99 {value('p99')}
      </div>
    </>
  );
}
