/** Lines and bands over time on a canvas, without axes: what stands around them is HTML. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { color, theme } from '../theme.ts';
import { loneValues } from './lone-values.ts';
import { fillBand, type Place, partInView, strokeLine } from './strokes.ts';
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

function dataOf({ t, lines }: PlotProps): uPlot.AlignedData {
  return [t, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
}

function optionsOf(latest: { current: PlotProps }, width: number): uPlot.Options {
  const { lines, heightPx } = latest.current;
  const inks = new Map<string, string>();
  const ink = (token: string): string => {
    const found = inks.get(token) ?? color(token);
    inks.set(token, found);
    return found;
  };
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
    series: [{}, ...lines.map(() => ({ paths: () => null, points: { show: false } }))],
    hooks: { drawClear: [(made) => draw(made, latest.current, ink)] },
  };
}

function draw(
  { ctx, bbox, valToPos }: uPlot,
  { t, lines, bands = [], gridAt = [], fromMs, toMs }: PlotProps,
  ink: (token: string) => string,
): void {
  const place: Place = {
    ...{ t, ...partInView(t, fromMs, toMs) },
    x: (at) => valToPos(t[at] as number, 'x', true),
    y: (value) => valToPos(value, 'y', true),
  };
  ctx.save();
  ctx.fillStyle = ink('--grid');
  for (const value of gridAt) {
    ctx.fillRect(bbox.left, Math.round(place.y(value)), bbox.width, devicePixelRatio);
  }
  for (const band of bands) {
    ctx.fillStyle = ink(band.token);
    fillBand(ctx, band, place);
  }
  for (const line of lines) {
    ctx.globalAlpha = line.alpha ?? 1;
    ctx.lineWidth = (line.widthPx ?? 1.5) * devicePixelRatio;
    ctx.setLineDash((line.dash ?? []).map((length) => length * devicePixelRatio));
    ctx.strokeStyle = ink(line.token);
    strokeLine(ctx, line, place);
    ctx.fillStyle = ink(line.token);
    for (const at of loneValues(line.values)) {
      ctx.beginPath();
      ctx.arc(place.x(at), place.y(line.values[at] as number), 2 * devicePixelRatio, 0, 7);
      ctx.fill();
    }
  }
  ctx.restore();
}
