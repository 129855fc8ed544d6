/** What is to be said of the newest version, and which product the page is about. */
import { setQuery } from '../../address.ts';
import type { Comparisons, Pair } from '../../releases/comparisons.ts';
import { regressionSentence } from '../../releases/sentence.ts';
import { Sentence } from '../../releases/sentence-line.tsx';
import type { Release } from './data.ts';

/** The top of the page. */
export function Head({
  product,
  names,
  newest,
  pair,
  comparisons,
}: {
  product: string;
  /** All products. */
  names: readonly string[];
  newest: Release | undefined;
  /** The newest version with the one before. */
  pair: Pair | undefined;
  comparisons: Comparisons;
}) {
  const comparison = comparisons.of(pair);
  const worst = comparison && regressionSentence(comparison);
  return (
    <div class="ve-head">
      <h1>
        {worst !== undefined && <Sentence parts={worst} />}
        {worst === undefined && (
          <>
            <b class="fact">{newest === undefined ? product : `${product} ${newest.version}`}</b>
            {comparison !== undefined && ` is no worse than ${pair?.base}.`}
            {newest !== undefined && pair === undefined && ' is the first version that ran.'}
          </>
        )}
      </h1>
      <label class="ve-pick">
        <span class="t3 small">Product</span>
        <select
          value={product}
          onChange={(event) =>
            setQuery(
              { product: event.currentTarget.value, base: null, candidate: null },
              { step: true },
            )
          }
        >
          {(names.includes(product) ? names : [product, ...names]).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
