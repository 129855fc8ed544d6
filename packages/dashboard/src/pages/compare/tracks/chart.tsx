/** One metric of all runs: their lines, the readings at the cursor, the values at the ends. */
import { useMemo } from 'preact/hooks';
import { type Column, join, valueAt } from '../../../chart/join.ts';
import { Plot } from '../../../chart/plot.tsx';
import { seriesDash, seriesToken } from '../../../chart/series.ts';
import { spreadLabels } from '../../../chart/spread.ts';
import { valueRange, valueTicks } from '../../../chart/ticks.ts';
import { shortReading, shortReadingParts } from '../../../format/number.ts';
import type { Comparable } from '../differ.ts';
import { loudOf, originOf, type Run } from '../runs.ts';
import { type Comparison, useComparison } from '../view.ts';
import { columnOf, type Points } from './charts.ts';
import { leftOf } from './tracks.tsx';

/** Heights of a chart: so much, or more where more runs want a line for their reading. */
const heightPxMin = 127;
const readingPx = 20;
const titlePx = 48;
const phoneHeightPx = 96;

/** Up to so many letters of a name leave room for a tick beside it; below its line there is room always. */
const shortName = 11;
const namePx = 32;

/** Room that a label at the end of a line takes. */
const labelPx = 14;

/** A line of a run. */
interface Drawn {
  run: Run;
  /** Whether it stands out; of many runs only some do. */
  isLoud: boolean;
  column: Column;
}

/** The track of one metric. */
export function Chart({ item, points }: { item: Comparable; points: Points | undefined }) {
  const comparison = useComparison();
  const { shown, align, view, raised } = comparison;
  const isPhone = matchMedia('(max-width: 720px)').matches;
  const heightPx = isPhone
    ? phoneHeightPx
    : Math.max(heightPxMin, titlePx + shown.length * readingPx);
  const columns = useMemo(
    () => shown.map((run) => columnOf(points, run, item, align)),
    [points, shown.map(({ letter }) => letter).join(), item.text, align],
  );
  const table = useMemo(() => join(columns.map((column) => column ?? emptyColumn)), [columns]);
  const loud = useMemo(() => loudOf(columns.map(meanOf)), [columns]);
  const drawn = shown.flatMap((run, i): Drawn[] => {
    const column = columns[i];
    const isLoud = loud[i] === true || raised.value === run.letter;
    return column === undefined || column.t.length === 0 ? [] : [{ run, column, isLoud }];
  });
  const [low, high] = rangeOf(drawn, view);
  const ticks = valueTicks(low, high, item.name, item.unit);
  const isLoud = shown.map(({ letter }, i) => loud[i] === true || raised.value === letter);
  const lines = useMemo(
    () =>
      shown.map((run, i) => ({
        values: table.columns[i] ?? [],
        token: isLoud[i] ? seriesToken(run.index) : '--data-quiet',
        ...(isLoud[i] && run.index > 0 && { dash: seriesDash(run.index) }),
        widthPx: isLoud[i] ? 1.75 : 1,
        alpha: isLoud[i] ? 1 : 0.6,
      })),
    [table, isLoud.join()],
  );
  const topOf = (value: number): number => heightPx * (1 - (value - low) / (high - low));
  const suffix = item.type === 'counter' ? '/s' : '';
  // The name stands in the first line, and the highest tick beside it only where it is short.
  const tickTop = item.name.length > shortName ? namePx : 8;
  return (
    <div class="track chart" style={{ '--chart': `${heightPx + 1}px` }}>
      <div class="name">
        <div class="title clip" title={item.text}>
          {item.name}
        </div>
        {item.tags.length > 0 && <div class="sub clip">{item.tags.join(', ')}</div>}
        <Readings item={item} drawn={drawn} suffix={suffix} />
        <div class="ticks" aria-hidden="true">
          {ticks
            .filter(({ value }) => topOf(value) > tickTop)
            .map(({ value, text }) => (
              <span key={value} style={{ top: `${topOf(value)}px` }}>
                {text}
                {suffix}
              </span>
            ))}
        </div>
      </div>
      <div class="plot">
        <Plot
          t={table.t}
          lines={lines}
          fromMs={view[0]}
          toMs={view[1]}
          low={low}
          high={high}
          heightPx={heightPx}
          gridAt={ticks.map(({ value }) => value)}
          label={`${item.text} of ${shown.length} runs`}
        />
        <Ends item={item} drawn={drawn} topOf={topOf} heightPx={heightPx} suffix={suffix} />
        <Dots drawn={drawn} topOf={topOf} />
      </div>
    </div>
  );
}

/** The values at the cursor, or at the ends while there is none. */
function Readings({
  item,
  drawn,
  suffix,
}: {
  item: Comparable;
  drawn: readonly Drawn[];
  suffix: string;
}) {
  const comparison = useComparison();
  const at = comparison.cursorMs.value;
  return (
    <div class="vals">
      {comparison.shown.map((run) => {
        const column = drawn.find((each) => each.run === run)?.column;
        const value = column && (at === undefined ? lastOf(column)?.value : valueAt(column, at));
        const [number, unit] = shortReadingParts(value, item.name, item.unit);
        return (
          <span key={run.letter} class={`val series-${run.index + 1}`}>
            <i>{run.letter}</i>
            <span class={value === undefined ? 'no' : undefined}>{number}</span>
            <small>{value === undefined ? '' : unit + suffix}</small>
          </span>
        );
      })}
    </div>
  );
}

/** Values at the ends of the lines, where nothing was recorded any more. */
function Ends({
  item,
  drawn,
  topOf,
  heightPx,
  suffix,
}: {
  item: Comparable;
  drawn: readonly Drawn[];
  topOf: (value: number) => number;
  heightPx: number;
  suffix: string;
}) {
  const { align, view } = useComparison();
  const [from, to] = view;
  const ends = drawn.flatMap(({ run, column, isLoud }) => {
    if (!isLoud) return [];
    const last = lastOf(column);
    const end = run.endMs - originOf(run, align);
    if (last === undefined || last.at < from || last.at > to - (to - from) * 0.02) return [];
    // A metric that stopped before its run did says so where it stopped.
    const hasStopped = end - last.at > (to - from) * 0.04;
    return [{ run, ...last, end, hasStopped }];
  });
  const atEnd = ends.filter(({ hasStopped }) => !hasStopped);
  const wanted = atEnd.map(({ value }) => topOf(value));
  const tops = spreadLabels(wanted, labelPx, labelPx / 2, heightPx - labelPx / 2);
  return (
    <div class="ends" aria-hidden="true">
      {atEnd.map(({ run, end, value }, i) => (
        <span
          key={run.letter}
          class={`end series-${run.index + 1}`}
          style={{ left: leftOf(end, view), top: `${tops[i]}px` }}
        >
          <i>{run.letter}</i> {shortReading(value, item.name, item.unit)}
          {suffix}
        </span>
      ))}
      {ends
        .filter(({ hasStopped }) => hasStopped)
        .map(({ run, at, value }) => (
          <span
            key={run.letter}
            class={`end stops series-${run.index + 1}`}
            style={{ left: leftOf(at, view), top: `${topOf(value)}px` }}
          >
            <i>{run.letter}</i> stops
          </span>
        ))}
    </div>
  );
}

function Dots({ drawn, topOf }: { drawn: readonly Drawn[]; topOf: (value: number) => number }) {
  const { cursorMs, view } = useComparison();
  const at = cursorMs.value;
  if (at === undefined || at < view[0] || at > view[1]) return null;
  return (
    <div aria-hidden="true">
      {drawn.map(({ run, column }) => {
        const value = valueAt(column, at);
        if (value === undefined) return null;
        return (
          <i
            key={run.letter}
            class={`compare-dot series-${run.index + 1}`}
            style={{ left: leftOf(at, view), top: `${topOf(value)}px` }}
          />
        );
      })}
    </div>
  );
}

/** The least and the greatest value in view, with room. */
function rangeOf(drawn: readonly Drawn[], [from, to]: Comparison['view']): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const { column } of drawn) {
    column.t.forEach((at, i) => {
      const value = column.values[i];
      if (value === null || value === undefined || !Number.isFinite(value)) return;
      if (at < from || at > to) return;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    });
  }
  const [low, high] = valueRange(least, greatest);
  // A line that lies on the edge would lose half of its width.
  return [low === 0 ? -high * 0.02 : low, high];
}

const emptyColumn: Column = { t: [], values: [] };

function meanOf(column: Column | undefined): number | undefined {
  const known = (column?.values ?? []).filter((value) => value !== null);
  if (known.length === 0) return undefined;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function lastOf({ t, values }: Column): { at: number; value: number } | undefined {
  for (let i = t.length - 1; i >= 0; i--) {
    const value = values[i];
    if (typeof value === 'number') return { at: t[i] as number, value };
  }
  return undefined;
}
