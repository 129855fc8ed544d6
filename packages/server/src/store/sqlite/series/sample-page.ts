/** Pages of raw samples, from a place in their order on, forwards and backwards. */
import type { SampleDetail, SamplePlace, SamplesPage, SamplesQuery } from '../../store.ts';
import { type MergedPage, mergeRuns, type Part, type SeriesPieces } from '../merge-runs.ts';
import { clip } from './clusters.ts';
import type { OpenSeries, SeriesPiece } from './pieces.ts';

/** Rows that are merged in one go. */
const mergeRows = 2_048;

/** One row on its way into a page. */
interface Row {
  series: number;
  atUs: number;
  value: number;
  detail: SampleDetail | undefined;
  nth: number;
}

/** The page; keys are those of the series that were opened, in the order of the session. */
export function samplePage(open: readonly OpenSeries[], query: SamplesQuery): SamplesPage {
  const fromUs = query.fromUs ?? Number.NEGATIVE_INFINITY;
  const toUs = query.toUs ?? Number.POSITIVE_INFINITY;
  const one = { ...query, limit: query.limit + 1 };
  const rows = query.descending
    ? lastRows(open, one, fromUs, toUs)
    : firstRows(open, one, fromUs, toUs);
  return pageOf(open, rows, query.limit);
}

/** The first rows after the place. */
function firstRows(
  open: readonly OpenSeries[],
  { after, limit }: SamplesQuery,
  fromUs: number,
  toUs: number,
): Row[] {
  const rows: Row[] = [];
  const startUs = Math.max(fromUs, after?.atUs ?? fromUs);
  for (const row of merged(open, startUs, toUs)) {
    if (after && comparePlaces(row, after) <= 0) continue;
    rows.push(row);
    if (rows.length === limit) break;
  }
  return rows;
}

/** The last rows before the place, the very last one first. */
function lastRows(
  open: readonly OpenSeries[],
  { after, limit }: SamplesQuery,
  fromUs: number,
  toUs: number,
): Row[] {
  const place = after;
  // All rows of the instant of the place are read, because some of them may come before it.
  const endUs = place === undefined ? toUs : Math.min(toUs, place.atUs + 1);
  const starts = startsOf(open, fromUs, endUs);
  for (let skipped = 0; ; ) {
    const { startUs, pieces } = startFor(starts, limit + skipped, fromUs);
    const rows: Row[] = [];
    for (const row of merged(open, startUs, endUs)) {
      if (place === undefined || comparePlaces(row, place) < 0) rows.push(row);
    }
    if (rows.length >= limit || pieces === starts.length) {
      return rows.reverse().slice(0, limit);
    }
    skipped = Math.max(limit, skipped * 4);
  }
}

/** The pieces in the range, the one that starts last first. */
function startsOf(open: readonly OpenSeries[], fromUs: number, endUs: number): SeriesPiece[] {
  return open
    .flatMap(({ pieces }) => pieces)
    .filter(({ tMinUs, tMaxUs }) => tMinUs < endUs && tMaxUs >= fromUs)
    .sort((a, b) => b.tMinUs - a.tMinUs);
}

/** An instant from which on the pieces that start there have at least so many samples. */
function startFor(
  starts: readonly SeriesPiece[],
  atLeast: number,
  fromUs: number,
): { startUs: number; pieces: number } {
  let count = 0;
  for (const [i, piece] of starts.entries()) {
    count += piece.count;
    if (count >= atLeast) return { startUs: Math.max(fromUs, piece.tMinUs), pieces: i + 1 };
  }
  return { startUs: fromUs, pieces: starts.length };
}

/** The samples from `fromUs` on and before `toUs` in order. */
function* merged(open: readonly OpenSeries[], fromUs: number, toUs: number): Generator<Row> {
  const all = open.map(({ local, pieces }) => piecesBetween(local, pieces, fromUs, toUs));
  // How often the present instant was met, by series.
  const met = new Map<number, number>();
  let atUs = Number.NaN;
  for (const page of mergeRuns(all, mergeRows)) {
    for (let i = 0; i < page.series.length; i++) {
      if (page.timesUs[i] !== atUs) met.clear();
      atUs = page.timesUs[i]!;
      const series = page.series[i]!;
      const nth = met.get(series) ?? 0;
      met.set(series, nth + 1);
      yield rowOf(page, i, nth);
    }
  }
}

function piecesBetween(
  series: number,
  pieces: readonly SeriesPiece[],
  fromUs: number,
  toUs: number,
): SeriesPieces {
  const inside = pieces.filter(({ tMinUs, tMaxUs }) => tMinUs < toUs && tMaxUs >= fromUs);
  return {
    series,
    pieces: inside.map(({ tMinUs, tMaxUs, load }) => ({
      tMinUs: Math.max(tMinUs, fromUs),
      tMaxUs,
      load: () => clipped(load(true), fromUs, toUs),
    })),
  };
}

function clipped(part: Part | undefined, fromUs: number, toUs: number): Part | undefined {
  return part && clip(part, fromUs, toUs);
}

function rowOf(page: MergedPage, i: number, nth: number): Row {
  return {
    series: page.series[i]!,
    atUs: page.timesUs[i]!,
    value: page.values[i]!,
    detail: page.details?.get(i),
    nth,
  };
}

function comparePlaces(a: SamplePlace, b: SamplePlace): number {
  return a.atUs - b.atUs || a.series - b.series || a.nth - b.nth;
}

/** `rows` may be one more than the page takes, which says that more follow. */
function pageOf(open: readonly OpenSeries[], rows: readonly Row[], limit: number): SamplesPage {
  const taken = rows.slice(0, limit);
  const places = new Map(open.map(({ local }, i) => [local, i]));
  const details = new Map<number, SampleDetail>();
  taken.forEach(({ detail }, row) => {
    if (detail !== undefined) details.set(row, detail);
  });
  const last = taken.at(-1);
  return {
    keys: open.map(({ key }) => key),
    series: Uint32Array.from(taken, ({ series }) => places.get(series)!),
    timesUs: Float64Array.from(taken, ({ atUs }) => atUs),
    values: Float64Array.from(taken, ({ value }) => value),
    details,
    ...(last && rows.length > limit && { next: placeOf(last) }),
  };
}

function placeOf({ atUs, series, nth }: Row): SamplePlace {
  return { atUs, series, nth };
}
