/** Lanes and charts of all runs on one axis with one cursor. */
import { useEffect, useRef } from 'preact/hooks';
import type { Answered } from '../../../answer.ts';
import { useLoaded } from '../../../answer.ts';
import { brush, useGestures } from '../../../chart/gestures.ts';
import { offsetTicks, timeTicks } from '../../../chart/ticks.ts';
import { useWidth } from '../../../chart/width.ts';
import { clock, dayAndTime, offset } from '../../../format/time.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Popover } from '../../../parts/popover.tsx';
import { Failure, Skeleton } from '../../../parts/waiting.tsx';
import { type Comparable, choiceOf } from '../differ.ts';
import { limitsOf, originOf } from '../runs.ts';
import {
  type Comparison,
  chosenMetrics,
  pin,
  resetView,
  setView,
  setWindow,
  useComparison,
  windows,
} from '../view.ts';
import { Chart } from './chart.tsx';
import { loadPoints } from './charts.ts';
import { KeyLanes } from './key-lanes.tsx';
import { Lanes } from './lanes.tsx';
import { Picker } from './picker.tsx';

/** Half of the width of a label of the axis. */
const tickHalfPx = 24;

/** Everything that hangs on the axis. */
export function Tracks({
  ranked,
  answer,
}: {
  ranked: readonly Comparable[];
  answer: Answered<unknown>;
}) {
  const comparison = useComparison();
  const { runs, align, span, view, hoveredMs } = comparison;
  const place = useRef<HTMLDivElement>(null);
  const [axis, widthPx] = useWidth<HTMLDivElement>();
  const plotEdges = (): readonly [number, number] => {
    const outer = place.current?.getBoundingClientRect();
    const inner = axis.current?.getBoundingClientRect();
    if (outer === undefined || inner === undefined) return [0, 1];
    return [inner.left - outer.left, inner.right - outer.left];
  };
  useGestures(place, {
    view: () => view,
    limits: () => limitsOf(span),
    plot: plotEdges,
    onView: (from, to, isStep) => setView([from, to], isStep),
    onCursor: (at) => {
      hoveredMs.value = at;
    },
    onPin: pin,
    onReset: resetView,
  });
  useEffect(
    () => () => {
      hoveredMs.value = undefined;
    },
    [align],
  );

  const chosen = chosenMetrics.value;
  const items =
    chosen.length === 0
      ? choiceOf(ranked.filter(({ distance }) => distance !== undefined))
      : chosen.flatMap((text) => ranked.filter((each) => each.text === text));
  const points = Math.max(100, Math.min(1_000, Math.round(widthPx / 1.5 / 50) * 50));
  const wanted = { runs, items, align, view, points };
  const charts = useLoaded(
    widthPx === 0 || items.length === 0 ? undefined : (signal) => loadPoints(wanted, signal),
    JSON.stringify([
      ...[align, view.map(Math.round), points, items.map(({ text }) => text)],
      runs.map(({ row }) => [row.id, row.samples]),
    ]),
  );
  return (
    <section class="tracks compare-tracks" ref={place} aria-label="Runs over time">
      <Under comparison={comparison} />
      <div class="track axis">
        <div class="name" data-own-pointer>
          <WindowChoice comparison={comparison} />
        </div>
        <div class="plot" ref={axis}>
          <Axis comparison={comparison} widthPx={widthPx} />
        </div>
      </div>
      <Lanes />
      <KeyLanes />
      {answer.error !== undefined && <Failure answer={answer} />}
      {charts.error !== undefined && <Failure answer={charts} />}
      {answer.value === undefined && answer.isSlow && <Skeleton rows={5} />}
      {items.map((item) => (
        <Chart key={item.text} item={item} points={charts.value} />
      ))}
      {answer.value !== undefined && <Picker ranked={ranked} items={items} />}
      <Over comparison={comparison} widthPx={widthPx} />
    </section>
  );
}

/** Where a time stands, as a share of the plot for `left`. */
export function leftOf(atMs: number, [from, to]: readonly [number, number]): string {
  return `${((atMs - from) / (to - from)) * 100}%`;
}

function Axis({ comparison, widthPx }: { comparison: Comparison; widthPx: number }) {
  const { align, view } = comparison;
  const [from, to] = view;
  const ticks = align === 'clock' ? timeTicks(from, to, widthPx) : offsetTicks(from, to, widthPx);
  const end = lastEnd(comparison);
  const hasEnd = align === 'death';
  return (
    <>
      {ticks
        .filter(({ value }) => value <= end && !(hasEnd && value === 0))
        .filter(({ value }) => isInside((value - from) / (to - from), widthPx))
        .map(({ value, text }) => (
          <span key={value} class="compare-tick" style={{ left: leftOf(value, view) }}>
            {text}
          </span>
        ))}
    </>
  );
}

/** Whether a label in the middle of this share of the plot is not cut by its edges. */
function isInside(share: number, widthPx: number): boolean {
  return share * widthPx > tickHalfPx && (1 - share) * widthPx > tickHalfPx;
}

/** The hatched wash where no run recorded anything. */
function Under({ comparison }: { comparison: Comparison }) {
  const end = lastEnd(comparison);
  const isLive = comparison.shown.some(({ isAlive }) => isAlive);
  if (end >= comparison.view[1] || isLive) return null;
  return (
    <div class="under" aria-hidden="true">
      <div
        class="z-after"
        style={{ left: leftOf(Math.max(end, comparison.view[0]), comparison.view), right: '0' }}
      />
    </div>
  );
}

/** The line of the end, the cursor, and the brush. */
function Over({ comparison, widthPx }: { comparison: Comparison; widthPx: number }) {
  const { align, view } = comparison;
  const hasEnd = align === 'death' && view[0] < 0 && view[1] > 0;
  const dragged = brush.value;
  return (
    <div class="over" aria-hidden="true">
      {hasEnd && (
        <div class="death" style={{ left: leftOf(0, view) }}>
          <span class="flag">end</span>
        </div>
      )}
      {dragged?.target.classList.contains('compare-tracks') && (
        <div
          class="compare-brush"
          style={{ left: `${dragged.fromPx}px`, width: `${dragged.toPx - dragged.fromPx}px` }}
        />
      )}
      <Cursor comparison={comparison} widthPx={widthPx} />
    </div>
  );
}

function Cursor({ comparison, widthPx }: { comparison: Comparison; widthPx: number }) {
  const { cursorMs, view, align } = comparison;
  const at = cursorMs.value;
  if (at === undefined || at < view[0] || at > view[1]) return null;
  const px = ((at - view[0]) / (view[1] - view[0])) * widthPx;
  return (
    <div class="cursor" style={{ left: leftOf(at, view) }}>
      <span class={px < 96 ? 'flag right' : 'flag'}>{cursorText(at, align, view)}</span>
    </div>
  );
}

function WindowChoice({ comparison }: { comparison: Comparison }) {
  const { window, align, span } = comparison;
  const whole = span[1] - span[0];
  const names = Object.keys(windows).filter((name) => (windows[name] ?? 0) < whole);
  return (
    <Popover
      class="zoom"
      button={
        <>
          {window === undefined ? 'Zoomed' : windowText(window, align)}
          <Icon name="down" size={14} />
        </>
      }
      label={`Window in view: ${window === undefined ? 'Zoomed' : windowText(window, align)}`}
    >
      {(close) => (
        <ul class="compare-menu">
          {names.map((name) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={name === window}
                onClick={() => {
                  setWindow(name);
                  close();
                }}
              >
                {windowText(name, align)}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

const lengths: Record<string, string> = {
  '2m': '2 min',
  '15m': '15 min',
  '1h': '1 h',
  '6h': '6 h',
};

function windowText(window: string, align: Comparison['align']): string {
  if (window === 'all') return 'Whole run';
  return `${align === 'start' ? 'First' : 'Last'} ${lengths[window]}`;
}

function cursorText(
  atMs: number,
  align: Comparison['align'],
  view: readonly [number, number],
): string {
  if (align !== 'clock') return Math.abs(atMs) < 0.5 ? '0' : offset(atMs);
  return view[1] - view[0] > 86_400_000 ? dayAndTime(atMs) : clock(atMs, 1);
}

function lastEnd({ shown, align }: Comparison): number {
  return Math.max(...shown.map((run) => run.endMs - originOf(run, align)));
}
