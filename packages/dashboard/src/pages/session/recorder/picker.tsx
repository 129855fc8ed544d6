/** Chooses the metrics in sight: `4 of 18`, found by name. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { setQuery } from '../../../address.ts';
import { count } from '../../../format/number.ts';
import { useKeys } from '../../../keyboard.ts';
import { isRunning } from '../../../outcome.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Popover } from '../../../parts/popover.tsx';
import { useRow } from '../model.ts';
import { useRecorder } from './context.ts';
import { endName } from './ending.ts';
import type { Metric } from './metrics.ts';
import { OwnPointer } from './own-pointer.tsx';

/** Metrics that the list shows at most; who looks for one of more types its name. */
const listMax = 200;

/** The row below the charts. */
export function Picker() {
  const row = useRow();
  const { feed } = useRecorder();
  const place = useRef<HTMLDivElement>(null);
  const metrics = feed.metrics.value ?? [];
  const shown = feed.shown.value ?? [];
  useKeys([
    {
      ...{ keys: 'm', label: 'Choose metrics', group: 'Recorder' },
      run: () => place.current?.querySelector('button')?.click(),
    },
  ]);
  if (metrics.length === 0) return null;
  return (
    <div class="track rest">
      <div class="name" ref={place}>
        <OwnPointer>
          <Popover
            class="zoom"
            button={
              <>
                {shown.length} of {count(metrics.length)} metrics
                <Icon name="down" size={14} />
              </>
            }
          >
            {() => <Choice metrics={metrics} shown={shown} />}
          </Popover>
        </OwnPointer>
      </div>
      <div class="plot">
        {feed.isChosen.value ? (
          <button
            type="button"
            class="link"
            onClick={() => setQuery({ m: undefined }, { step: true })}
          >
            Show those that moved most
          </button>
        ) : (
          <span>
            those that moved most{' '}
            {isRunning(row) ? 'in the last minute' : `before the ${endName(row)}`}
          </span>
        )}
      </div>
    </div>
  );
}

function Choice({ metrics, shown }: { metrics: readonly Metric[]; shown: readonly string[] }) {
  const [words, setWords] = useState('');
  const [order] = useState(shown);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const wanted = words.toLowerCase();
  // Those in sight stand on top; the order stays while the list is open.
  const first = new Map(order.map((name, i) => [name, i]));
  const found = metrics
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) => (first.get(a.name) ?? 1e9) - (first.get(b.name) ?? 1e9));
  const toggle = (name: string): void => {
    const rest = shown.filter((each) => each !== name);
    setQuery({ m: rest.length < shown.length ? rest : [...shown, name] }, { step: true });
  };
  return (
    <div class="picker">
      <input
        ref={field}
        type="search"
        class="find"
        placeholder="Find a metric"
        aria-label="Find a metric"
        value={words}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <ul>
        {found.slice(0, listMax).map((metric) => (
          <li key={metric.name}>
            <label>
              <input
                type="checkbox"
                checked={shown.includes(metric.name)}
                onChange={() => toggle(metric.name)}
              />
              <span class="clip grow">{metric.name}</span>
              <span class="t3">
                {metric.series.length > 1 ? `${metric.series.length} × ` : ''}
                {metric.type}
              </span>
            </label>
            {metric.advice.length > 0 && <p class="advice">{metric.advice.join(' ')}</p>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="t3">No metric is named so</p>}
      {found.length > listMax && <p class="t3">{found.length - listMax} more: type a name</p>}
    </div>
  );
}
