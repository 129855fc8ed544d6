/** Answers questions about the series of one session. */
import {
  compareSeries,
  meetsSeriesFilter,
  type PointsAnswer,
  type PointsQuery,
  type SamplesPage,
  type SamplesQuery,
  type SeriesFilter,
  type SeriesInfo,
} from '../../store.ts';
import { clustersOf, loadCluster } from './clusters.ts';
import { type OpenSeries, PieceReader, type ReadSource } from './pieces.ts';
import { PointFold } from './point-fold.ts';
import { pointsOf } from './points.ts';
import { samplePage } from './sample-page.ts';

/** One per thread that answers. */
export class SeriesReader {
  readonly #source: ReadSource;
  readonly #pieces: PieceReader;

  constructor(source: ReadSource) {
    this.#source = source;
    this.#pieces = new PieceReader(source);
  }

  /** See `SeriesQuestions`. */
  series({ id, filter }: { id: string; filter: SeriesFilter }): SeriesInfo[] | undefined {
    return this.#ask(id, filter, (open) =>
      open
        .filter(({ pieces }) => pieces.length > 0)
        .map(infoOf)
        .sort((a, b) => compareSeries(a.key, b.key)),
    );
  }

  /** See `SeriesQuestions`. */
  points(query: PointsQuery): PointsAnswer | undefined {
    return this.#ask(query.id, query.filter, (open) => pointsOf(open, query));
  }

  /** See `SeriesQuestions`. */
  samples(query: SamplesQuery): SamplesPage | undefined {
    return this.#ask(query.id, query.filter, (open) => samplePage(open, query));
  }

  /** Chunks and journal are those of one moment, however much is sealed meanwhile. */
  #ask<T>(id: string, filter: SeriesFilter, answer: (open: OpenSeries[]) => T): T | undefined {
    this.#source.db.exec('BEGIN');
    try {
      const open = this.#pieces.open(id, (key) => meetsSeriesFilter(key, filter));
      return open && answer(open);
    } finally {
      this.#source.db.exec('COMMIT');
    }
  }
}

/** What is known of a series, from summaries where they tell it. */
function infoOf({ local, key, pieces }: OpenSeries): SeriesInfo {
  const isCounter = key.type === 'counter';
  // A grid of one endless step: everything is one point.
  const grid = { loUs: 0, widthUs: Number.POSITIVE_INFINITY };
  const fold = new PointFold({ grid, pointsMax: 1, rate: isCounter, quantiles: [] });
  let first = Number.NaN;
  for (const [i, cluster] of clustersOf(pieces).entries()) {
    const piece = cluster.pieces[0]!;
    const head = cluster.pieces.length === 1 ? piece.head() : undefined;
    if (head && !(isCounter && head.growth === null)) {
      fold.addSummary(head, piece.tMinUs, piece.tMaxUs);
      if (i === 0) first = head.first;
    } else {
      const { timesUs, values } = loadCluster(cluster, false);
      fold.addSamples(timesUs, values);
      if (i === 0) first = values[0] ?? Number.NaN;
    }
  }
  const { timesUs, lastUs, count, nans, last, min, max, sum, rate } = fold.finish();
  const at = (column: Float64Array): number => column[0] ?? Number.NaN;
  return {
    series: local,
    key,
    count: at(count),
    nans: at(nans),
    firstUs: at(timesUs),
    lastUs: at(lastUs),
    first,
    last: at(last),
    min: at(min),
    max: at(max),
    sum: at(sum),
    ...(rate && { rate: at(rate.perSecond) }),
  };
}
