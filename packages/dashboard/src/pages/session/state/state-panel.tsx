/** The state at the cursor: what it was, what had just changed, and the ways to other revisions. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count, counted } from '../../../format/number.ts';
import { clock, duration, full } from '../../../format/time.ts';
import { useKeys } from '../../../keyboard.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Failure, Skeleton } from '../../../parts/waiting.tsx';
import { useRow, useSession } from '../model.ts';
import { endName } from '../recorder/ending.ts';
import { type Comparison, compareSince, useComparison } from './comparison.ts';
import { useSheet } from './sheet.ts';
import { SinceMenu } from './since-menu.tsx';
import { StateTree } from './state-tree.tsx';
import { changeCount, changedRows, treeRows } from './tree.ts';
import './state.css';

/** How long the number of changes must stand before it is read aloud. */
const restMs = 600;

/** The panel beside the tracks; on a phone a sheet that is pulled up. */
export function StatePanel() {
  const comparison = useComparison();
  const sheet = useSheet();
  const [filter, setFilter] = useState('');
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const { shown, error } = comparison;
  const to = shown.state?.state;
  const from = shown.base?.state;
  const rows = useMemo(() => {
    if (to === undefined) return [];
    return sheet.isClosed ? changedRows(from, to) : treeRows({ from, to, folds, filter });
  }, [from, to, folds, filter, sheet.isClosed]);
  const changes = useMemo(() => (to === undefined ? 0 : changeCount(from, to)), [from, to]);
  useKeys([
    { keys: '[', label: 'Previous, next revision', group: 'State', run: () => comparison.step(-1) },
    { keys: ']', label: 'Previous, next revision', group: 'State', run: () => comparison.step(1) },
  ]);
  return (
    <aside class={`state ${sheet.isOpen ? 'open' : ''}`} aria-label="State at the cursor">
      <div class="inner" ref={sheet.place}>
        <Header sheet={sheet} />
        <Revisions comparison={comparison} />
        <div class="versus">
          <ChangeWords comparison={comparison} changes={changes} />
          <SinceMenu since={comparison.since} />
        </div>
        <input
          class="find"
          type="search"
          placeholder="Filter keys and values"
          aria-label="Filter the state"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        {error !== undefined && <Failure answer={comparison} />}
        {error === undefined && to === undefined && <Skeleton rows={8} />}
        {to !== undefined && (
          <StateTree
            rows={rows}
            none={noneWords(sheet.isClosed, filter)}
            onFold={(key, isOpen) => setFolds(new Map(folds).set(key, isOpen))}
          />
        )}
      </div>
    </aside>
  );
}

function Header({ sheet }: { sheet: ReturnType<typeof useSheet> }) {
  const model = useSession();
  const end = endName(useRow());
  const cursorMs = model.cursorMs.value;
  const isVersus = model.versusMs.value === cursorMs;
  const isAtEnd = Math.abs(cursorMs - model.endMs.value) < 1;
  return (
    <header {...sheet.grip}>
      <h2>State</h2>
      <time title={full(cursorMs)}>{clock(cursorMs, 1)}</time>
      <button
        type="button"
        class="iconbtn pin-time"
        aria-pressed={isVersus}
        title="Pin this instant to compare with it"
        aria-label="Pin this instant to compare with it"
        onClick={() => compareSince(isVersus ? 'previous' : 'pinned', cursorMs)}
      >
        <Icon name="pin" size={14} />
      </button>
      <span class="grow" />
      <button
        type="button"
        class="btn btn-s btn-quiet"
        aria-pressed={isAtEnd}
        onClick={() => model.setCursor(model.endMs.peek(), { pin: true })}
      >
        {end === 'now' ? 'Now' : `At ${end}`}
        <span class="keys">
          <kbd>G</kbd> <kbd>D</kbd>
        </span>
      </button>
      <button
        type="button"
        class="iconbtn pull"
        aria-expanded={sheet.isOpen}
        aria-label={sheet.isOpen ? 'Only what changed' : 'The whole state'}
        onClick={sheet.toggle}
      >
        <Icon name={sheet.isOpen ? 'down' : 'up'} />
      </button>
    </header>
  );
}

/** Slider and steps through the revisions. */
function Revisions({ comparison: { current, goTo, step } }: { comparison: Comparison }) {
  const { patches } = useRow();
  const revision = current?.revision ?? 0;
  const share = patches === 0 ? 1 : revision / patches;
  return (
    <div class="revs">
      <button
        type="button"
        class="iconbtn"
        aria-label="Previous revision"
        title="Previous revision  ["
        disabled={revision === 0}
        onClick={() => step(-1)}
      >
        <Icon name="left" />
      </button>
      <input
        type="range"
        aria-label="Revision"
        aria-valuetext={`revision ${revision} of ${patches}`}
        min={0}
        max={Math.max(patches, 1)}
        value={patches === 0 ? 1 : revision}
        disabled={patches === 0}
        style={{ '--at': `${share * 100}%` }}
        onInput={(event) => goTo(Number(event.currentTarget.value))}
      />
      <button
        type="button"
        class="iconbtn"
        aria-label="Next revision"
        title="Next revision  ]"
        disabled={revision >= patches}
        onClick={() => step(1)}
      >
        <Icon name="right" />
      </button>
      <output>
        rev <b>{count(revision)}</b> of {count(patches)}
      </output>
    </div>
  );
}

/** How much changed; those who hear the page are told when the cursor rests. */
function ChangeWords({ comparison, changes }: { comparison: Comparison; changes: number }) {
  const { cursorMs, versusMs } = useSession();
  const { current, since, shown } = comparison;
  const keys = counted(changes, 'key');
  const said = useRested(`${keys} changed`);
  const behindMs = current === undefined ? 0 : cursorMs.value - current.madeMs;
  const isStart = current?.revision === 0 && since === 'previous';
  const isKnown = shown.base !== undefined && !isStart;
  const isLater = since === 'pinned' && (versusMs.value ?? 0) > cursorMs.value;
  return (
    <span class="clip">
      {isStart && 'the state at the start'}
      {isKnown && changes === 0 && 'nothing changed'}
      {isKnown && changes > 0 && (
        <>
          <b>{keys}</b> {isLater ? 'differ' : 'changed'}
          {since === 'previous' && behindMs > 100 ? ` ${duration(behindMs)} before` : ''}
        </>
      )}
      <span class="vh" role="status">
        {said}
      </span>
    </span>
  );
}

/** A text once it has not changed for a while. */
function useRested(text: string): string {
  const [rested, setRested] = useState('');
  const isFirst = useRef(true);
  useEffect(() => {
    // What was there when the page came is read with the page.
    if (isFirst.current) {
      isFirst.current = false;
      return undefined;
    }
    const timer = setTimeout(() => setRested(text), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

function noneWords(isClosed: boolean, filter: string): string {
  if (isClosed) return 'Nothing changed here';
  return filter === '' ? 'The state is empty' : 'No key or value holds this text';
}
