/** The rows of the state tree: those in sight, however many keys there are. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useKeys } from '../../../keyboard.ts';
import { Icon } from '../../../parts/icon.tsx';
import { useSession } from '../model.ts';
import { KeyMenu } from './key-menu.tsx';
import { edgesOf, isTall, rowsWithin, type TreeRow, textOf } from './tree.ts';

/** Rows beyond the edges of the window are drawn up to here, in pixels. */
const marginPx = 240;

/** Where the menu of a key stands. */
interface MenuAt {
  row: TreeRow;
  x: number;
  y: number;
}

/** The tree; `none` is said when there is no row. */
export function StateTree({
  rows,
  none,
  onFold,
}: {
  rows: readonly TreeRow[];
  none: string;
  onFold: (key: string, isOpen: boolean) => void;
}) {
  const model = useSession();
  const place = useRef<HTMLDivElement>(null);
  const edges = useMemo(() => edgesOf(rows), [rows]);
  const [[top, height], setWindow] = useState<[number, number]>([0, 800]);
  const [activeKey, setActiveKey] = useState('');
  const [menu, setMenu] = useState<MenuAt>();
  const [first, end] = rowsWithin(edges, top - marginPx, top + height + marginPx);
  const active = rows.findIndex(({ key }) => key === activeKey);

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const look = (): void => setWindow([element.scrollTop, element.clientHeight]);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  const activate = (index: number): void => {
    const at = Math.min(Math.max(index, 0), rows.length - 1);
    const row = rows[at];
    const element = place.current;
    if (row === undefined || element === null) return;
    setActiveKey(row.key);
    const [from, to] = [edges[at] as number, edges[at + 1] as number];
    if (from < element.scrollTop) element.scrollTop = from;
    else if (to > element.scrollTop + element.clientHeight) {
      element.scrollTop = to - element.clientHeight;
    }
  };
  const openMenu = (row: TreeRow, element: Element | null | undefined): void => {
    const box = element?.getBoundingClientRect();
    if (box) setMenu({ row, x: box.left + 24, y: box.bottom });
  };
  const openActive = (row: TreeRow): void =>
    openMenu(row, place.current?.querySelector('[data-active]'));
  useKeys([
    {
      ...{ keys: 'p', label: 'Pin the key as a lane', group: 'State' },
      run: () => {
        const row = rows[active];
        if (row !== undefined) model.togglePin(row.path);
        else {
          place.current?.focus();
          activate(rows.findIndex(({ mark }) => mark !== undefined));
        }
      },
    },
  ]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (keyOnTree(event.key, { rows, active, activate, onFold, openMenu: openActive })) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <>
      <div
        class="tree"
        ref={place}
        role="tree"
        tabIndex={0}
        aria-label="State"
        aria-activedescendant={active >= 0 ? `state-${active}` : undefined}
        onKeyDown={onKeyDown}
      >
        {rows.length === 0 && <p class="none">{none}</p>}
        <div role="presentation" class="rows" style={{ height: `${edges.at(-1)}px` }}>
          {rows.slice(first, end).map((row, i) => (
            <Row
              key={row.key}
              row={row}
              index={first + i}
              top={edges[first + i] as number}
              isActive={first + i === active}
              isPinned={model.pins.value.includes(row.path)}
              onClick={(event) => {
                setActiveKey(row.key);
                const isOnKey = (event.target as Element).closest('.k') !== null;
                if (row.fold !== undefined && !isOnKey) onFold(row.key, row.fold === 'closed');
                else openMenu(row, event.currentTarget as Element);
              }}
            />
          ))}
        </div>
      </div>
      {menu !== undefined && (
        <KeyMenu
          {...menu}
          close={() => {
            setMenu(undefined);
            place.current?.focus({ preventScroll: true });
          }}
        />
      )}
    </>
  );
}

function Row({
  row,
  index,
  top,
  isActive,
  isPinned,
  onClick,
}: {
  row: TreeRow;
  index: number;
  top: number;
  isActive: boolean;
  isPinned: boolean;
  onClick: (event: MouseEvent) => void;
}) {
  const { name, path, depth, mark, fold } = row;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the tree has the focus and the keys, and names its active row.
    <div
      id={`state-${index}`}
      class={mark === undefined ? 'row' : 'row chg'}
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={fold === undefined ? undefined : fold === 'open'}
      aria-selected={isActive}
      data-active={isActive ? '' : undefined}
      style={{ transform: `translateY(${top}px)`, '--d': String(Math.min(depth, 4)) }}
      onClick={onClick}
    >
      <span class="m">
        {fold !== undefined && mark === undefined ? (
          <Icon name={fold === 'open' ? 'down' : 'right'} size={14} />
        ) : (
          mark
        )}
      </span>
      <span class="k" title={path}>
        {name === '' ? '""' : name}
        {isPinned && <Icon name="pin" size={11} />}
      </span>
      <Value row={row} />
    </div>
  );
}

function Value({ row }: { row: TreeRow }) {
  const { value, old, mark, fold, changesInside } = row;
  if (fold === 'open') return <span class="v" />;
  if (fold === 'closed' && mark === undefined) {
    const size = Object.keys(value as object).length;
    return (
      <span class="v n">
        {Array.isArray(value) ? `[${size}]` : `{${size}}`}
        {changesInside > 0 && ` ${changesInside} changed`}
      </span>
    );
  }
  const text = textOf(value);
  if (mark === '−') return <del class="v old">{text}</del>;
  if (old === undefined) return <span class="v">{text}</span>;
  if (isTall(row)) {
    return (
      <span class="v">
        <del class="was old">{textOf(old)}</del>
        {text}
      </span>
    );
  }
  return (
    <span class="v">
      <del class="old">{textOf(old)}</del> <span class="arrow">→</span> {text}
    </span>
  );
}

/** What the keys of a tree do; whether this was one of them. */
function keyOnTree(
  key: string,
  on: {
    rows: readonly TreeRow[];
    active: number;
    activate: (index: number) => void;
    onFold: (key: string, isOpen: boolean) => void;
    openMenu: (row: TreeRow) => void;
  },
): boolean {
  const { rows, active, activate, onFold } = on;
  const row = rows[active];
  if (key === 'ArrowDown') activate(active + 1);
  else if (key === 'ArrowUp') activate(active < 0 ? 0 : active - 1);
  else if (key === 'Home') activate(0);
  else if (key === 'End') activate(rows.length - 1);
  else if (row === undefined) return false;
  else if (key === 'ArrowRight' && row.fold !== undefined) {
    if (row.fold === 'open') activate(active + 1);
    else onFold(row.key, true);
  } else if (key === 'ArrowLeft') {
    if (row.fold === 'open') onFold(row.key, false);
    else activate(rows.findLastIndex(({ depth }, i) => i < active && depth < row.depth));
  } else if (key === 'Enter' || key === ' ') on.openMenu(row);
  else return false;
  return true;
}
