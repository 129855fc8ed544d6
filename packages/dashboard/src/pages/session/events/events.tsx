/** The events of the session: a table that follows the cursor, opens in place, and grows while it lives. */

import { useRef } from 'preact/hooks';
import { query, setQuery } from '../../../address.ts';
import { count } from '../../../format/number.ts';
import { now } from '../../../format/time.ts';
import { isRunning } from '../../../outcome.ts';
import { Empty, Failure, Skeleton } from '../../../parts/waiting.tsx';
import { useRow, useSession } from '../model.ts';
import { type LevelCounts, useLevelCounts } from './counts.ts';
import { useEventFeed } from './feed.ts';
import { type EventFilter, everything, filterOf, isNarrowed, questionOf } from './filter.ts';
import { stickyPx, useAtTop } from './reach.ts';
import { Table } from './table.tsx';
import { Tools } from './tools.tsx';
import './events.css';

/** Events of a session that runs are counted so often. */
const countRefreshMs = 5_000;

/** While it runs, the view moves all the time; the filter by view takes steps of this. */
const liveStepMs = 60_000;

/** Table and head. */
export function Events() {
  const model = useSession();
  const row = useRow();
  const filter = filterOf(query.value);
  const range = useRange(filter.isInView);
  const list = useRef<HTMLDivElement>(null);
  const isAtTop = useAtTop(list, stickyPx);
  const opened = query.value.get('event');
  const feed = useEventFeed(
    model,
    row.id,
    { ...questionOf(filter), ...range },
    {
      filter,
      isAtTop,
      ...(opened !== null && /^\d+$/.test(opened) && { first: `seq:${opened}` }),
    },
  );
  // While it runs, numbers follow in steps: counting costs the server more than listing.
  const version = isRunning(row) ? Math.floor(now.value / countRefreshMs) : row.events;
  const counts = useLevelCounts(row.id, filter, range, version);
  const { stretch } = feed;
  return (
    <section class="log" aria-label="Events">
      {stretch !== undefined && stretch.events.length > 0 ? (
        <Table feed={feed} stretch={stretch} filter={filter} counts={counts} list={list} />
      ) : (
        <>
          <Tools filter={filter} counts={counts} toCursor={undefined} />
          {feed.error !== undefined && <Failure answer={feed} />}
          {feed.error === undefined && stretch === undefined && <Skeleton rows={8} />}
          {feed.error === undefined && stretch !== undefined && (
            <None filter={filter} counts={counts} />
          )}
        </>
      )}
    </section>
  );
}

function None({ filter, counts }: { filter: EventFilter; counts: LevelCounts | undefined }) {
  const hidden = counts?.debug ?? 0;
  const isFiltered = isNarrowed(filter) || filter.isInView || filter.levels.length < 4;
  if (!isFiltered && hidden === 0) {
    return (
      <Empty title="No events yet">
        <p>What the program reports with a name and a level stands here, newest first.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No event matches">
      <p>
        <button
          type="button"
          class="link"
          onClick={() =>
            setQuery({ ...everything, ...(hidden === 0 && { level: undefined }) }, { step: true })
          }
        >
          Show all events
        </button>
        {hidden > 0 && !filter.levels.includes('debug') && `: ${count(hidden)} are of level debug`}
      </p>
    </Empty>
  );
}

/** The stretch of time that the filter by view asks for. */
function useRange(isInView: boolean): { from?: number; to?: number } {
  const { view, isLive, isViewChosen } = useSession();
  if (!isInView) return {};
  const [from, to] = view.value;
  if (!isLive.value || isViewChosen.value) return { from: Math.max(0, from), to };
  return { from: Math.max(0, Math.floor(from / liveStepMs) * liveStepMs) };
}
