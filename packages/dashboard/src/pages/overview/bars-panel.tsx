/** The panel of the bars: legend, drawing, and when versions came out. */
import type { Answered } from '../../answer.ts';
import { ms } from '../../format/time.ts';
import { Loaded } from '../../parts/waiting.tsx';
import { type Bar, type Stacked, totalsOf } from './bars.ts';
import type { ProductBars, Release } from './data.ts';
import { Hours, Legend } from './hours.tsx';
import type { Marker } from './hours-drawing.tsx';
import type { Range, Window } from './range.ts';

/** Versions that are marked at most: a product that comes out hourly would hide its bars. */
const markersMax = 12;

/** Sessions per step. */
export function BarsPanel({
  answer,
  range,
  window,
  history,
  only,
  onOnly,
  onOpen,
}: {
  answer: Answered<ProductBars>;
  range: Range;
  window: Window;
  /** All versions that were ever seen, newest first; undefined until they are there. */
  history: readonly Release[] | undefined;
  only: Stacked | undefined;
  onOnly: (only: Stacked | undefined) => void;
  onOpen: (bar: Bar, only: Stacked | undefined) => void;
}) {
  return (
    <section class="panel ov-panel ov-bars" aria-labelledby="ov-bars">
      <header>
        <h2 id="ov-bars">{range.barTitle}</h2>
        {answer.value && (
          <Legend totals={totalsOf(answer.value.bars)} only={only} onOnly={onOnly} />
        )}
      </header>
      <Loaded answer={answer} rows={8}>
        {({ bars }) => (
          <Hours
            title={range.barTitle}
            bars={bars}
            barMs={range.barMs}
            only={only}
            markers={markersOf(history ?? [], window)}
            onOpen={(bar) => onOpen(bar, only)}
          />
        )}
      </Loaded>
    </section>
  );
}

/** Versions that came out in the range, but for the first of all: that is where records begin. */
function markersOf(history: readonly Release[], { fromMs, toMs }: Window): Marker[] {
  const first = Math.min(...history.map(({ first_seen }) => ms(first_seen)));
  return history
    .map(({ version, first_seen }) => ({ atMs: ms(first_seen), text: `${version} released` }))
    .filter(({ atMs }) => atMs > fromMs && atMs < toMs && atMs > first)
    .slice(0, markersMax);
}
