/** The page Sessions: every run there is, filtered, sorted, counted, and selected. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { link } from '../../address.ts';
import { useAnswer } from '../../answer.ts';
import { ApiError } from '../../api.ts';
import { chipsOf } from '../../filters/filter.ts';
import { FilterField } from '../../filters/filter-field.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Exports } from '../../parts/exports.tsx';
import { Popover } from '../../parts/popover.tsx';
import type { VirtualListHandle } from '../../parts/virtual-list.tsx';
import { Failure, Skeleton } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { ChooseColumns, useChosenColumns } from './choose-columns.tsx';
import { fittingColumns } from './columns.ts';
import { KeyLine } from './key-line.tsx';
import { useListKeys } from './keys.ts';
import { Narrow } from './narrow.tsx';
import { HowToBegin, NoMatch } from './nothing.tsx';
import './page.css';
import { Picked } from './picked.tsx';
import { rowsOf, selectedIds } from './selection.ts';
import { Table } from './table.tsx';
import { Totals } from './totals.tsx';
import { useRows } from './use-list.ts';
import { useNews } from './use-news.ts';
import { useWayBack } from './way-back.ts';
import { useWidth } from './width.ts';

/** The page. */
export function SessionsPage() {
  const { filter, sorting, answer, store } = useRows();
  const ids = selectedIds();
  const seen = useRef<[number, number]>([0, 0]);
  const handle = useRef<VirtualListHandle>(null);
  const [atId, setAt] = useState<string>();
  const width = useWidth();
  const isPhone = width <= 720;
  const chosen = useChosenColumns();
  const shown = useMemo(() => fittingColumns(chosen, width), [chosen.join(), width]);
  const [reloads, setReloads] = useState(0);
  const reload = (): void => {
    answer.retry();
    setReloads((n) => n + 1);
  };
  const news = useNews({
    ...{ store, filter, sorting, seen },
    hasSelection: ids.length > 0,
    reload,
  });
  const { held } = news;
  const version = `${news.version} ${reloads}`;
  const splits = useAnswer(
    'sessionFacets',
    store === undefined ? undefined : { query: { ...filter, limit: 8 } },
    { version },
  );
  const showNew = (): void => {
    scrollTo(0, 0);
    reload();
  };
  const at = useListKeys({ store, atId, handle, onAt: setAt, onShowNew: showNew });
  useWayBack(store !== undefined, setAt);
  const title = ['Sessions', ...chipsOf(filter).map(({ text }) => text), 'Tacho'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    if (store !== undefined) markReady('sessions');
  }, [store]);

  const isEmpty = store?.count === 0;
  if (isEmpty && Object.keys(filter).length === 0) return <HowToBegin />;
  return (
    <div class="sessions-page">
      <h1 class="vh">Sessions</h1>
      <div class="filters">
        <FilterField>
          <CopyButton
            text={link}
            label="Copy the link to this view"
            icon="link"
            class="btn btn-s btn-quiet"
          >
            Copy link
          </CopyButton>
          <Popover align="end" class="btn btn-s btn-quiet" button="Export">
            {(shut) => (
              <div class="menu">
                <Exports filter={filter} onClick={shut} />
              </div>
            )}
          </Popover>
          <ChooseColumns chosen={chosen} />
        </FilterField>
        <Narrow filter={filter} answer={splits.value} />
      </div>
      <Totals filter={filter} version={version} all={store?.count} />
      {answer.error !== undefined && <Failure answer={answer} />}
      {store === undefined && answer.isSlow && <Skeleton rows={12} />}
      {isEmpty && <NoMatch filter={filter} answer={splits.value} />}
      {store !== undefined && !isEmpty && (
        <Table
          {...{ store, sorting, isPhone, held, atId, handle }}
          columns={shown}
          onSeen={(first, last) => {
            seen.current = [first, last];
            store.see(first, last);
          }}
          onShowNew={showNew}
          onAt={setAt}
        />
      )}
      {store?.error !== undefined && (
        <Failure
          answer={{ error: new ApiError(store.error.message, 0), retry: () => store.retry() }}
        />
      )}
      <Picked ids={ids} rows={store === undefined ? [] : rowsOf(store, ids)} onDeleted={reload} />
      <KeyLine at={at} all={store?.count ?? 0} />
    </div>
  );
}
