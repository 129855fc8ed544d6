/** Lines and bands over time on a canvas, without axes: what stands around them is HTML. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { color, theme } from '../theme.ts';
import './plot.css';

/** Values at the plot's times: null is a gap, undefined is no value at this time and no gap either. */
export type Values = readonly (number | null | undefined)[];

/** A line of a plot. */
export interface Line {
  values: Values;
  /** Token of its colour: `--data`, `--series-2`. */
  token: string;
  /** Pattern in pixels; a continuous line when absent. */
  dash?: readonly number[];
  /** In pixels, 1.5 when absent. */
  widthPx?: number;
  /** Opacity between 0 and 1, 1 when absent. */
  alpha?: number;
  /** Whether values stay until the next one, as levels do that are told when they change. */
  isStepped?: boolean;
}

/** An area between two values. */
export interface Band {
  low: Values;
  high: Values;
  token: string;
}

/** What a plot shows. */
export interface PlotProps {
  /** Milliseconds since 1970, or since a start; ascending. */
  t: readonly number[];
  lines: readonly Line[];
  /** Drawn below the lines, so that every extreme is there. */
  bands?: readonly Band[];
  /** The times at the left and the right edge. */
  fromMs: number;
  toMs: number;
  /** The values at the lower and the upper edge. */
  low: number;
  high: number;
  heightPx: number;
  /** Values at which a hairline runs across. */
  gridAt?: readonly number[];
  /** What it shows, for those who hear the page. */
  label: string;
}

/** A plot as wide as its place. */
export function Plot(props: PlotProps) {
  const { t, lines, bands = [], fromMs, toMs, low, high, heightPx, label } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const shape = JSON.stringify([
    lines.map(({ token, dash, widthPx, alpha, isStepped }) => [
      token,
      dash,
      widthPx,
      alpha,
      isStepped,
    ]),
    bands.map(({ token }) => token),
    theme.value,
  ]);

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(latest, element.clientWidth), dataOf(latest.current), element);
    plot.current = made;
    const watcher = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0) made.setSize({ width, height: latest.current.heightPx });
    });
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  useEffect(() => {
    const made = plot.current;
    if (made === undefined) return;
    if (made.height !== heightPx) made.setSize({ width: made.width, height: heightPx });
  }, [heightPx]);

  useLayoutEffect(() => {
    plot.current?.setData(dataOf(latest.current), true);
  }, [t, lines, bands, fromMs, toMs, low, high]);

  return (
    <div
      class="plot-canvas"
      ref={place}
      role="img"
      aria-label={label}
      style={{ height: `${heightPx}px` }}
    />
  );
}

function dataOf({ t, lines, bands = [] }: PlotProps): uPlot.AlignedData {
  const columns = [...bands.flatMap(({ high, low }) => [high, low]), ...lines.map((l) => l.values)];
  return [t, ...columns] as unknown as uPlot.AlignedData;
}

function optionsOf(latest: { current: PlotProps }, width: number): uPlot.Options {
  const { lines, bands = [], heightPx } = latest.current;
  const edge = { stroke: 'transparent', width: 0, points: { show: false } };
  return {
    width: Math.max(1, width),
    height: heightPx,
    padding: [0, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: {
      x: { time: false, range: () => [latest.current.fromMs, latest.current.toMs] },
      y: { range: () => [latest.current.low, latest.current.high] },
    },
    series: [
      {},
      ...bands.flatMap(() => [edge, edge]),
      ...lines.map(
        (line): uPlot.Series => ({
          stroke: color(line.token),
          width: line.widthPx ?? 1.5,
          alpha: line.alpha ?? 1,
          // A value that stands alone between gaps would not be seen.
          points: {
            show: hasLoneValues,
            filter: loneValues,
            size: 4,
            width: 0,
            fill: color(line.token),
          },
          ...(line.dash && { dash: [...line.dash] }),
          ...(line.isStepped && {
            paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder,
          }),
        }),
      ),
    ],
    bands: bands.map(({ token }, i) => ({ series: [1 + 2 * i, 2 + 2 * i], fill: color(token) })),
    hooks: { drawClear: [(made) => drawGrid(made, latest.current.gridAt ?? [])] },
  };
}

function drawGrid(plot: uPlot, values: readonly number[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = color('--grid');
  for (const value of values) {
    ctx.fillRect(
      bbox.left,
      Math.round(plot.valToPos(value, 'y', true)),
      bbox.width,
      devicePixelRatio,
    );
  }
  ctx.restore();
}

const hasLoneValues = (plot: uPlot, series: number): boolean => loneValues(plot, series).length > 0;

/** Places of values without a neighbour to draw a line to. */
function loneValues(plot: uPlot, series: number): number[] {
  const values = (plot.data[series] ?? []) as Values;
  const present = values.flatMap((value, i) => (value === undefined ? [] : [i]));
  return present.filter(
    (at, i) =>
      values[at] !== null &&
      (values[present[i - 1] ?? -1] ?? null) === null &&
      (values[present[i + 1] ?? -1] ?? null) === null,
  );
}
