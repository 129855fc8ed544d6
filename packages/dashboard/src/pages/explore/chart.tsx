/** The lines of the groups with their axes and the cursor, and the list of groups beside them. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { go, href } from '../../address.ts';
import { useGestures } from '../../chart/gestures.ts';
import { join } from '../../chart/join.ts';
import { Plot } from '../../chart/plot.tsx';
import { seriesDash, seriesToken } from '../../chart/series.ts';
import { valueTicks } from '../../chart/ticks.ts';
import { useWidth } from '../../chart/width.ts';
import { count } from '../../format/number.ts';
import { useKeys } from '../../keyboard.ts';
import { Failure, Skeleton } from '../../parts/waiting.tsx';
import { Axis, Brush, Cursor, Ends, Near } from './axis.tsx';
import { bandOf, type Line, linesOf, loudOf, type Picture, rangeOf, sessionsOf } from './groups.ts';
import { GroupList } from './list.tsx';
import { formOf, type Metric } from './metric.ts';
import { nearestLine } from './near.ts';
import { type Grouped, useLines } from './questions.ts';
import { type Range, stepFor } from './range.ts';
import { useStretch } from './stretch.ts';
import { cursorMs, filter, hoveredMs, near, picked, pin, raised } from './view.ts';

/** Height of the drawing. */
const heightPx = 360;

/** Lines that are drawn at most, those with the most samples. */
const linesMax = 200;

/** From so many lines on the bulk of them is a band. */
const bandLines = 12;

/** The chart. */
export function Chart({ metric, fn, groups }: { metric: Metric; fn: string; groups: Grouped }) {
  const [plot, widthPx] = useWidth<HTMLDivElement>();
  const stretch = useStretch(metric);
  const { view, limits, setView, reset } = stretch;
  const whole = Math.max(stretch.usualMs, view[1] - view[0]);
  const stepMs =
    widthPx === 0 || !stretch.isKnown
      ? undefined
      : Math.max(
          stepFor(view, widthPx, 1),
          stepFor([0, whole], Number.POSITIVE_INFINITY, groups.groups.length),
        );
  const answer = useLines(metric, fn, stepMs);
  const picture = usePicture(answer.value, view);
  const pointerY = useRef(0);
  useGestures(plot, {
    view: () => view,
    limits: () => limits,
    onView: setView,
    onCursor: (at) => {
      hoveredMs.value = at;
      near.value =
        at === undefined ? undefined : nearestLine(picture, at, pointerY.current, heightPx);
    },
    onPin: (at) => {
      const found = near.peek();
      if (found === undefined) pin(at);
      else go(href('sessions', sessionsOf(filter.peek(), picture.by, found.value, found.step)));
    },
    onReset: reset,
  });
  useChartKeys(picture, view, setView);
  useEffect(() => () => forget(), []);
  return (
    <section class="explore-body" aria-label="Lines">
      {answer.error !== undefined && <Failure answer={answer} />}
      {answer.value?.complete === false && (
        <p class="explore-cut" role="status">
          More than {count(answer.value.groups.length)} values: those of groups with few samples are
          missing. Narrow the range or the filter down.
        </p>
      )}
      <div class="explore-chart">
        <Axis view={view} widthPx={widthPx} isAge={stretch.isAge} />
        <div class="explore-ticks" aria-hidden="true">
          {picture.stepMs > 0 &&
            picture.ticks.map(({ value, text }) => (
              <span key={value} style={{ top: `${picture.topOf(value) * heightPx}px` }}>
                {text}
              </span>
            ))}
        </div>
        <div
          class={near.value === undefined ? 'explore-plot' : 'explore-plot is-near'}
          ref={plot}
          onPointerMoveCapture={(event) => {
            pointerY.current = event.clientY - event.currentTarget.getBoundingClientRect().top;
          }}
        >
          <Lines picture={picture} view={view} />
          {answer.value === undefined && answer.isSlow && <Skeleton rows={6} />}
          <Brush place={plot} />
          <Cursor picture={picture} view={view} heightPx={heightPx} isAge={stretch.isAge} />
          <Near picture={picture} view={view} widthPx={widthPx} heightPx={heightPx} />
        </div>
        <Ends picture={picture} heightPx={heightPx} />
      </div>
      <GroupList picture={picture} isAge={stretch.isAge} />
    </section>
  );
}

/** All lines: those in the fore in hues, the others as hairlines, the bulk of many as a band. */
function Lines({ picture, view }: { picture: Picture; view: Range }) {
  const { lines, loud, table } = picture;
  const fore = raised.value;
  const shape = `${loud.join('\n')}\r${fore === undefined ? '' : (fore ?? '\n')}`;
  const drawn = useMemo(
    () =>
      lines
        .map((line, i) => {
          const place = loud.indexOf(line.value);
          const values = table.columns[i] ?? [];
          if (line.value === fore) return { values, token: '--text', widthPx: 2.5, rank: 9 };
          if (place < 0) return { values, token: '--data-quiet', widthPx: 1, alpha: 0.45, rank: 0 };
          const dash = seriesDash(place);
          return {
            ...{ values, token: seriesToken(place), widthPx: 1.75, rank: 8 - place },
            ...(dash.length > 0 && { dash }),
          };
        })
        .sort((a, b) => a.rank - b.rank),
    [lines, table, shape],
  );
  const bands = useMemo(
    () => (lines.length < bandLines ? [] : [{ ...bandOf(lines, table.t), token: '--data-band' }]),
    [lines, table],
  );
  return (
    <Plot
      t={table.t}
      lines={drawn}
      bands={bands}
      fromMs={view[0]}
      toMs={view[1]}
      low={picture.low}
      high={picture.high}
      heightPx={heightPx}
      gridAt={picture.stepMs === 0 ? [] : picture.ticks.map(({ value }) => value)}
      label={`${picture.title}, ${lines.length} lines`}
    />
  );
}

/** What is drawn, made of the newest answer. */
function usePicture(answer: Grouped | undefined, view: Range): Picture {
  const lines = useMemo(
    (): Line[] =>
      answer === undefined
        ? []
        : linesOf(answer.groups, answer.by, answer.fn, answer.stepMs).slice(0, linesMax),
    [answer],
  );
  const table = useMemo(() => join(lines.map(({ column }) => column)), [lines]);
  const chosen = picked.value;
  const loud = useMemo(() => loudOf(lines, chosen), [lines, chosen.join('\r')]);
  const [low, high] = rangeOf(lines, view);
  const metric = answer?.metricOf;
  const fn = answer?.fn ?? '';
  const form = metric === undefined ? String : formOf(metric, fn);
  const name = fn === 'count' ? '' : (metric?.name ?? '');
  const ticks = valueTicks(low, high, name, fn === 'count' ? '' : (metric?.unit ?? ''), 6);
  return {
    ...{ lines, table, loud, low, high, form },
    ticks: ticks.map(({ value }) => ({ value, text: form(value) })),
    topOf: (value) => 1 - (value - low) / (high - low),
    by: answer?.by ?? '',
    stepMs: answer?.stepMs ?? 0,
    title: `${fn} of ${metric?.name ?? ''}`,
  };
}

function useChartKeys(
  { stepMs }: Picture,
  view: Range,
  setView: (fromMs: number, toMs: number, isStep: boolean) => void,
): void {
  const [from, to] = view;
  const move = (steps: number) => () => {
    const at = cursorMs.peek() ?? to;
    pin(Math.min(Math.max(at + steps * Math.max(stepMs, (to - from) / 500), from), to));
  };
  const zoom = (factor: number) => () => {
    const at = cursorMs.peek() ?? (from + to) / 2;
    setView(at - (at - from) * factor, at + (to - at) * factor, false);
  };
  const key = (keys: string, label: string, run: () => void) => ({
    ...{ keys, label, run },
    group: 'Metrics',
  });
  useKeys([
    key('ArrowLeft', 'Move the cursor', move(-1)),
    key('ArrowRight', 'Move the cursor', move(1)),
    key('Shift+ArrowLeft', 'Move the cursor by ten steps', move(-10)),
    key('Shift+ArrowRight', 'Move the cursor by ten steps', move(10)),
    key('+', 'Zoom', zoom(0.5)),
    key('-', 'Zoom', zoom(2)),
  ]);
}

function forget(): void {
  hoveredMs.value = undefined;
  near.value = undefined;
  raised.value = undefined;
}
