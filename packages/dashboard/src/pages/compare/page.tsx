/** Compare: two to eight runs laid over each other, what they share and where they part. */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { link, setQuery } from '../../address.ts';
import { useLoaded } from '../../answer.ts';
import { ApiError, ask } from '../../api.ts';
import { useKeys } from '../../keyboard.ts';
import { CopyButton } from '../../parts/copy.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Popover } from '../../parts/popover.tsx';
import { Segments } from '../../parts/segments.tsx';
import { Failure, Skeleton } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { Candidates, ChoosePage } from './choose.tsx';
import { rankSeries } from './differ.ts';
import { openingOf } from './opening.ts';
import { type Align, runsMax, runsOf } from './runs.ts';
import { EventCounts } from './side/events.tsx';
import { StateTable } from './side/state.tsx';
import { Tracks } from './tracks/tracks.tsx';
import {
  type Comparison,
  ComparisonContext,
  chosenIds,
  comparisonOf,
  onlyDifferences,
  pin,
  setAlign,
  setOnlyDifferences,
  showRuns,
  stepCursor,
  toggleRun,
  zoom,
} from './view.ts';
import { Who } from './who.tsx';
import '../../chart/series.css';
import './page.css';

/** How often runs that are alive are looked at again. */
const refreshMs = 10_000;

/** The page: a comparison, or a choice of what to compare. */
export function ComparePage() {
  const ids = chosenIds.value;
  return ids.length < 2 ? <ChoosePage chosen={ids} /> : <Compared ids={ids} />;
}

function Compared({ ids }: { ids: readonly string[] }) {
  const answer = useLoaded((signal) => loadRows(ids, signal), JSON.stringify(ids));
  const runs = runsOf(answer.value?.rows ?? []);
  const hasLive = runs.some(({ isAlive }) => isAlive);
  useEffect(() => {
    if (!hasLive) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) answer.retry();
    }, refreshMs);
    return () => clearInterval(timer);
  }, [hasLive, ids.join()]);
  useEffect(() => {
    document.title = `Compare ${ids.length} sessions · Tacho`;
  }, [ids.length]);
  if (answer.error !== undefined) return <Failure answer={answer} />;
  if (answer.value === undefined) return answer.isSlow ? <Skeleton rows={6} /> : null;
  const { missing } = answer.value;
  if (runs.length < 2)
    return <ChoosePage chosen={runs.map(({ row }) => row.id)} missing={missing} />;
  const comparison = comparisonOf(runs);
  return (
    <ComparisonContext.Provider value={comparison}>
      <Keys comparison={comparison} />
      <Shown comparison={comparison} missing={missing} />
    </ComparisonContext.Provider>
  );
}

function Shown({ comparison, missing }: { comparison: Comparison; missing: readonly string[] }) {
  const { runs, shown, align } = comparison;
  const ids = runs.map(({ row }) => row.id);
  const metrics = useLoaded(
    (signal) =>
      Promise.all(ids.map(async (id) => (await ask('sessionMetrics', { id, signal })).series)),
    JSON.stringify([ids, runs.map(({ row }) => row.samples)]),
  );
  const known = metrics.value?.length === runs.length ? metrics.value : [];
  const ranked = rankSeries(
    runs.map(({ index }) => (shown.includes(runs[index] as never) ? (known[index] ?? []) : [])),
  );
  useEffect(() => {
    if (metrics.value !== undefined || metrics.error !== undefined) markReady('compare');
  }, [metrics.value, metrics.error]);
  return (
    <div class="compare">
      <div class="compare-head">
        <h1>
          {openingOf(runs, ranked).map(({ text, isStrong, outcome }, i) =>
            isStrong ? (
              <b key={i} class={outcome && `ink-${outcome}`}>
                {text}
              </b>
            ) : (
              text
            ),
          )}
        </h1>
        <Segments<Align>
          label="Align at"
          value={align}
          onChange={setAlign}
          segments={[
            { value: 'start', label: 'Start', title: 'The runs begin at the same place (1)' },
            { value: 'death', label: 'Death', title: 'The runs end at the same place (2)' },
            { value: 'clock', label: 'Clock', title: 'The runs stand where they were in time (3)' },
          ]}
        />
        <AddRun ids={ids} products={[...new Set(runs.map(({ row }) => row.product))]} />
        <CopyButton text={link} label="Copy the link" icon="link" class="btn">
          Copy link
        </CopyButton>
      </div>
      {missing.length > 0 && <Missing ids={missing} />}
      <Who />
      <div class="compare-body">
        <Tracks ranked={ranked} answer={metrics} />
        <aside class="compare-side" aria-label="State and events">
          <StateTable />
          <EventCounts />
        </aside>
      </div>
    </div>
  );
}

function AddRun({ ids, products }: { ids: readonly string[]; products: readonly string[] }) {
  if (ids.length >= runsMax) return null;
  return (
    <Popover
      class="btn"
      align="end"
      button={
        <>
          <Icon name="plus" />
          Add
        </>
      }
    >
      {() => (
        <Candidates
          selected={ids}
          products={products}
          onToggle={(id) =>
            showRuns(ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id])
          }
        />
      )}
    </Popover>
  );
}

function Missing({ ids }: { ids: readonly string[] }): ComponentChildren {
  return (
    <p class="failure" role="status">
      <span>
        {ids.length === 1 ? 'One session is' : `${ids.length} sessions are`} not there any more:{' '}
        <span class="mono">{ids.map((id) => id.slice(0, 8)).join(', ')}</span>
      </span>
    </p>
  );
}

function Keys({ comparison }: { comparison: Comparison }) {
  const key = (keys: string, label: string, run: () => void) => ({
    ...{ keys, label, run },
    group: 'Compare',
  });
  useKeys([
    key('ArrowLeft', 'Move the cursor', () => stepCursor(comparison, -0.005)),
    key('ArrowRight', 'Move the cursor', () => stepCursor(comparison, 0.005)),
    key('Shift+ArrowLeft', 'Move the cursor by ten steps', () => stepCursor(comparison, -0.05)),
    key('Shift+ArrowRight', 'Move the cursor by ten steps', () => stepCursor(comparison, 0.05)),
    key('Escape', 'Let the cursor follow the pointer', () => pin(undefined)),
    key('+', 'Zoom', () => zoom(comparison, 0.5)),
    key('-', 'Zoom', () => zoom(comparison, 2)),
    key('0', 'The whole run', () =>
      setQuery({ window: 'all', from: undefined, to: undefined }, { step: true }),
    ),
    key('1', 'Align at start, death, clock', () => setAlign('start')),
    key('2', 'Align at start, death, clock', () => setAlign('death')),
    key('3', 'Align at start, death, clock', () => setAlign('clock')),
    key('d', 'Only differences of the state, or all of it', () =>
      setOnlyDifferences(!onlyDifferences.peek()),
    ),
    key('m', 'Choose the metrics', () =>
      document.querySelector<HTMLButtonElement>('.compare-tracks .track.rest button')?.click(),
    ),
    ...comparison.runs.map(({ letter }) =>
      key(letter, 'Hide or show a run', () => toggleRun(letter)),
    ),
  ]);
  return null;
}

/** The rows of the sessions that there are, in the order asked for, and the ids of those that are gone. */
async function loadRows(ids: readonly string[], signal: AbortSignal) {
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        return (await ask('sessionSummary', { id, signal })).session;
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return id;
        throw error;
      }
    }),
  );
  return {
    rows: found.filter((each) => typeof each !== 'string'),
    missing: found.filter((each) => typeof each === 'string'),
  };
}
