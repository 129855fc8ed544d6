/** Two versions side by side: findings, rates, causes, exceptions, metrics, each with its proof. */
import { useEffect, useRef } from 'preact/hooks';
import { href, setQuery } from '../../address.ts';
import { count } from '../../format/number.ts';
import { Icon } from '../../parts/icon.tsx';
import { Loaded } from '../../parts/waiting.tsx';
import type { Comparison } from '../../releases/change.ts';
import type { Pair } from '../../releases/comparisons.ts';
import { ExceptionTables, MetricTable, RateTable } from './comparison-tables.tsx';
import { useComparison } from './data.ts';

/** Findings told at most before the tables. */
const findingsMax = 8;

/** The panel under the table. */
export function Whole({ pair, versions }: { pair: Pair; versions: readonly string[] }) {
  const answer = useComparison(pair);
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    place.current?.scrollIntoView({ block: 'nearest' });
  }, [pair.base, pair.candidate]);
  return (
    <section class="panel ve-panel ve-whole" aria-labelledby="ve-whole" ref={place}>
      <header>
        <h2 id="ve-whole">
          {pair.candidate} against {pair.base}
        </h2>
        <span class="ve-aside ve-tools">
          <Pick name="base" label="From" value={pair.base} versions={versions} />
          <Pick name="candidate" label="to" value={pair.candidate} versions={versions} />
          <button
            type="button"
            class="iconbtn"
            aria-label="Close the comparison"
            onClick={() => setQuery({ base: null, candidate: null }, { step: true })}
          >
            <Icon name="close" />
          </button>
        </span>
      </header>
      <Loaded answer={answer} rows={8}>
        {(comparison) =>
          comparison.base === null || comparison.candidate === null ? (
            <p class="ve-none">
              No session of {comparison.base === null ? pair.base : pair.candidate} is stored.
            </p>
          ) : (
            <Tables comparison={comparison} pair={pair} />
          )
        }
      </Loaded>
    </section>
  );
}

function Tables({ comparison, pair }: { comparison: Comparison; pair: Pair }) {
  const { base, candidate, findings, sessions_sampled: sampled } = comparison;
  const { product } = pair;
  return (
    <>
      <div class="ve-findings">
        {findings.length === 0 && <p class="t2">No difference is proven.</p>}
        <ul>
          {findings.slice(0, findingsMax).map(({ verdict, sentence }) => (
            <li key={sentence}>
              <b class={verdict === 'changed' ? 't2' : verdict}>
                {verdict === 'worse' ? '▼ worse' : verdict === 'better' ? '▲ better' : '◆ changed'}
              </b>{' '}
              {sentence}
            </li>
          ))}
        </ul>
        {findings.length > findingsMax && (
          <p class="t3 small">and {findings.length - findingsMax} more in the tables</p>
        )}
        <p class="t3 small">
          <a class="link" href={href('sessions', { product, version: candidate?.version })}>
            {count(candidate?.sessions ?? 0)} sessions of {candidate?.version}
          </a>
          ,{' '}
          <a class="link" href={href('sessions', { product, version: base?.version })}>
            {count(base?.sessions ?? 0)} of {base?.version}
          </a>
          ; metrics of the newest {count(sampled.candidate)} and {count(sampled.base)}.
        </p>
      </div>
      <RateTable comparison={comparison} />
      <ExceptionTables comparison={comparison} />
      <MetricTable comparison={comparison} />
    </>
  );
}

function Pick({
  name,
  label,
  value,
  versions,
}: {
  name: 'base' | 'candidate';
  label: string;
  value: string;
  versions: readonly string[];
}) {
  return (
    <label class="ve-pick">
      <span class="t3 small">{label}</span>
      <select
        value={value}
        onChange={(event) => setQuery({ [name]: event.currentTarget.value }, { step: true })}
      >
        {(versions.includes(value) ? versions : [value, ...versions]).map((version) => (
          <option key={version} value={version}>
            {version}
          </option>
        ))}
      </select>
    </label>
  );
}
