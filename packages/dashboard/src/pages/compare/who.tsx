/** Who is compared: a letter, a line and how it ended, for each run. */
import { href } from '../../address.ts';
import { seriesDash } from '../../chart/series.ts';
import { duration } from '../../format/time.ts';
import { Glyph } from '../../parts/glyph.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Time } from '../../parts/time.tsx';
import type { Run } from './runs.ts';
import { showRuns, toggleRun, useComparison } from './view.ts';

/** A card per run. */
export function Who() {
  const { runs } = useComparison();
  return (
    <ol class="who" aria-label="Compared sessions">
      {runs.map((run) => (
        <Card key={run.row.id} run={run} />
      ))}
    </ol>
  );
}

/** The letter of a run, in its colour. */
export function Letter({ run }: { run: Run }) {
  return (
    <span class={`letter series-${run.index + 1}`} aria-hidden="true">
      {run.letter}
    </span>
  );
}

function Card({ run }: { run: Run }) {
  const { runs, shown, raised } = useComparison();
  const { row, outcome, letter } = run;
  const isShown = shown.includes(run);
  return (
    <li
      class={isShown ? 'who-run' : 'who-run is-hidden'}
      onPointerEnter={() => {
        raised.value = letter;
      }}
      onPointerLeave={() => {
        raised.value = undefined;
      }}
    >
      <button
        type="button"
        class={`who-line series-${run.index + 1}`}
        aria-pressed={isShown}
        aria-label={`Run ${letter}: ${row.product} ${row.version}`}
        title={isShown ? `Hide run ${letter}` : `Show run ${letter}`}
        onClick={() => toggleRun(letter)}
      >
        <Letter run={run} />
        <svg width="24" height="6" viewBox="0 0 24 6" aria-hidden="true">
          <path class="who-dash" d="M1 3H23" stroke-dasharray={seriesDash(run.index).join(' ')} />
        </svg>
      </button>
      <a class="who-verdict" href={href(`sessions/${row.id}`)} title={sentenceOf(run)}>
        <Glyph name={outcome} />
        <span class="clip">
          <Sentence run={run} />
        </span>
      </a>
      <span class="who-meta clip">
        {row.product} <b>{row.version}</b> · <b>{row.machine_id ?? row.hostname ?? 'no machine'}</b>{' '}
        · <Time at={row.created_at} form="day" /> · {duration(row.duration_ms)}
      </span>
      <button
        type="button"
        class="iconbtn"
        aria-label={`Remove run ${letter}`}
        title={`Remove run ${letter}`}
        onClick={() => showRuns(runs.filter((each) => each !== run).map((each) => each.row.id))}
      >
        <Icon name="close" size={14} />
      </button>
    </li>
  );
}

/** How the run ended, its first word in the hue of the outcome. */
function Sentence({ run }: { run: Run }) {
  const [first = '', ...rest] = sentenceOf(run).split(' ');
  if (run.outcome === 'clean') return <span class="t2">{sentenceOf(run)}</span>;
  return (
    <>
      <b class={`ink-${run.outcome}`}>{first}</b> {rest.join(' ')}
    </>
  );
}

function sentenceOf({ row }: Run): string {
  return row.cause?.sentence ?? `Alive for ${duration(row.duration_ms)}, ${row.liveness}`;
}
