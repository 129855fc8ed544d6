/** The metrics of one session over HTTP: summaries, charts, raw samples. */
import {
  formatTime,
  type JsonObject,
  type JsonValue,
  limits,
  type MetricType,
  namingAdvice,
  routes,
  type SeriesKey,
  stringifyJson,
  unitOf,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { missingSession } from '../../record/session.ts';
import {
  type SampleDetail,
  type SeriesFilter,
  type SeriesInfo,
  type SeriesPoints,
  samplePlace,
  samplesCursor,
} from '../../store/store.ts';
import { columnText, millisecondsText, TextOfEqual } from '../column-text.ts';
import { addQuestion, JsonText, wireNumber } from '../question.ts';
import type { Service } from '../service.ts';

/** Adds the routes. */
export function addSeriesRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;

  addQuestion(app, service, routes.sessionMetrics, async ({ id, params }) => {
    const found = await store.series({ id, filter: filterOf(params) });
    if (found === undefined) throw missingSession(id);
    return { series: found.map(infoRow) };
  });

  addQuestion(app, service, routes.sessionSeries, async ({ id, params }) => {
    const { points, as, quantile, heatmap } = params;
    const found = await store.points({
      id,
      filter: filterOf(params),
      ...rangeOf(params),
      points,
      seriesMax: limits.chartSeriesMax,
      rate: as === 'rate',
      quantiles: quantile.map((one) => one.quantile),
      heatmap,
    });
    if (found === undefined) throw missingSession(id);
    const names = quantile.map(({ name }) => name);
    // Series of one session are mostly sampled together.
    const times = new TextOfEqual(millisecondsText);
    const charts = found.series.map((one) => chartText(one, names, times));
    return new JsonText(`{"series":[${charts.join(',')}],"left_out":${found.leftOut}}`);
  });

  addQuestion(app, service, routes.sessionSamples, async ({ id, params }) => {
    const { order, limit, cursor } = params;
    const descending = order === 'desc';
    const page = await store.samples({
      id,
      filter: filterOf(params),
      ...rangeOf(params),
      descending,
      limit,
      ...(cursor !== undefined && { after: samplePlace(cursor, descending) }),
    });
    if (page === undefined) throw missingSession(id);
    return {
      keys: page.keys.map(keyRow),
      series: [...page.series],
      t: milliseconds(page.timesUs),
      value: Array.from(page.values, wireNumber),
      details: [...page.details].map(([row, detail]) => detailRow(row, detail)),
      next: page.next ? samplesCursor(page.next, descending) : null,
    };
  });
}

function filterOf(params: { metric: string[]; type: MetricType[]; tag: string[] }): SeriesFilter {
  const { metric, type, tag } = params;
  return {
    ...(metric.length > 0 && { names: metric }),
    ...(type.length > 0 && { types: type }),
    ...(tag.length > 0 && { tags: tag }),
  };
}

function rangeOf({ from, to }: { from: number | undefined; to: number | undefined }) {
  return { ...(from !== undefined && { fromUs: from }), ...(to !== undefined && { toUs: to }) };
}

function keyRow({ name, type, unit, tags }: SeriesKey): JsonObject {
  return { name, type, unit, tags: [...tags] };
}

function infoRow(info: SeriesInfo): JsonObject {
  const { key, count, nans, first, last, firstUs, lastUs, min, max, sum, rate } = info;
  const unit = unitOf(key.name, key.unit);
  return {
    ...keyRow(key),
    canonical_unit: unit?.id ?? null,
    dimension: unit?.dimension ?? null,
    count,
    nans,
    first: wireNumber(first),
    first_at: formatTime(firstUs),
    last: wireNumber(last),
    last_at: formatTime(lastUs),
    min: numberOrNull(min),
    max: numberOrNull(max),
    avg: averageOf(info, sum / (count - nans)),
    ...(rate !== undefined && { rate: numberOrNull(rate) }),
    advice: namingAdvice(key.name, key.unit, key.tags).map((advice) => ({ ...advice })),
  };
}

/** The mean of a counter's totals says nothing; a histogram's value is the mean since its start. */
function averageOf({ key, last }: SeriesInfo, mean: number): JsonValue {
  if (key.type === 'counter') return null;
  return numberOrNull(key.type === 'histogram' ? last : mean);
}

/** A series as JSON text. */
function chartText(points: SeriesPoints, quantiles: readonly string[], times: TextOfEqual): string {
  const { key, timesUs, count, nans, rate, heatmap } = points;
  const fields: Record<string, string> = {
    t: times.of(timesUs),
    ...(rate
      ? { rate: columnText(rate.perSecond), increase: columnText(rate.increase) }
      : valueTexts(points)),
    count: columnText(count),
  };
  if (nans.some((n) => n > 0)) fields.nan = columnText(nans);
  if (points.quantiles) {
    const texts = points.quantiles.map((values, i) => [quantiles[i]!, columnText(values)] as const);
    fields.quantiles = objectText(texts);
  }
  if (heatmap) fields.heatmap = stringifyJson(heatmapOf(heatmap));
  const head = Object.entries(keyRow(key)).map(
    ([name, value]) => [name, stringifyJson(value as JsonValue)] as const,
  );
  return objectText([...head, ...Object.entries(fields)]);
}

/** Where every point is one sample these are all the same column, which is then written once. */
function valueTexts({ min, max, sum, count, nans, last }: SeriesPoints): Record<string, string> {
  const texts = new TextOfEqual(columnText);
  const means = sum.map((each, i) => meanOf(each, count[i]! - nans[i]!));
  return {
    min: texts.of(min),
    max: texts.of(max),
    avg: texts.of(means),
    last: texts.of(last),
  };
}

/**
 * Digits of a mean that nobody reads cost more time and bytes than all others: nine decimals, six from
 * a thousand on. What is smaller than a thousandth, and a sample alone, is left as it is.
 */
function meanOf(sum: number, count: number): number {
  const mean = sum / count;
  const size = Math.abs(mean);
  if (count === 1 || !(size >= 1e-3 && size < 1e9)) return mean;
  const scale = size < 1e3 ? 1e9 : 1e6;
  return Math.round(mean * scale) / scale;
}

function objectText(fields: readonly (readonly [name: string, text: string])[]): string {
  return `{${fields.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

function heatmapOf({ bounds, counts }: SeriesPoints['heatmap'] & {}): JsonObject {
  const width = bounds.length + 1;
  const rows = Array.from({ length: counts.length / width }, (_, point) => [
    ...counts.subarray(point * width, (point + 1) * width),
  ]);
  return { bounds: [...bounds], counts: rows };
}

function detailRow(row: number, { count, metadata }: SampleDetail): JsonObject {
  return {
    row,
    ...(count !== undefined && { count }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** NaN says that there is none. */
function numberOrNull(value: number): number | string | null {
  return Number.isNaN(value) ? null : wireNumber(value);
}

function milliseconds(timesUs: Float64Array): number[] {
  return Array.from(timesUs, (us) => us / 1000);
}
