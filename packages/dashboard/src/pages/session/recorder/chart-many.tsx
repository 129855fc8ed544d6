/** A chart of many series: a band for nearly all, hairlines for each, ink for those that depart most. */
import { useMemo } from 'preact/hooks';
import { setQuery } from '../../../address.ts';
import { type Columns, onColumns, quantileBand } from '../../../chart/columns.ts';
import { type Line, Plot } from '../../../chart/plot.tsx';
import { shortReadingParts } from '../../../format/number.ts';
import { useSession } from '../model.ts';
import { looks, Swatch } from './chart-few.tsx';
import { ChartFrame, valueScale } from './chart-frame.tsx';
import { CounterForm, CursorDot, plotHeight, ticksOf, unitTail } from './chart-parts.tsx';
import { useRecorder } from './context.ts';
import { departing, type SeriesAt, seriesAt } from './departing.ts';
import type { Charts } from './feed.ts';
import { type Metric, tellingKeys, tellingTags } from './metrics.ts';
import { OwnPointer } from './own-pointer.tsx';
import type { Drawn } from './points.ts';
import type { Scale } from './scale.ts';

/** Rows of the list at most; who looks for one of more types its name. */
const listMax = 100;

/** Opacity of the hairlines. */
const hairAlpha = 0.4;

/** The chart. */
export function ManySeries({
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
  const heightPx = plotHeight(isTall ? 'list' : 'many');
  const columns = useMemo(() => onColumns(all, charts.fromMs, charts.columnMs), [all, charts]);
  const { lines, bands } = useMemo(() => hairlines(columns), [columns]);
  const names = useMemo(() => tellingTags(all), [all]);
  const values = valueScale(all, scale, metric, heightPx);
  const tail = unitTail(metric, feed.totals.value);
  const gridAt = values.ticks.map(({ value }) => value);
  const shared = { t: columns.t, ...values, gridAt, ...scale };
  return (
    <ChartFrame
      metric={metric}
      heightPx={heightPx}
      isTall={isTall}
      ticks={ticksOf(values, tail)}
      reading={<SeriesList metric={metric} all={all} names={names} isTall={isTall} />}
    >
      <Plot
        {...shared}
        lines={lines}
        bands={bands}
        label={`${metric.name} over time, ${all.length} series`}
      />
      <LoudLines all={all} columns={columns} shared={shared} />
    </ChartFrame>
  );
}

function hairlines(columns: Columns): {
  lines: Line[];
  bands: { low: (number | null)[]; high: (number | null)[]; token: string }[];
} {
  return {
    lines: columns.series.map(({ avg }) => ({
      ...{ values: avg, token: '--data-quiet', widthPx: 0.6, alpha: hairAlpha },
    })),
    bands: [{ ...quantileBand(columns, 0.05, 0.95), token: '--data-band' }],
  };
}

/** Those in ink lie on a canvas of their own: the cursor changes which they are. */
function LoudLines({
  all,
  columns,
  shared,
}: {
  all: readonly Drawn[];
  columns: Columns;
  shared: {
    t: number[];
    low: number;
    high: number;
    heightPx: number;
    ticks: unknown;
  } & Scale;
}) {
  const loud = useLoud(all);
  const places = loud.map(({ key }) => all.findIndex((series) => series.key === key));
  const key = places.join();
  const lines = useMemo(
    (): Line[] =>
      places.map((place, i) => {
        const { token, dash } = looks[i] ?? looks[0];
        const values = columns.series[place]?.avg ?? [];
        return { values, token, widthPx: 1.75, ...(dash.length > 0 && { dash }) };
      }),
    [key, columns],
  );
  const { low, high, heightPx } = shared;
  return (
    <div class="over-plot">
      {lines.length > 0 && (
        <Plot {...shared} gridAt={[]} lines={lines} label="Those that depart most" />
      )}
      {loud.map((series, i) => (
        <CursorDot
          key={series.key}
          series={series}
          values={{ low, high, heightPx, ticks: [] }}
          token={looks[i]?.token ?? '--text'}
        />
      ))}
    </div>
  );
}

/** The series in ink: one that somebody is over or keeps, then those that depart most at the cursor. */
function useLoud(all: readonly Drawn[]): Drawn[] {
  const model = useSession();
  const { raised, feed } = useRecorder();
  const wanted = [raised.value, feed.kept.value];
  const first = all.filter(({ key }) => wanted.includes(key));
  const rest = departing(seriesAt(all, model.cursorMs.value), 3).map(({ series }) => series);
  return [...new Set([...first, ...rest])].slice(0, 3);
}

function SeriesList({
  metric,
  all,
  names,
  isTall,
}: {
  metric: Metric;
  all: readonly Drawn[];
  names: readonly string[];
  isTall: boolean;
}) {
  const model = useSession();
  const { feed } = useRecorder();
  const loud = useLoud(all);
  const filter = feed.find.value;
  const wanted = filter.toLowerCase();
  const nameOf = new Map(all.map(({ key }, i) => [key, names[i] ?? '']));
  const here = seriesAt(all, model.cursorMs.value);
  const tail = unitTail(metric, feed.totals.value);
  const units = new Set(here.map(({ value }) => partsOf(metric, value)[1]));
  // One unit for all stands at the ticks already.
  const text = (value: number | undefined, digits = 3): string => {
    const [number, unit] = partsOf(metric, value, digits);
    return units.size > 1 ? `${number} ${unit}${tail}` : number;
  };
  const isList = isTall || wanted !== '';
  const listed = isList
    ? sorted(here).filter(({ series }) => nameOf.get(series.key)?.toLowerCase().includes(wanted))
    : loud.flatMap((series) => here.filter((each) => each.series === series));
  const rest = here
    .filter(({ series }) => !loud.includes(series))
    .flatMap(({ value }) => value ?? []);
  return (
    <OwnPointer class="series-list">
      <input
        class="find"
        type="search"
        value={filter}
        placeholder={`${all.length} series${tellingKeys(all) && ` by ${tellingKeys(all)}`}`}
        aria-label={`Filter the series of ${metric.name}`}
        onInput={(event) => setQuery({ find: event.currentTarget.value })}
      />
      <CounterForm metric={metric} />
      <ul class={`loud${isList ? ' scrolls' : ''}`}>
        {listed.slice(0, listMax).map(({ series, value }) => (
          <SeriesRow
            key={series.key}
            series={series}
            name={nameOf.get(series.key) ?? ''}
            value={text(value)}
            place={loud.indexOf(series)}
          />
        ))}
        {!isList && rest.length > 0 && (
          <li class="t3">
            <svg width="14" height="8" aria-hidden="true">
              <rect width="14" height="8" fill="var(--data-band)" />
            </svg>
            <span class="clip">{rest.length} others</span>
            <b>
              {text(Math.min(...rest), 2)} – {text(Math.max(...rest), 2)}
            </b>
          </li>
        )}
      </ul>
    </OwnPointer>
  );
}

function partsOf({ name, unit }: Metric, value: number | undefined, digits = 3): [string, string] {
  return shortReadingParts(value, name, unit, digits);
}

function SeriesRow({
  series,
  name,
  value,
  place,
}: {
  series: Drawn;
  name: string;
  value: string;
  place: number;
}) {
  const { raised, feed } = useRecorder();
  const isKept = feed.kept.value === series.key;
  return (
    <li>
      <button
        type="button"
        aria-pressed={isKept}
        title={name}
        onClick={() => setQuery({ series: isKept ? undefined : series.key })}
        onPointerEnter={() => {
          raised.value = series.key;
        }}
        onPointerLeave={() => {
          raised.value = undefined;
        }}
      >
        {place >= 0 ? <Swatch i={place} /> : <i />}
        <span class="clip">{name}</span>
        <b>{value}</b>
      </button>
    </li>
  );
}

function sorted(here: readonly SeriesAt[]): SeriesAt[] {
  const of = ({ value }: SeriesAt): number => value ?? Number.NEGATIVE_INFINITY;
  return [...here].sort((a, b) => of(b) - of(a));
}
