/** A range of time from one instant to another, in local times. */
import { useState } from 'preact/hooks';
import { setQuery } from '../address.ts';
import { type Filter, valuesOf } from './filter.ts';
import { fieldText, instantOfField } from './range.ts';

/** Two fields and a button. */
export function RangeForm({ filter, onDone }: { filter: Filter; onDone: () => void }) {
  const [from = '', to = ''] = valuesOf(filter, 'time');
  const [start, setStart] = useState(fieldText(from));
  const [end, setEnd] = useState(fieldText(to));
  const fromInstant = instantOfField(start);
  const toInstant = instantOfField(end);
  const isWrong = fromInstant !== undefined && toInstant !== undefined && fromInstant >= toInstant;
  return (
    <form
      class="filter-range"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWrong) return;
        setQuery({ from: fromInstant, to: toInstant }, { step: true });
        onDone();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onDone();
      }}
    >
      <label>
        From
        <input
          type="datetime-local"
          value={start}
          onInput={(event) => setStart(event.currentTarget.value)}
        />
      </label>
      <label>
        To
        <input
          type="datetime-local"
          value={end}
          aria-invalid={isWrong}
          onInput={(event) => setEnd(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="btn btn-primary" disabled={isWrong}>
        Set
      </button>
      {isWrong && <p role="alert">It ends before it begins</p>}
    </form>
  );
}
