/** Typing a filter: the text, what can be chosen, the keys, and what a choice changes. */
import { useRef, useState } from 'preact/hooks';
import { setQuery } from '../address.ts';
import { singleFields } from './fields.ts';
import {
  adding,
  type Chip,
  type Filter,
  type FilterChange,
  replacing,
  toggling,
} from './filter.ts';
import { type Draft, nothingTyped, type Option, typed } from './options.ts';
import { useOptions } from './use-options.ts';

/** What is typed, what can be chosen, and which of it is about to be. */
export function useTyping(filter: Filter) {
  const [draft, setDraft] = useState<Draft>(nothingTyped);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const { options, isAsking } = useOptions(isOpen ? draft : undefined, filter);
  const chosen = Math.min(at, Math.max(0, options.length - 1));

  const begin = (next: Draft, opens = next.field !== undefined): void => {
    setDraft(next);
    setAt(0);
    setOpen(opens);
    input.current?.focus();
  };
  const end = (): void => {
    setOpen(false);
    setDraft((old) => (old.field === undefined && old.editing === undefined ? old : nothingTyped));
  };
  const take = (option: Option): void => {
    if (option.continues !== undefined) {
      begin({ ...draft, field: 'state', text: option.continues });
    } else if (option.value === undefined) {
      begin({ field: option.field, text: '' });
    } else {
      setQuery(changeOf(filter, draft, option.field, option.value), { step: true });
      const goesOn = draft.editing === '' && !singleFields.includes(option.field);
      begin(goesOn ? { ...draft, text: '' } : nothingTyped, goesOn);
      if (goesOn) setAt(chosen);
    }
  };
  const press = (event: KeyboardEvent): void => {
    const option = options[chosen];
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      const step = key === 'ArrowDown' ? 1 : -1;
      if (isOpen) setAt((chosen + step + options.length) % Math.max(1, options.length));
      else setOpen(true);
    } else if (key === 'Escape') {
      if (isOpen || draft.field !== undefined || draft.text !== '') begin(nothingTyped, false);
      else input.current?.blur();
    } else if ((key === 'Enter' || (key === 'Tab' && !event.shiftKey)) && isOpen && option) {
      // Tab leaves the field where nobody has typed anything.
      if (key === 'Tab' && draft.text === '' && draft.field === undefined) {
        end();
        return;
      }
      take(option);
    } else return;
    event.preventDefault();
  };
  return {
    draft,
    input,
    isOpen,
    isAsking,
    options,
    at: chosen,
    begin,
    end,
    take,
    press,
    open: () => setOpen(true),
    point: setAt,
    type: (text: string): void => {
      setDraft(typed(draft, text));
      setAt(0);
      setOpen(true);
    },
    edit: (chip: Chip): void => {
      const editing = editedOf(chip);
      begin({ field: chip.field, text: editing, editing });
      // What is there is chosen, so that typing replaces it.
      requestAnimationFrame(() => input.current?.select());
    },
  };
}

/** The one value that a click on a chip edits; of fields whose values are ticked in the list, none. */
export function editedOf({ field, values }: Chip): string {
  const isTyped = field === 'state' || field === 'text' || (field === 'id' && values.length === 1);
  return isTyped ? (values[0] ?? '') : '';
}

function changeOf(
  filter: Filter,
  { editing }: Draft,
  field: Option['field'],
  value: string,
): FilterChange {
  if (editing === undefined) return adding(filter, field, value);
  if (editing !== '') return replacing(filter, field, editing, value);
  return toggling(filter, field, value);
}
