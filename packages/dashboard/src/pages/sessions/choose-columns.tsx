/** Which columns the list shows: chosen by the user, kept in this browser and in the address. */
import { useEffect } from 'preact/hooks';
import { query, setQuery } from '../../address.ts';
import { Icon } from '../../parts/icon.tsx';
import { Popover } from '../../parts/popover.tsx';
import { type ColumnName, columns, columnsText, readColumns } from './columns.ts';

const place = 'tacho-session-columns';

/** The chosen columns: those of the address, else those kept in this browser, else the usual ones. */
export function useChosenColumns(): ColumnName[] {
  const named = query.value.get('cols');
  const text = named ?? kept();
  useEffect(() => {
    // So that a copied link shows the same columns.
    if (named === null && text !== null) setQuery({ cols: text });
  }, [named, text]);
  return readColumns(text);
}

/** A button that opens the list of columns. */
export function ChooseColumns({ chosen }: { chosen: readonly ColumnName[] }) {
  return (
    <Popover
      align="end"
      class="btn btn-s btn-quiet"
      button={
        <>
          Columns
          <Icon name="down" size={14} />
        </>
      }
    >
      {() => (
        <fieldset class="column-choice" aria-label="Columns">
          {columns.map(({ name, label }) => (
            <label key={name}>
              <input
                type="checkbox"
                class="box"
                checked={chosen.includes(name)}
                disabled={name === 'session'}
                onChange={() => choose(toggled(chosen, name))}
              />
              {label}
            </label>
          ))}
          <button type="button" class="btn btn-s" onClick={() => choose([])}>
            Usual columns
          </button>
        </fieldset>
      )}
    </Popover>
  );
}

function toggled(chosen: readonly ColumnName[], name: ColumnName): ColumnName[] {
  return chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name];
}

function choose(chosen: readonly ColumnName[]): void {
  const text = columnsText(chosen);
  try {
    if (text === undefined) localStorage.removeItem(place);
    else localStorage.setItem(place, text);
  } catch {
    // A browser that keeps nothing has them in the address until the page is left.
  }
  setQuery({ cols: text });
}

function kept(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
