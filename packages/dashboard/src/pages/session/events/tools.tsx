/** The head of the events: levels, search, what narrows them, and the ways back to the cursor. */
import type { Level } from '@tacho/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { query, setQuery } from '../../../address.ts';
import { count } from '../../../format/number.ts';
import { useKeys } from '../../../keyboard.ts';
import { Glyph } from '../../../parts/glyph.tsx';
import { Icon } from '../../../parts/icon.tsx';
import type { LevelCounts } from './counts.ts';
import { type EventFilter, fields, levelsDown, withLevel } from './filter.ts';

/** How long typing must rest before the address takes it. */
const restMs = 250;

/** The head; `toCursor` is there when the cursor is out of sight. */
export function Tools({
  filter,
  counts,
  toCursor,
}: {
  filter: EventFilter;
  counts: LevelCounts | undefined;
  toCursor: (() => void) | undefined;
}) {
  return (
    <div class="tools">
      <h2>Events</h2>
      <fieldset class="levels" aria-label="Levels">
        {levelsDown.map((level) => (
          <LevelChip key={level} level={level} filter={filter} counts={counts} />
        ))}
      </fieldset>
      {fields.flatMap((field) =>
        filter[field].map((value) => (
          <button
            key={`${field} ${value}`}
            type="button"
            class="chip narrow"
            aria-label={`Remove the filter ${field} ${value}`}
            onClick={() => toggleValue(field, value)}
          >
            <span class="clip">
              {field}: <b>{value}</b>
            </span>
            <Icon name="close" size={12} />
          </button>
        )),
      )}
      <span class="grow" />
      {toCursor && (
        <button type="button" class="btn btn-s btn-quiet to-cursor" onClick={toCursor}>
          To the cursor
        </button>
      )}
      <SearchField text={filter.text} />
      <button
        type="button"
        class={filter.isInView ? 'chip' : 'chip off'}
        aria-pressed={filter.isInView}
        title="Only events in the stretch of time that the recorder shows"
        onClick={() => setQuery({ inview: filter.isInView ? undefined : 1 }, { step: true })}
      >
        In view only
      </button>
    </div>
  );
}

/** Filters by a value of a field, or no longer. */
export function toggleValue(field: (typeof fields)[number], value: string): void {
  const values = query.peek().getAll(field);
  const rest = values.filter((each) => each !== value);
  setQuery({ [field]: rest.length < values.length ? rest : [...values, value] }, { step: true });
}

function LevelChip({
  level,
  filter,
  counts,
}: {
  level: Level;
  filter: EventFilter;
  counts: LevelCounts | undefined;
}) {
  const isOn = filter.levels.includes(level);
  const number = counts?.[level];
  return (
    <button
      type="button"
      class={isOn ? 'chip' : 'chip off'}
      aria-pressed={isOn}
      aria-label={`${number === undefined ? '' : `${count(number)} `}${level}`}
      onClick={() => setQuery(withLevel(filter, level), { step: true })}
    >
      <Glyph name={level} size={12} />
      {number !== undefined && <b>{count(number)}</b>}
      <span class="word">{level}</span>
    </button>
  );
}

function SearchField({ text }: { text: string }) {
  const [typed, setTyped] = useState(text);
  const field = useRef<HTMLInputElement>(null);
  const isOwn = useRef(false);
  useEffect(() => {
    // What the address says wins, unless it is what was typed here a moment ago.
    if (!isOwn.current) setTyped(text);
    isOwn.current = false;
  }, [text]);
  useEffect(() => {
    if (typed === text) return undefined;
    const resting = setTimeout(() => {
      isOwn.current = true;
      setQuery({ text: typed });
    }, restMs);
    return () => clearTimeout(resting);
  }, [typed]);
  useKeys([
    { keys: '/', label: 'Search the events', group: 'Events', run: () => field.current?.focus() },
  ]);
  return (
    <input
      type="search"
      ref={field}
      value={typed}
      placeholder="Search name, message, exception"
      aria-label="Search events"
      onInput={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        setTyped('');
        field.current?.blur();
      }}
    />
  );
}
