/** The filter of a page: its parts as chips, and a field to add one, with suggestions. Kept in the address. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { query, setQuery } from '../address.ts';
import { useKeys } from '../keyboard.ts';
import { Icon } from '../parts/icon.tsx';
import './filters.css';
import { FilterChip } from './chip.tsx';
import { fieldOf } from './fields.ts';
import { type Chip, chipsOf, type Filter, readFilter } from './filter.ts';
import { Menu } from './menu.tsx';
import { nothingTyped } from './options.ts';
import { editedOf, useTyping } from './typing.ts';

/** The filter of the page. It reads the address and writes it, so that others may as well. */
export function FilterField({
  group = 'Sessions',
  placeholder = 'Add a filter, or search in events',
  children,
}: {
  /** Heading of its keys in the help. */
  group?: string;
  placeholder?: string;
  /** What stands at its end. */
  children?: ComponentChildren;
}) {
  const filter = readFilter(query.value);
  const chips = chipsOf(filter);
  const typing = useTyping(filter);
  const { draft, isOpen, begin, end } = typing;
  const place = useRef<HTMLDivElement>(null);
  useKeys([{ keys: '/', label: 'Filter', group, run: () => begin(nothingTyped) }]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const leave = (event: Event): void => {
      const target = event.target as Node;
      // A press on a label gives the focus to what is around it, for a moment.
      if (event.type === 'focusin' && target.contains(place.current)) return;
      if (!place.current?.contains(target)) end();
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [isOpen]);
  return (
    <search class="filter-field" ref={place}>
      <Icon name="filter" />
      <div class="filter-parts">
        {chips.map((chip) => (
          <FilterChip
            key={chip.key}
            chip={chip}
            isEdited={draft.field === chip.field && draft.editing === editedOf(chip)}
            onEdit={() => typing.edit(chip)}
            onRemove={() => {
              setQuery(chip.removal, { step: true });
              begin(nothingTyped, false);
            }}
          />
        ))}
        <Typing typing={typing} filter={filter} last={chips.at(-1)} placeholder={placeholder} />
      </div>
      {children}
    </search>
  );
}

/** Where somebody types, and the list below. */
function Typing({
  typing,
  filter,
  last,
  placeholder,
}: {
  typing: ReturnType<typeof useTyping>;
  filter: Filter;
  /** The chip that Backspace takes away. */
  last: Chip | undefined;
  placeholder: string;
}) {
  const { draft, isOpen, options, at } = typing;
  const id = useId();
  const name = draft.field === undefined ? undefined : fieldOf(draft.field).label;
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Backspace' || draft.text !== '') typing.press(event);
    else if (name !== undefined) typing.begin(nothingTyped);
    else if (last !== undefined) setQuery(last.removal, { step: true });
  };
  return (
    <span class="filter-typing">
      {name !== undefined && <span class="filter-prefix">{name}</span>}
      <input
        ref={typing.input}
        role="combobox"
        aria-label={name ?? 'Add a filter'}
        aria-expanded={isOpen}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && options.length > 0 ? `${id}-${at}` : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder={name === undefined ? placeholder : ''}
        value={draft.text}
        onInput={(event) => typing.type(event.currentTarget.value)}
        onClick={typing.open}
        onKeyDown={press}
      />
      {isOpen && (
        <Menu
          id={id}
          draft={draft}
          filter={filter}
          options={options}
          at={at}
          isAsking={typing.isAsking}
          onPoint={typing.point}
          onTake={typing.take}
          onDone={() => typing.begin(nothingTyped, false)}
        />
      )}
    </span>
  );
}
