/** Explore: any metric of all sessions, by group, over time, from their starts, or as a distribution. */
import { useEffect, useRef } from 'preact/hooks';
import { link, query } from '../../address.ts';
import { count } from '../../format/number.ts';
import { useKeys } from '../../keyboard.ts';
import { CopyButton } from '../../parts/copy.tsx';
import { Segments } from '../../parts/segments.tsx';
import { curlLine, Empty, Failure, ShellLine, Skeleton } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { Chart } from './chart.tsx';
import { Filters } from './filters.tsx';
import { type Metric, metricIn } from './metric.ts';
import { type Grouped, useCatalogue, useGroups } from './questions.ts';
import { Sentence } from './sentence.tsx';
import { Spread } from './spread.tsx';
import { GroupTable } from './table.tsx';
import { type Drawing, drawing, functionIn, groupedBy, isExact, pin, show } from './view.ts';
import '../../chart/series.css';
import './page.css';

/** The page. */
export function ExplorePage() {
  const catalogue = useCatalogue();
  const metrics = catalogue.value ?? [];
  const metric = metricIn(metrics, query.value);
  const name = query.value.get('metric');
  useEffect(() => {
    document.title = metric === undefined ? 'Metrics · Tacho' : `${metric.name} · Tacho`;
  }, [metric?.name]);
  useEffect(() => {
    if (catalogue.value !== undefined && metric === undefined) markReady('explore');
  }, [catalogue.value, metric]);
  if (catalogue.error !== undefined) return <Failure answer={catalogue} />;
  if (catalogue.value === undefined) return catalogue.isSlow ? <Skeleton rows={8} /> : null;
  if (metrics.length === 0) return <NoMetrics />;
  if (metric === undefined) return <NoSuchMetric name={name ?? ''} metrics={metrics} />;
  return <Explorer metric={metric} metrics={metrics} />;
}

function Explorer({ metric, metrics }: { metric: Metric; metrics: readonly Metric[] }) {
  const groups = useGroups(metric);
  const fn = functionIn(metric);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (groups.value !== undefined || groups.error !== undefined) markReady('explore');
  }, [groups.value, groups.error]);
  usePageKeys(place);
  return (
    <div class="explore" ref={place}>
      <header class="explore-head">
        <Sentence metric={metric} metrics={metrics} fn={fn} />
        <Segments<Drawing>
          label="Drawing"
          value={drawing.value}
          onChange={(view) => show({ view: view === 'time' ? undefined : view, at: undefined })}
          segments={[
            { value: 'time', label: 'Time', title: 'Over the time of day (1)' },
            { value: 'start', label: 'From start', title: 'All sessions from their starts (2)' },
            { value: 'spread', label: 'Distribution', title: 'How the samples are spread (3)' },
          ]}
        />
        <CopyButton text={link} label="Copy the link" icon="link" class="btn">
          Copy link
        </CopyButton>
      </header>
      <Filters />
      <Facts metric={metric} groups={groups.value} />
      {groups.error !== undefined && <Failure answer={groups} />}
      {groups.error === undefined && groups.value === undefined && groups.isSlow && (
        <Skeleton rows={10} />
      )}
      {groups.value !== undefined && groups.error === undefined && (
        <Shown metric={metric} fn={fn} groups={groups.value} />
      )}
    </div>
  );
}

function Shown({ metric, fn, groups }: { metric: Metric; fn: string; groups: Grouped }) {
  if (groups.groups.length === 0) {
    return (
      <Empty title="No sample lies in this range">
        <p>
          {count(metric.sessions)} sessions recorded <b>{metric.name}</b>, none of them inside of
          this filter.
        </p>
        <p>
          <button
            type="button"
            class="btn"
            onClick={() => show({ from: undefined, to: undefined })}
          >
            Look at all times
          </button>
        </p>
      </Empty>
    );
  }
  return (
    <>
      {drawing.value === 'spread' ? (
        groups.view === 'spread' && <Spread groups={groups} />
      ) : (
        <Chart metric={metric} fn={fn} groups={groups} />
      )}
      {groups.view !== 'spread' && <GroupTable groups={groups} />}
    </>
  );
}

/** What is known of the metric: how much of it there is, and what would make its name better. */
function Facts({ metric, groups }: { metric: Metric; groups: Grouped | undefined }) {
  const samples = groups?.groups.reduce((sum, { results }) => sum + Number(results.count ?? 0), 0);
  const what = metric.canonical_unit ?? (metric.unit === '' ? 'no unit' : metric.unit);
  return (
    <div class="explore-facts">
      <span>
        {metric.type}, {what}
      </span>
      {samples !== undefined && groups !== undefined && (
        <span>
          {count(samples)} samples in {count(groups.groups.length)}{' '}
          {groups.groups.length === 1 ? 'group' : 'groups'}
        </span>
      )}
      <label class="explore-exact">
        <input
          type="checkbox"
          checked={isExact.value}
          onChange={() => show({ exact: isExact.value ? undefined : 'true' })}
        />
        Exact quantiles
        <span class="t3">
          {isExact.value ? 'reads every sample' : 'else within 1 %, and much faster'}
        </span>
      </label>
      {metric.advice.map(({ id, message }) => (
        <span key={id} class="explore-advice">
          <b>Name</b> {message}
        </span>
      ))}
      {groups?.complete === false && (
        <span class="explore-advice" role="status">
          <b>Too many groups</b> Only the first {count(groups.groups.length)} are here: narrow the
          filter down, or group by something else
        </span>
      )}
    </div>
  );
}

function usePageKeys(place: { current: HTMLElement | null }): void {
  const key = (keys: string, label: string, run: () => void) => ({
    ...{ keys, label, run },
    group: 'Metrics',
  });
  const press = (part: string) => () =>
    place.current?.querySelector<HTMLButtonElement>(`${part} button`)?.click();
  useKeys([
    key('m', 'Choose a metric', press('.sentence-metric')),
    key('f', 'Choose a function', press('.sentence-function')),
    key('b', 'Choose what to group by', press('.sentence-by')),
    key('1', 'Over time, from start, distribution', () => show({ view: undefined, at: undefined })),
    key('2', 'Over time, from start, distribution', () => show({ view: 'start', at: undefined })),
    key('3', 'Over time, from start, distribution', () => show({ view: 'spread', at: undefined })),
    key('Escape', 'Let the cursor follow the pointer', () => pin(undefined)),
    key('0', 'All times', () =>
      show({ from: undefined, to: undefined, young: undefined, old: undefined }),
    ),
  ]);
}

function NoMetrics() {
  useEffect(() => markReady('explore'), []);
  return (
    <Empty title="No metric was recorded yet">
      <p>Record the first value; the name ends with its unit. With the id of a session of yours:</p>
      <ShellLine
        text={curlLine('/api/sessions/SESSION/metrics', { name: 'memory_mb', value: 512 })}
      />
    </Empty>
  );
}

function NoSuchMetric({ name, metrics }: { name: string; metrics: readonly Metric[] }) {
  const by = groupedBy.value;
  return (
    <div class="explore">
      <Empty title={`No session recorded ${name}`}>
        <p>Choose one of {count(metrics.length)} metrics that were recorded:</p>
        <ul class="explore-others">
          {metrics.slice(0, 30).map((each) => (
            <li key={each.name + each.type + each.unit}>
              <button
                type="button"
                class="btn btn-s"
                onClick={() => show({ metric: each.name, type: each.type, unit: each.unit, by })}
              >
                {each.name}
              </button>
            </li>
          ))}
        </ul>
      </Empty>
    </div>
  );
}
