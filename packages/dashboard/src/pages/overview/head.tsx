/** The opening sentence, and how far back the page looks. */
import type { ComponentChildren } from 'preact';
import { setQuery } from '../../address.ts';
import { counted } from '../../format/number.ts';
import { hourMinute, now } from '../../format/time.ts';
import { Segments } from '../../parts/segments.tsx';
import type { Comparison } from '../../releases/change.ts';
import { openingSentence, type Part } from '../../releases/sentence.ts';
import { Sentence } from '../../releases/sentence-line.tsx';
import type { ProductHealth } from './health.ts';
import { type Range, ranges } from './range.ts';

/** What the comparisons of the newest versions found. */
export interface Compared {
  found: readonly Comparison[];
  /** Whether all of them are there. */
  isDone: boolean;
  /** Products that were not compared, though they have versions. */
  unknown: number;
}

/** The top of the page. */
export function Head({
  range,
  products,
  compared,
}: {
  range: Range;
  products: readonly ProductHealth[];
  compared: Compared;
}) {
  return (
    <HeadLine range={range}>
      <Sentence parts={sentence(range, products, compared)} />
    </HeadLine>
  );
}

/** A sentence beside the choice of the range. */
export function HeadLine({ range, children }: { range: Range; children: ComponentChildren }) {
  return (
    <div class="ov-head">
      <h1>{children}</h1>
      <span class="t3 small">
        {range.words} to {hourMinute(now.value)}
      </span>
      <Segments
        label="How far back"
        segments={ranges.map(({ name, label }) => ({ value: name, label }))}
        value={range.name}
        onChange={(name) => setQuery({ range: name === '7d' ? null : name }, { step: true })}
      />
    </div>
  );
}

/** Until all is compared, only what is already known. */
function sentence(
  range: Range,
  products: readonly ProductHealth[],
  { found, isDone, unknown }: Compared,
): Part[] {
  if (!isDone) {
    const sessions = products.reduce((all, product) => all + product.sessions, 0);
    const of =
      products.length === 1 ? `of ${products[0]?.product}` : `of ${products.length} products`;
    return [
      { text: counted(sessions, 'session'), tone: 'fact' },
      { text: ` ${of} in ${range.words}.` },
    ];
  }
  return openingSentence({
    range: range.words,
    products: products.map(({ product }) => product),
    comparisons: found,
    unknown,
    falls: products.flatMap(({ product, crashFree, before, change }) =>
      change?.isCertain && !change.versions && change.difference < 0
        ? [{ product, before: 1 - (before ?? 1), after: 1 - (crashFree ?? 1) }]
        : [],
    ),
  });
}
