/** Lines and bands over time on a canvas, without axes: what stands around them is HTML. */
import { useLayoutEffect } from 'preact/hooks';
import { color, theme } from '../theme.ts';
import { loneValues } from './lone-values.ts';
import { fillBand, type Place, partInView, strokeLine } from './strokes.ts';
import { useWidth } from './width.ts';
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
  /** Its width where that is known; it is measured otherwise. */
  widthPx?: number;
  heightPx: number;
  /** Values at which a hairline runs across. */
  gridAt?: readonly number[];
  /** What it shows, for those who hear the page. */
  label: string;
}

/** A plot as wide as its place. */
export function Plot(props: PlotProps) {
  const { t, lines, bands, gridAt, fromMs, toMs, low, high, heightPx, label } = props;
  const [canvas, widthPx] = useWidth<HTMLCanvasElement>(props.widthPx);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context && widthPx > 0) draw(context, widthPx, props);
  }, [t, lines, bands, gridAt?.join(), fromMs, toMs, low, high, heightPx, widthPx, theme.value]);

  return (
    <canvas
      class="plot-canvas"
      ref={canvas}
      role="img"
      aria-label={label}
      style={{ height: `${heightPx}px` }}
    />
  );
}

function draw(context: CanvasRenderingContext2D, widthPx: number, props: PlotProps): void {
  const { t, lines, bands = [], gridAt = [], fromMs, toMs, low, high, heightPx } = props;
  const { canvas } = context;
  const width = Math.round(widthPx * devicePixelRatio);
  const height = Math.round(heightPx * devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  } else context.clearRect(0, 0, width, height);
  const place: Place = {
    ...{ t, ...partInView(t, fromMs, toMs) },
    x: (at) => (((t[at] as number) - fromMs) / (toMs - fromMs)) * width,
    y: (value) => (1 - (value - low) / (high - low)) * height,
  };
  context.save();
  context.fillStyle = color('--grid');
  for (const value of gridAt) {
    context.fillRect(0, Math.round(place.y(value)), width, devicePixelRatio);
  }
  for (const band of bands) {
    context.fillStyle = color(band.token);
    fillBand(context, band, place);
  }
  for (const line of lines) drawLine(context, line, place, color(line.token));
  context.restore();
}

function drawLine(context: CanvasRenderingContext2D, line: Line, place: Place, ink: string): void {
  context.globalAlpha = line.alpha ?? 1;
  context.lineWidth = (line.widthPx ?? 1.5) * devicePixelRatio;
  context.setLineDash((line.dash ?? []).map((length) => length * devicePixelRatio));
  context.strokeStyle = ink;
  strokeLine(context, line, place);
  context.fillStyle = ink;
  for (const at of loneValues(line.values)) {
    context.beginPath();
    context.arc(place.x(at), place.y(line.values[at] as number), 2 * devicePixelRatio, 0, 7);
    context.fill();
  }
}
