/** The states of all runs at their ends, side by side. */
import { useLoaded } from '../../../answer.ts';
import { ask } from '../../../api.ts';
import { count } from '../../../format/number.ts';
import { Segments } from '../../../parts/segments.tsx';
import { Loaded } from '../../../parts/waiting.tsx';
import { cellText, type StateRow, stateRows } from '../states.ts';
import {
  chosenKeys,
  onlyDifferences,
  setOnlyDifferences,
  toggleKey,
  useComparison,
} from '../view.ts';
import { RunHeads } from './run-heads.tsx';

/** Rows that are drawn; a state may have thousands. */
const rowsMax = 300;

/** Widths from which on a table scrolls sideways instead of hiding its values, in pixels. */
const keyPx = 144;
const cellPx = 88;

/** The table, with a choice between what differs and everything. */
export function StateTable() {
  const { runs, shown } = useComparison();
  const answer = useLoaded(
    (signal) =>
      Promise.all(
        runs.map(async ({ row, isAlive }) => {
          const at = isAlive ? 'now' : 'death';
          return (await ask('getState', { id: row.id, query: { at }, signal })).state;
        }),
      ),
    JSON.stringify(runs.map(({ row }) => [row.id, row.patches, row.lifecycle])),
  );
  const states = shown.map(({ index }) => answer.value?.[index]);
  const rows = answer.value === undefined ? [] : stateRows(states);
  const differing = rows.filter(({ differs }) => differs);
  const isOnly = onlyDifferences.value;
  return (
    <section aria-labelledby="compare-state">
      <header>
        <h2 id="compare-state">
          {shown.every(({ isAlive }) => isAlive) ? 'State now' : 'State at the end'}
        </h2>
        <span class="small t3 clip">
          {answer.value && summaryOf(differing.length, rows.length)}
        </span>
        <span class="grow" />
        <Segments
          label="Rows of the state"
          isSmall
          value={isOnly ? 'differs' : 'all'}
          onChange={(value) => setOnlyDifferences(value === 'differs')}
          segments={[
            { value: 'differs', label: 'Differs', title: 'Only keys that differ (d)' },
            { value: 'all', label: 'All', title: 'Every key (d)' },
          ]}
        />
      </header>
      <Loaded answer={answer} rows={6}>
        {() => <Table rows={isOnly ? differing : rows} />}
      </Loaded>
    </section>
  );
}

function Table({ rows }: { rows: readonly StateRow[] }) {
  const { shown } = useComparison();
  if (rows.length === 0) return <p class="compare-none">Their states are the same</p>;
  return (
    <div class="compare-scroll">
      <table class="cmp cmp-state" style={{ minWidth: `${keyPx + shown.length * cellPx}px` }}>
        <RunHeads of="Key" />
        <tbody>
          {rows.slice(0, rowsMax).map(({ path, cells, odd }) => (
            <tr key={path}>
              <th scope="row">
                <button
                  type="button"
                  class="clip"
                  title={`${path}: as a lane over time`}
                  aria-pressed={chosenKeys.value.includes(path)}
                  onClick={() => toggleKey(path)}
                >
                  {path}
                </button>
              </th>
              {cells.map((cell, i) => (
                <td
                  key={i}
                  class={i === odd ? 'odd' : cell === undefined ? 'none' : undefined}
                  title={cellText(cell)}
                >
                  {cellText(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > rowsMax && (
        <p class="compare-none">{count(rows.length - rowsMax)} more keys are not shown</p>
      )}
    </div>
  );
}

function summaryOf(differing: number, all: number): string {
  const same = all - differing;
  return `${count(differing)} ${differing === 1 ? 'key differs' : 'keys differ'}, ${count(same)} ${same === 1 ? 'is' : 'are'} the same`;
}
