/** The drawing of the bars: two scales over one axis of time, and lines where versions came out. */
import { type Tick, timeTicks } from '../../chart/ticks.ts';
import { count } from '../../format/number.ts';
import { dayAndMonth, weekday } from '../../format/time.ts';
import { troubles } from '../../outcome.ts';
import {
  type Bar,
  type Box,
  countTicks,
  greatestOf,
  type Stacked,
  stacked,
  stackPaths,
  yOf,
} from './bars.ts';

/** A moment with a name. */
export interface Marker {
  atMs: number;
  text: string;
}

/** Where the bars begin: left of it are the numbers. */
export const plotLeft = 32;

/** Room above for the names of versions, between both scales, and below for the days. */
const headroom = 16;
const gap = 24;
const foot = 22;

/** Width of a letter of a marker's name, nearly. */
const letterPx = 6.4;

/** Both scales; the lower one only where there is any trouble. */
export function HoursDrawing({
  bars,
  barMs,
  width,
  only,
  markers,
  at,
}: {
  bars: readonly Bar[];
  barMs: number;
  width: number;
  only: Stacked | undefined;
  markers: readonly Marker[];
  /** The bar under the pointer. */
  at: number | undefined;
}) {
  const isNarrow = width < 500;
  const upperOutcomes = stacked.filter((outcome) => only === undefined || outcome === only);
  const upperHeight = isNarrow ? 92 : 124;
  const lowerHeight = isNarrow ? 68 : 84;
  const lowerTop = headroom + upperHeight + gap;
  const lower: Box = {
    left: plotLeft,
    right: width,
    top: lowerTop,
    bottom: lowerTop + lowerHeight,
  };
  // One outcome alone needs no second scale.
  const upperBottom = only === undefined ? headroom + upperHeight : lower.bottom;
  const upper: Box = { left: plotLeft, right: width, top: headroom, bottom: upperBottom };
  const height = lower.bottom + foot;
  const fromMs = bars[0]?.fromMs ?? 0;
  const toMs = fromMs + bars.length * barMs;
  const x = (timeMs: number): number =>
    plotLeft + ((timeMs - fromMs) / (toMs - fromMs)) * (width - plotLeft);
  const pitch = (width - plotLeft) / bars.length;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <defs>
        <pattern
          id="ov-hatch"
          width="4"
          height="4"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="1.8" height="4" fill="var(--o-lost)" />
        </pattern>
      </defs>
      {at !== undefined && (
        <rect
          x={plotLeft + at * pitch}
          y={headroom}
          width={pitch}
          height={lower.bottom - headroom}
          fill="var(--pressed)"
        />
      )}
      <Scale bars={bars} outcomes={upperOutcomes} box={upper} />
      {only === undefined && (
        <>
          <text class="ov-caption" x={plotLeft} y={lower.top - 8}>
            {greatestOf(bars, troubles) > 0 ? 'in trouble' : 'none in trouble'}
          </text>
          <Scale bars={bars} outcomes={troubles} box={lower} />
        </>
      )}
      {ticksOf(fromMs, toMs, width - plotLeft, isNarrow).map(({ value, text }) => (
        <g key={value}>
          <path
            d={`M${Math.round(x(value)) + 0.5} ${lower.bottom}v5`}
            stroke="var(--line-strong)"
          />
          {x(value) < width - text.length * letterPx && (
            <text class="tick" x={x(value) + 4} y={height - 6}>
              {text}
            </text>
          )}
        </g>
      ))}
      <Markers markers={markers} x={x} bottom={lower.bottom} />
    </svg>
  );
}

/** Days by their names; on a phone there is room for a part of these only. */
function ticksOf(fromMs: number, toMs: number, widthPx: number, isNarrow: boolean): Tick[] {
  if (!isNarrow) return timeTicks(fromMs, toMs, widthPx);
  return timeTicks(fromMs, toMs, widthPx * 2.4).map(({ value, text }) => ({
    value,
    text: /^\d/.test(text) ? text : toMs - fromMs > weekMs ? dayAndMonth(value) : weekday(value),
  }));
}

/** Longer ranges have the same weekday twice. */
const weekMs = 8 * 86_400_000;

function Scale({
  bars,
  outcomes,
  box,
}: {
  bars: readonly Bar[];
  outcomes: readonly Stacked[];
  box: Box;
}) {
  const greatest = greatestOf(bars, outcomes);
  return (
    <g>
      {countTicks(greatest).map((value) => (
        <g key={value}>
          <path
            class="grid"
            d={`M${box.left} ${Math.round(yOf(value, greatest, box)) + 0.5}H${box.right}`}
          />
          <text class="tick" x={box.left - 6} y={yOf(value, greatest, box) + 4} text-anchor="end">
            {count(value)}
          </text>
        </g>
      ))}
      {stackPaths(bars, outcomes, greatest, box).map(({ outcome, d }) => (
        <path key={outcome} d={d} class={`ov-bar ov-bar-${outcome}`} />
      ))}
      <path
        d={`M${box.left} ${box.bottom + 0.5}H${box.right}`}
        stroke="var(--line-strong)"
        shape-rendering="crispEdges"
      />
    </g>
  );
}

/** Lines with names; a name that would run into another stays silent, the newest are told first. */
function Markers({
  markers,
  x,
  bottom,
}: {
  markers: readonly Marker[];
  x: (timeMs: number) => number;
  bottom: number;
}) {
  let free = Number.POSITIVE_INFINITY;
  const names = [...markers]
    .sort((a, b) => b.atMs - a.atMs)
    .map(({ atMs, text }) => {
      const at = Math.round(x(atMs)) + 0.5;
      const length = text.length * letterPx + 8;
      const isLeft = at - length > 0;
      const right = isLeft ? at : at + length;
      const isSaid = right <= free;
      if (isSaid) free = right - length;
      return { at, text, isLeft, isSaid };
    });
  return (
    <g>
      {names.map(({ at, text }) => (
        <path key={text} d={`M${at} 2V${bottom}`} stroke="var(--text-2)" stroke-dasharray="2 3" />
      ))}
      {names
        .filter(({ isSaid }) => isSaid)
        .map(({ at, text, isLeft }) => (
          <text
            key={text}
            class="ov-marker"
            x={isLeft ? at - 6 : at + 6}
            y={12}
            text-anchor={isLeft ? 'end' : 'start'}
          >
            {text}
          </text>
        ))}
    </g>
  );
}
