/** The list under the filter: fields, values with counts, times; the keys that choose from it. */
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { count } from '../format/number.ts';
import { Icon } from '../parts/icon.tsx';
import { type Filter, valuesOf } from './filter.ts';
import type { Draft, Option } from './options.ts';
import { RangeForm } from './range-form.tsx';

/** What can be chosen. */
export function Menu({
  id,
  draft,
  filter,
  options,
  at,
  isAsking,
  onPoint,
  onTake,
  onDone,
}: {
  id: string;
  draft: Draft;
  filter: Filter;
  options: readonly Option[];
  /** The one that Enter takes. */
  at: number;
  isAsking: boolean;
  onPoint: (at: number) => void;
  onTake: (option: Option) => void;
  /** Something was chosen otherwise. */
  onDone: () => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at, options]);
  const ticked = draft.field === undefined ? [] : valuesOf(filter, draft.field);
  return (
    <div class="filter-menu">
      <div class="filter-options" id={id} role="listbox" aria-label="Suggestions" ref={list}>
        {options.map((option, i) => (
          <Fragment key={`${option.group} ${option.field} ${option.value ?? option.continues}`}>
            {options[i - 1]?.group !== option.group && (
              <div class="filter-heading" role="presentation">
                {option.group}
              </div>
            )}
            <OptionLine
              id={`${id}-${i}`}
              option={option}
              typed={draft.text}
              isAlone={option.field === draft.field && option.field !== 'state'}
              isChosen={i === at}
              isTicked={option.value !== undefined && ticked.includes(option.value)}
              onPoint={() => onPoint(i)}
              onTake={() => onTake(option)}
            />
          </Fragment>
        ))}
        {options.length === 0 && (
          <p class="filter-none" role="presentation">
            {isAsking ? 'Looking …' : noneText(draft)}
          </p>
        )}
      </div>
      {draft.field === 'time' && <RangeForm filter={filter} onDone={onDone} />}
      <p class="filter-hint" aria-hidden="true">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Tab</kbd> take
        </span>
        <span>
          <kbd>Esc</kbd> leave
        </span>
      </p>
    </div>
  );
}

function noneText({ field, text }: Draft): string {
  if (field === 'state') return 'path=value, path>3, path, or !path';
  if (text === '') return field === 'text' || field === 'id' ? 'Type on' : 'No values here';
  return 'Nothing begins so';
}

function OptionLine({
  id,
  option,
  typed,
  isAlone,
  isChosen,
  isTicked,
  onPoint,
  onTake,
}: {
  id: string;
  option: Option;
  typed: string;
  /** Whether all options are of one field, which needs not be named again. */
  isAlone: boolean;
  isChosen: boolean;
  isTicked: boolean;
  onPoint: () => void;
  onTake: () => void;
}) {
  const isField = option.value === undefined && option.continues === undefined;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and takes the keys.
    <div
      class="filter-option"
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      onPointerMove={onPoint}
      // The field keeps the focus.
      onPointerDown={(event) => event.preventDefault()}
      onClick={onTake}
    >
      {option.group === 'In events' && <Icon name="search" size={14} />}
      {option.label !== '' && !isAlone && (
        <span class={isField ? '' : 't3'}>
          <Marked text={option.label} start={typed} />
        </span>
      )}
      <span class={isField ? 'clip t3' : 'clip'}>
        <Marked text={option.text} start={isField ? '' : typed} />
      </span>
      {isTicked && <Icon name="check" size={14} />}
      <span class="num">
        {typeof option.count === 'number' ? count(option.count) : option.count}
      </span>
    </div>
  );
}

/** A text with what was typed of it marked. */
function Marked({ text, start }: { text: string; start: string }) {
  const { length } = start;
  if (length === 0 || !text.toLowerCase().startsWith(start.toLowerCase())) return <>{text}</>;
  return (
    <>
      <mark>{text.slice(0, length)}</mark>
      {text.slice(length)}
    </>
  );
}
