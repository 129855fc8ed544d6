/** The line at the bottom: what keys do, and where in the list they act. */
import { count, counted } from '../../format/number.ts';

const keys: readonly [keys: string[], does: string][] = [
  [['J', 'K'], 'move'],
  [['X'], 'select'],
  [['Enter'], 'open'],
  [['C'], 'compare'],
  [['N'], 'show new'],
  [['/'], 'filter'],
  [['?'], 'all keys'],
];

/** The line; only where there is a keyboard, most likely. */
export function KeyLine({ at, all }: { at: number | undefined; all: number }) {
  return (
    <div class="key-line">
      {keys.map(([names, does]) => (
        <span key={does}>
          {names.map((name) => (
            <kbd key={name}>{name}</kbd>
          ))}{' '}
          {does}
        </span>
      ))}
      <span class="grow" />
      <span>
        {at === undefined ? counted(all, 'row') : `Row ${count(at + 1)} of ${count(all)}`}
      </span>
    </div>
  );
}
