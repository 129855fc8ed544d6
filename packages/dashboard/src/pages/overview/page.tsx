/** The page Overview: how the software in the field is doing, in one sentence and a few pictures. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { go, href, query, setQuery } from '../../address.ts';
import { useKeys } from '../../keyboard.ts';
import { causesOf } from '../../outcome.ts';
import { Failure, Skeleton } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { type Pair, useComparisons } from '../../releases/comparisons.ts';
import { type Bar, type Stacked, stacked } from './bars.ts';
import { BarsPanel } from './bars-panel.tsx';
import { Products } from './cards.tsx';
import { Causes } from './causes.tsx';
import { Changed } from './changed.tsx';
import {
  pairsOf,
  since,
  uncompared,
  useBars,
  useExceptions,
  useHistory,
  useLiveVersion,
  useOverall,
  useWindow,
} from './data.ts';
import { ExceptionsPanel } from './exceptions.tsx';
import { Head } from './head.tsx';
import type { ProductHealth } from './health.ts';
import { Nothing } from './nothing.tsx';
import './page.css';
import { rangeOf } from './range.ts';
import { Versions } from './versions.tsx';

/** The page. */
export function OverviewPage() {
  const range = rangeOf(query.value.get('range'));
  const window = useWindow(range);
  const version = useLiveVersion();
  const overall = useOverall(range, window, version);
  const products = useSteadyOrder(overall.value?.products ?? none, range.name);
  const selected = query.value.get('product') ?? products[0]?.product;
  const bars = useBars(selected, range, window, version);
  const exceptions = useExceptions(selected, window, version);
  const history = useHistory(selected);
  const isDrawn =
    overall.value !== undefined && (selected === undefined || bars.value !== undefined);
  // Comparisons are heavy: what is drawn first must not wait behind them.
  const pairs = isDrawn && overall.value !== undefined ? pairsOf(overall.value, selected) : noPairs;
  const comparisons = useComparisons(pairs, since(window).from);
  const pair = pairs.find(({ product }) => product === selected);
  const select = (product: string): void => setQuery({ product, only: null }, { step: true });

  useEffect(() => {
    document.title = 'Overview · Tacho';
  }, []);
  useEffect(() => {
    if (isDrawn) markReady('overview');
  }, [isDrawn]);
  useKeys(
    products.slice(0, 9).map(({ product }, i) => ({
      keys: String(i + 1),
      label: 'Product by its place',
      group: 'Overview',
      run: () => select(product),
    })),
  );

  if (overall.value === undefined) {
    if (overall.error !== undefined) return <Failure answer={overall} />;
    return overall.isSlow ? <Skeleton rows={8} /> : null;
  }
  if (selected === undefined) return <Nothing range={range} version={version} />;
  const releases = overall.value.releases.get(selected) ?? [];
  const { from } = since(window);
  return (
    <div class="ov">
      <Head
        range={range}
        products={products}
        compared={{
          found: pairs.flatMap((each) => comparisons.of(each) ?? []),
          isDone: isDrawn && comparisons.isDone,
          unknown:
            uncompared(overall.value) +
            pairs.filter((each) => comparisons.errorOf(each) !== undefined).length,
        }}
      />
      {overall.error !== undefined && <Failure answer={overall} />}
      <Products
        products={products}
        releases={overall.value.releases}
        range={range}
        selected={selected}
        onSelect={select}
      />
      <div class="ov-cols ov-row-2">
        <BarsPanel
          answer={bars}
          range={range}
          window={window}
          history={history}
          only={onlyOf(query.value.get('only'))}
          onOnly={(only) => setQuery({ only }, { step: true })}
          onOpen={(bar, only) => go(sessionsOf(selected, bar, range.barMs, only))}
        />
        <Changed pair={pair} releases={releases} comparisons={comparisons} from={from} />
      </div>
      <div class="ov-cols ov-row-3">
        <Versions
          product={selected}
          releases={releases}
          comparison={comparisons.of(pair)}
          from={from}
        />
        <ExceptionsPanel
          product={selected}
          answer={exceptions}
          history={history}
          range={range}
          window={window}
        />
        <Causes product={selected} answer={bars} window={window} range={range.words} />
      </div>
    </div>
  );
}

const none: readonly ProductHealth[] = [];
const noPairs: readonly Pair[] = [];

/** Cards stay where they are while somebody looks: newer answers change their numbers, not their places. */
function useSteadyOrder(products: readonly ProductHealth[], range: string): ProductHealth[] {
  const places = useRef({ range, names: [] as string[] });
  return useMemo(() => {
    const isSame = places.current.range === range;
    const known = isSame ? places.current.names : [];
    const place = (product: string): number => {
      const at = known.indexOf(product);
      return at < 0 ? known.length : at;
    };
    const steady = [...products].sort((a, b) => place(a.product) - place(b.product));
    places.current = { range, names: steady.map(({ product }) => product) };
    return steady;
  }, [products, range]);
}

function onlyOf(name: string | null): Stacked | undefined {
  return stacked.find((outcome) => outcome === name);
}

/** The sessions of a bar, of one outcome where one is shown alone. */
function sessionsOf(
  product: string,
  { fromMs }: Bar,
  barMs: number,
  only: Stacked | undefined,
): string {
  return href('sessions', {
    product,
    from: new Date(fromMs).toISOString(),
    to: new Date(fromMs + barMs).toISOString(),
    ...(only === 'live' && { lifecycle: 'active' }),
    ...(only !== undefined && only !== 'live' && { cause: causesOf(only) }),
  });
}
