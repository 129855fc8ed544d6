/** The table of sessions: heads that sort, the line of what is held back, and rows of any number. */
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by transforms cannot be those of a table.
// biome-ignore-all lint/a11y/useFocusableInteractive: heads hold buttons, which have the focus.
import { useRef } from 'preact/hooks';
import { go, href } from '../../address.ts';
import { counted } from '../../format/number.ts';
import { isPaused } from '../../live.ts';
import { Icon } from '../../parts/icon.tsx';
import { VirtualList, type VirtualListHandle } from '../../parts/virtual-list.tsx';
import { type Column, gridTracks } from './columns.ts';
import { Row } from './row.tsx';
import type { RowStore } from './row-store.ts';
import { select, selectedIds, selectRange, toggle } from './selection.ts';
import { type Sorting, sortBy } from './use-list.ts';
import { leaveList } from './way-back.ts';

/** What sticks to the top over the rows: bar, totals, heads. */
const stickyPx = { wide: 48 + 48 + 32, phone: 48 + 44 };

/** The keys at the bottom; on a phone the tabs. */
const bottomPx = { wide: 32, phone: 56 };

/** What the table is told. */
export interface TableProps {
  store: RowStore;
  sorting: Sorting;
  columns: readonly Column[];
  isPhone: boolean;
  /** Sessions that wait to be shown. */
  held: number;
  /** Id of the row that keys act on. */
  atId: string | undefined;
  handle: { current: VirtualListHandle | null };
  onSeen: (first: number, last: number) => void;
  onShowNew: () => void;
  onAt: (id: string | undefined) => void;
}

/** The table. */
export function Table(props: TableProps) {
  const { store, sorting, columns, isPhone, held, atId, handle } = props;
  const lastSelected = useRef(0);
  const selected = new Set(selectedIds());
  const width = isPhone ? 'phone' : 'wide';
  const selecting = useRef<(index: number, isRange: boolean) => void>(() => {});
  selecting.current = (index, isRange) => {
    const row = store.row(index);
    if (row === undefined) return;
    if (isRange) selectRange(store, lastSelected.current, index);
    else toggle(row.id);
    lastSelected.current = index;
    props.onAt(row.id);
  };
  // One for all rows and all times, so that none of them is drawn anew because of it.
  const { current: selectRow } = useRef((index: number, isRange: boolean) =>
    selecting.current(index, isRange),
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: each row has a link, and the keys of the list open it.
    <div
      class="sessions"
      role="table"
      aria-label="Sessions"
      aria-rowcount={store.count + 1}
      style={{ '--tracks': gridTracks(columns) }}
      onClickCapture={() => leaveList(atId)}
      onClick={openRow}
    >
      <div role="rowgroup" class="heads">
        <Heads columns={columns} sorting={sorting} store={store} selected={selected} />
      </div>
      {held > 0 && <HeldBack n={held} hasSelection={selected.size > 0} onShow={props.onShowNew} />}
      <VirtualList
        key={width}
        role="rowgroup"
        count={store.count}
        rowHeight={isPhone ? 80 : 32}
        keyOf={(index) => store.row(index)?.id ?? index}
        handle={handle}
        topPx={stickyPx[width]}
        bottomPx={bottomPx[width]}
        onSeen={props.onSeen}
        row={(index) => {
          const row = store.row(index);
          return (
            <Row
              row={row}
              index={index}
              columns={columns}
              isPhone={isPhone}
              isSelected={row !== undefined && selected.has(row.id)}
              isAt={row !== undefined && row.id === atId}
              onSelect={selectRow}
            />
          );
        }}
      />
    </div>
  );
}

/** A click anywhere in a row opens it; links and boxes know what to do by themselves. */
function openRow(event: MouseEvent): void {
  const target = event.target as Element;
  if (event.defaultPrevented || target.closest('a, input, button, .cell-box') !== null) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || getSelection()?.isCollapsed === false) {
    return;
  }
  const id = target.closest<HTMLElement>('[data-id]')?.dataset.id;
  if (id !== undefined) go(href(`sessions/${id}`));
}

function Heads({
  columns,
  sorting,
  store,
  selected,
}: Pick<TableProps, 'columns' | 'sorting' | 'store'> & { selected: ReadonlySet<string> }) {
  return (
    <div class="session-row head" role="row" aria-rowindex={1}>
      <span role="columnheader" class="cell-box">
        <input
          type="checkbox"
          class="box"
          checked={selected.size > 0}
          aria-label={selected.size > 0 ? 'Clear the selection' : 'Select the first sessions'}
          onClick={() => {
            if (selected.size > 0) select([]);
            else select([...store.loaded()].map(([, row]) => row.id));
          }}
        />
      </span>
      <span role="columnheader">
        <span class="vh">Status</span>
      </span>
      {columns.map((column) => (
        <Head key={column.name} column={column} sorting={sorting} />
      ))}
    </div>
  );
}

function Head({
  column: { label, sort, isNumber = false },
  sorting,
}: {
  column: Column;
  sorting: Sorting;
}) {
  const look = isNumber ? 'num' : '';
  if (sort === undefined) {
    return (
      <span role="columnheader" class={look}>
        {label}
      </span>
    );
  }
  const isOn = sorting.sort === sort;
  const direction = sorting.order === 'asc' ? 'ascending' : 'descending';
  return (
    <span role="columnheader" class={look} aria-sort={isOn ? direction : 'none'}>
      <button type="button" onClick={() => sortBy(sort, sorting)}>
        {label}
        {isOn && <span aria-hidden="true">{sorting.order === 'asc' ? ' ↑' : ' ↓'}</span>}
      </button>
    </span>
  );
}

function HeldBack({
  n,
  hasSelection,
  onShow,
}: {
  n: number;
  hasSelection: boolean;
  onShow: () => void;
}) {
  const number = Number.isFinite(n) ? counted(n, 'new session') : 'New sessions';
  const why = isPaused.value
    ? 'held back while paused'
    : hasSelection
      ? 'held back while rows are selected'
      : 'held back while you are further down';
  return (
    <div class="held" role="status">
      <button type="button" onClick={onShow}>
        <Icon name="up" size={12} />
        {number} <kbd>N</kbd>
      </button>
      <span>{why}</span>
    </div>
  );
}
