/** The page Versions: how healthy each version of a product is, who runs it, and what differs between two. */
import { useEffect } from 'preact/hooks';
import { query, setQuery } from '../../address.ts';
import { curlLine, Empty, Failure, ShellLine, Skeleton } from '../../parts/waiting.tsx';
import { markReady } from '../../ready.ts';
import { useComparisons } from '../../releases/comparisons.ts';
import { AdoptionPanel } from './adoption-panel.tsx';
import { Whole } from './comparison.tsx';
import { pairOf, pairsOf, useNewestFirst, useProducts, useReleases } from './data.ts';
import { Head } from './head.tsx';
import './page.css';
import { RatesPanel } from './rates-panel.tsx';
import { VersionsTable } from './table.tsx';

/** The page. */
export function VersionsPage() {
  const products = useProducts();
  const names = (products.value?.values ?? []).flatMap(({ value }) => value ?? []);
  const product = query.value.get('product') ?? names[0];
  const answer = useReleases(product);
  const releases = useNewestFirst(answer.value, product);
  const comparisons = useComparisons(pairsOf(releases), undefined);
  const isDrawn = releases.length > 0 || (products.value !== undefined && names.length === 0);
  const base = query.value.get('base') ?? undefined;
  const candidate = query.value.get('candidate') ?? undefined;

  useEffect(() => {
    document.title = product === undefined ? 'Versions · Tacho' : `Versions of ${product} · Tacho`;
  }, [product]);
  useEffect(() => {
    if (isDrawn) markReady('versions');
  }, [isDrawn]);

  if (products.error !== undefined && names.length === 0) return <Failure answer={products} />;
  if (products.value === undefined && product === undefined) {
    return products.isSlow ? <Skeleton rows={8} /> : null;
  }
  if (product === undefined) return <Nothing />;
  const newest = releases[0];
  const order = releases.map(({ version }) => version);
  return (
    <div class="ve">
      <Head
        product={product}
        names={names}
        newest={newest}
        pair={newest && pairOf(releases, newest.version)}
        comparisons={comparisons}
      />
      {answer.error !== undefined && <Failure answer={answer} />}
      {answer.error === undefined && releases.length === 0 && (
        <Waiting isAsking={answer.isAsking} isSlow={answer.isSlow} product={product} />
      )}
      {releases.length > 0 && (
        <>
          <div class="ve-charts">
            <RatesPanel releases={releases} comparisons={comparisons} />
            <AdoptionPanel product={product} />
          </div>
          <VersionsTable
            releases={releases}
            leftOut={answer.value?.left_out ?? 0}
            comparisons={comparisons}
            chosen={[base, candidate].flatMap((version) => version ?? [])}
            onChoose={(versions) => choose(versions, order)}
          />
        </>
      )}
      {base !== undefined && candidate !== undefined && releases.length > 0 && (
        <Whole pair={{ product, base, candidate }} versions={order} />
      )}
    </div>
  );
}

/** The older one is the base, whichever was chosen first; `order` is newest first. */
function choose(versions: readonly string[], order: readonly string[]): void {
  const [candidate, base] = [...versions].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  setQuery({ base, candidate }, { step: true });
}

function Waiting({
  isAsking,
  isSlow,
  product,
}: {
  isAsking: boolean;
  isSlow: boolean;
  product: string;
}) {
  if (isAsking) return isSlow ? <Skeleton rows={8} /> : null;
  return (
    <Empty title={`No version of ${product} has run`}>
      <p>Choose another product, or record a session of this one:</p>
      <ShellLine text={curlLine('/api/sessions', { product, version: '1.0' })} />
    </Empty>
  );
}

function Nothing() {
  return (
    <Empty title="No version has run yet">
      <p>Sessions say which version of which product they are. Record the first one:</p>
      <ShellLine text={curlLine('/api/sessions', { product: 'hello', version: '0.1' })} />
    </Empty>
  );
}
