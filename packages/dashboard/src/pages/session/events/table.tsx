/** The rows of the events with the cursor among them: any number, loaded as they come into sight. */
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transforms cannot be those of a table.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows hold buttons, which have the focus.
import { computed } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { query, setQuery } from '../../../address.ts';
import { counted } from '../../../format/number.ts';
import { clock } from '../../../format/time.ts';
import { useKeys } from '../../../keyboard.ts';
import { VirtualList, type VirtualListHandle } from '../../../parts/virtual-list.tsx';
import { Failure } from '../../../parts/waiting.tsx';
import { useSession } from '../model.ts';
import type { LevelCounts } from './counts.ts';
import { EventRow } from './event-row.tsx';
import type { EventFeed } from './feed.ts';
import type { EventFilter } from './filter.ts';
import { Foot } from './foot.tsx';
import { focusRow, stickyPx, useOpening, useReach } from './reach.ts';
import { covers, fatalSeq, indexAt, type Stretch } from './rows.ts';
import { Tools } from './tools.tsx';

/** Heights of a row. */
const rowPx = 32;
const phoneRowPx = 56;

/** Rows before an end of what is loaded at which more is asked for. */
const aheadRows = 40;

/** Head, rows and foot of a stretch of events. */
export function Table({
  feed,
  stretch,
  filter,
  counts,
  list,
}: {
  feed: EventFeed;
  stretch: Stretch;
  filter: EventFilter;
  counts: LevelCounts | undefined;
  list: { current: HTMLDivElement | null };
}) {
  const model = useSession();
  const handle = useRef<VirtualListHandle | null>(null);
  const [seen, setSeen] = useState<[number, number]>([0, 0]);
  const { events } = stretch;
  // Drawn anew only when the cursor passes an event, not with every move of it.
  const [covering, place] = useMemo(
    () => [
      computed(() => covers(stretch, model.cursorMs.value)),
      computed(() => indexAt(stretch.events, model.cursorMs.value)),
    ],
    [stretch, model],
  );
  const isCovered = covering.value;
  const linePlace = place.value;
  const line = isCovered ? linePlace : -1;
  const rows = events.length + (isCovered ? 1 : 0);
  const indexOf = (row: number): number => (isCovered && row > line ? row - 1 : row);
  const rowOf = (index: number): number => (isCovered && index >= line ? index + 1 : index);
  const fatal = model.isLive.value ? undefined : fatalSeq(events, model.endMs.value);
  const opened = openedSeq(query.value.get('event'), fatal);
  const heightPx = innerWidth <= 720 ? phoneRowPx : rowPx;
  const toggle = (seq: number): void => {
    // What opens by itself needs a word for being closed.
    const closed = seq === fatal ? 'none' : undefined;
    setQuery({ event: opened === seq ? closed : seq });
  };
  const reach = useReach(feed, stretch, list, handle);

  useLayoutEffect(() => {
    if (feed.added > 0) scrollBy(0, feed.added * heightPx);
  }, [stretch]);
  useEffect(() => {
    if (seen[1] > rows - aheadRows) feed.load('older');
    if (seen[0] < aheadRows && stretch.newer !== null && scrollY > 0) feed.load('newer');
  }, [seen, stretch]);
  useEffect(() => {
    // A link to an event leads to it.
    const chosen = query.peek().get('event');
    if (chosen !== null) reach.show(rowOf(events.findIndex(({ seq }) => String(seq) === chosen)));
  }, []);
  useOpening(feed, (seq, there) => {
    setQuery({ event: seq });
    reach.show(there.findIndex((event) => event.seq === seq));
  });
  const focused = useRef(-1);
  const move = (by: -1 | 1): void => {
    const at = events.findIndex(({ seq }) => seq === focused.current);
    const next = at < 0 ? Math.min(linePlace, events.length - 1) : at + by;
    const event = events[Math.min(Math.max(next, 0), events.length - 1)];
    if (event === undefined) return;
    focused.current = event.seq;
    handle.current?.reveal(rowOf(events.indexOf(event)));
    focusRow(list.current, event.seq);
  };
  useKeys([
    {
      keys: 'j',
      label: 'Next, previous event (Enter opens it)',
      group: 'Events',
      run: () => move(1),
    },
    {
      keys: 'k',
      label: 'Next, previous event (Enter opens it)',
      group: 'Events',
      run: () => move(-1),
    },
  ]);
  const isLineSeen = isCovered && line >= seen[0] && line <= seen[1];
  return (
    <>
      <Tools
        filter={filter}
        counts={counts}
        toCursor={isLineSeen ? undefined : () => reach.toCursor(line)}
      />
      {feed.waiting > 0 && (
        <button type="button" class="news" onClick={() => reach.toNewest()}>
          {counted(feed.waiting, 'new event')}
        </button>
      )}
      {feed.error !== undefined && <Failure answer={feed} />}
      <div role="table" aria-label="Events, newest first" aria-rowcount={-1} ref={list}>
        <div role="row" class="vh">
          {['Level', 'Time', 'To the end', 'Name', 'Group', 'Message', 'Labels'].map((title) => (
            <span key={title} role="columnheader">
              {title}
            </span>
          ))}
        </div>
        <VirtualList
          role="rowgroup"
          count={rows}
          rowHeight={heightPx}
          topPx={stickyPx}
          handle={handle}
          keyOf={(row) => (row === line ? 'cursor' : (events[indexOf(row)]?.seq ?? row))}
          onSeen={(first, last) => setSeen([first, last])}
          row={(row) => {
            if (row === line) return <CursorLine />;
            const event = events[indexOf(row)];
            if (event === undefined) return null;
            return (
              <EventRow
                event={event}
                isFatal={event.seq === fatal}
                isOpen={event.seq === opened}
                onToggle={() => toggle(event.seq)}
              />
            );
          }}
        />
      </div>
      <Foot stretch={stretch} filter={filter} counts={counts} />
    </>
  );
}

/** The cursor among the events. */
function CursorLine() {
  const { cursorMs } = useSession();
  return (
    <div class="nowline" role="row">
      <span role="cell">cursor {clock(cursorMs.value, 1)}</span>
    </div>
  );
}

/** The event that is open: the chosen one, or what ended the session when nobody chose. */
function openedSeq(chosen: string | null, fatal: number | undefined): number | undefined {
  if (chosen === null) return fatal;
  return /^\d+$/.test(chosen) ? Number(chosen) : undefined;
}
