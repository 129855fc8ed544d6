/** How the sessions of the list stand, in counts and as shares: a click isolates one kind. */
import { setQuery } from '../../address.ts';
import { useAnswer } from '../../answer.ts';
import {
  type Filter,
  statusChange,
  statuses,
  statusOf,
  withoutNames,
} from '../../filters/filter.ts';
import { countStatuses } from '../../filters/status-counts.ts';
import { count, percent } from '../../format/number.ts';
import { isPaused } from '../../live.ts';
import { outcomeLabels, type ShownOutcome } from '../../outcome.ts';
import { Glyph } from '../../parts/glyph.tsx';
import { Icon } from '../../parts/icon.tsx';

/** The row of totals. `version` counts anew when it rises; `all` is what is known before. */
export function Totals({
  filter,
  version,
  all,
}: {
  filter: Filter;
  version: unknown;
  all: number | undefined;
}) {
  const status = statusOf(filter);
  // What is isolated can be left again, so the others are counted as if it was not.
  const around = status === undefined ? filter : withoutNames(filter, ['lifecycle', 'cause']);
  const { value } = useAnswer(
    'sessionFacets',
    { query: { ...around, field: 'cause', limit: 50 } },
    { version },
  );
  const counts = countStatuses(value?.values ?? []);
  const sessions = value?.totals.sessions ?? (status === undefined ? all : undefined);
  return (
    <div class="totals">
      <fieldset class="kinds" aria-label="Kinds of sessions">
        <button
          type="button"
          aria-pressed={status === undefined}
          onClick={() => setQuery(statusChange(undefined), { step: true })}
        >
          All <b>{sessions === undefined ? '' : count(sessions)}</b>
        </button>
        {statuses
          .filter((each) => each === status || (counts.get(each) ?? 0) > 0)
          .map((each) => (
            <Kind key={each} status={each} n={counts.get(each) ?? 0} isOn={each === status} />
          ))}
      </fieldset>
      <button
        type="button"
        class="btn btn-s btn-quiet pause"
        aria-pressed={isPaused.value}
        title={isPaused.value ? 'Go on showing what is new' : 'Hold back what is new'}
        onClick={() => {
          isPaused.value = !isPaused.value;
        }}
      >
        <Icon name={isPaused.value ? 'play' : 'pause'} size={14} />
        {isPaused.value ? 'Paused' : 'Pause'}
      </button>
      <Shares counts={counts} />
    </div>
  );
}

function Kind({ status, n, isOn }: { status: ShownOutcome; n: number; isOn: boolean }) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={() => setQuery(statusChange(isOn ? undefined : status), { step: true })}
    >
      <Glyph name={status} size={14} />
      <b>{count(n)}</b> {outcomeLabels[status]}
    </button>
  );
}

function Shares({ counts }: { counts: ReadonlyMap<ShownOutcome, number> }) {
  const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
  if (all === 0) return <span class="shares" />;
  const there = statuses.filter((each) => (counts.get(each) ?? 0) > 0);
  const title = there
    .map((each) => `${outcomeLabels[each]} ${percent((counts.get(each) ?? 0) / all, 1)} %`)
    .join('\n');
  return (
    <span class="shares" title={title} aria-hidden="true">
      {there.map((each) => (
        <i key={each} class={`share-${each}`} style={{ flexGrow: String(counts.get(each)) }} />
      ))}
    </span>
  );
}
