/** Which metrics are shown: those that differ most, or those that somebody picked. */
import { useState } from 'preact/hooks';
import { percent } from '../../../format/number.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Popover } from '../../../parts/popover.tsx';
import type { Comparable } from '../differ.ts';
import { chosenMetrics, setMetrics, useComparison } from '../view.ts';

/** Rows that are listed before somebody types. */
const listedMax = 100;

/** The last track: how many are shown of how many, and a way to others. */
export function Picker({
  ranked,
  items,
}: {
  ranked: readonly Comparable[];
  items: readonly Comparable[];
}) {
  if (ranked.length === 0) {
    return <p class="compare-none">None of these runs recorded a metric</p>;
  }
  const isChosen = chosenMetrics.value.length > 0;
  return (
    <div class="track rest">
      <div class="name" data-own-pointer>
        <Popover
          class="zoom"
          button={
            <>
              {items.length} of {ranked.length} metrics
              <Icon name="down" size={14} />
            </>
          }
        >
          {() => <List ranked={ranked} items={items} />}
        </Popover>
      </div>
      <div class="plot">
        {isChosen ? (
          <button type="button" class="btn btn-quiet btn-s" onClick={() => setMetrics([])}>
            Show those that differ most
          </button>
        ) : (
          'those that differ most'
        )}
      </div>
    </div>
  );
}

function List({ ranked, items }: { ranked: readonly Comparable[]; items: readonly Comparable[] }) {
  const { runs } = useComparison();
  const [text, setText] = useState('');
  const shown = items.map((each) => each.text);
  const fitting = ranked.filter((each) => each.text.toLowerCase().includes(text.toLowerCase()));
  return (
    <div class="picker">
      <input
        type="search"
        class="find"
        aria-label="Find a metric"
        placeholder="Find a metric"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <ul>
        {fitting.slice(0, listedMax).map((each) => (
          <li key={each.text + each.type}>
            <label>
              <input
                type="checkbox"
                checked={shown.includes(each.text)}
                onChange={() =>
                  setMetrics(
                    shown.includes(each.text)
                      ? shown.filter((other) => other !== each.text)
                      : [...shown, each.text],
                  )
                }
              />
              <span class="clip" title={each.text}>
                {each.text}
              </span>
              <span class="small t3">
                {each.distance === undefined
                  ? `only ${runs
                      .filter(({ index }) => each.byRun[index])
                      .map(({ letter }) => letter)
                      .join(' ')}`
                  : `${percent(each.distance, 0)} % apart`}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {fitting.length === 0 && <p class="compare-none">No metric fits</p>}
    </div>
  );
}
