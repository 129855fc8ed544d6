/** The products: cards of the worst four, a line for each of the others; one of them is selected. */
import { count, counted, percent } from '../../format/number.ts';
import { Glyph } from '../../parts/glyph.tsx';
import type { Release } from './data.ts';
import type { ProductHealth } from './health.ts';
import type { Range } from './range.ts';
import { Trend } from './trend.tsx';

/** Products that have a card. */
const cardsMax = 4;

/** All products in their order. */
export function Products({
  products,
  releases,
  range,
  selected,
  onSelect,
}: {
  products: readonly ProductHealth[];
  /** Newest first, by product. */
  releases: ReadonlyMap<string, Release[]>;
  range: Range;
  selected: string | undefined;
  onSelect: (product: string) => void;
}) {
  const shown = { range, selected, onSelect };
  const cards = products.slice(0, cardsMax);
  const lines = products.slice(cardsMax);
  return (
    <section aria-label="Products">
      <div class={`ov-cards ov-cards-${cards.length}`}>
        {cards.map((health) => (
          <Card
            key={health.product}
            health={health}
            newest={releases.get(health.product)?.[0]}
            {...shown}
          />
        ))}
      </div>
      {lines.length > 0 && (
        <div class="ov-lines">
          {lines.map((health) => (
            <Line key={health.product} health={health} {...shown} />
          ))}
        </div>
      )}
    </section>
  );
}

interface Shown {
  range: Range;
  selected: string | undefined;
  onSelect: (product: string) => void;
}

function Card({
  health,
  newest,
  range,
  selected,
  onSelect,
}: Shown & { health: ProductHealth; newest: Release | undefined }) {
  const { product, sessions, live, inTrouble, crashFree } = health;
  return (
    <button
      type="button"
      class="ov-card"
      aria-pressed={product === selected}
      onClick={() => onSelect(product)}
    >
      <span class="ov-card-top">
        <b class="clip" title={product}>
          {product}
        </b>
        <span class={live > 0 ? 'ov-live' : 'ov-live t3'}>
          {live > 0 && <Glyph name="live" size={14} />}
          {live > 0 ? `${count(live)} live` : 'none live'}
        </span>
      </span>
      <span class="ov-rate">
        {crashFree === null ? '—' : percent(crashFree)}
        {crashFree !== null && <small>%</small>}
      </span>
      <span class="ov-change">
        <Change health={health} range={range} />
      </span>
      <Trend health={health} />
      <span class="ov-card-foot">
        <span>{counted(sessions, 'session')}</span>
        <span>{inTrouble === 0 ? 'none' : count(inTrouble)} in trouble</span>
        {newest !== undefined && <span class="clip ov-newest">{adoption(newest)}</span>}
      </span>
    </button>
  );
}

function Line({ health, range, selected, onSelect }: Shown & { health: ProductHealth }) {
  const { product, sessions, live, crashFree } = health;
  return (
    <button
      type="button"
      class="ov-line"
      aria-pressed={product === selected}
      onClick={() => onSelect(product)}
    >
      <b class="clip" title={product}>
        {product}
      </b>
      <span class="num">{crashFree === null ? '—' : `${percent(crashFree)} %`}</span>
      <span class="ov-line-change">
        <Change health={health} range={range} />
      </span>
      <span class="num t3 ov-line-sessions">{counted(sessions, 'session')}</span>
      <span class="num t3 ov-line-live">{live > 0 ? `${count(live)} live` : ''}</span>
    </button>
  );
}

/** The change, red only where it is no chance: against the range before, or of a version that fell. */
function Change({ health: { change }, range }: { health: ProductHealth; range: Range }) {
  if (change === null) return <>crash-free</>;
  const { difference, isCertain, versions } = change;
  const points = Math.abs(difference * 100).toFixed(2);
  const tone = !isCertain ? '' : difference < 0 ? 'worse' : 'better';
  const against = versions
    ? `${versions.candidate} against ${versions.base}`
    : `Against the ${range.words} before${isCertain ? '' : '; may be chance'}`;
  return (
    <span class="ov-change-text clip" title={against}>
      <b class={tone}>
        {Number(points) === 0 ? 'unchanged' : `${difference < 0 ? '▼' : '▲'} ${points} pt`}
      </b>{' '}
      {versions ? `in ${versions.candidate}` : 'crash-free'}
    </span>
  );
}

function adoption({ version, adoption: share }: Release): string {
  if (share >= 1) return `${version} everywhere`;
  return `${version} at ${share < 0.01 ? '<1' : Math.round(share * 100)} %`;
}
