/** Bench: PromQL over the mix, each question beside the same one to our own aggregates. */
import type { Server } from '../test/whole/server.ts';
import { benchShape, MixBatches } from './batches.ts';
import { nextOf } from './ingest.ts';
import { ask, medianOf } from './query/ask.ts';
import type { Row } from './report.ts';
import { type BenchContext, sendAll, untilIdle, untilSealed, withServer } from './target.ts';

const bench = 'promql';
const connections = 4;
/** Instants in an answer, as on a panel of ordinary width. */
const points = 100;

interface Pair {
  name: string;
  query: (step: string) => string;
  aggregate: string;
}

const pairs: readonly Pair[] = [
  {
    name: 'avg by version',
    query: (step) => `avg by (version) (avg_over_time(http_latency[${step}]))`,
    aggregate: 'metric=http.latency&by=version&fn=avg',
  },
  {
    name: 'p95 by version',
    query: () => 'quantile by (version) (0.95, http_latency)',
    aggregate: 'metric=http.latency&by=version&fn=p95',
  },
  {
    name: 'rate of a counter by version',
    query: (step) => `sum by (version) (rate(http_requests[${step}]))`,
    aggregate: 'metric=http.requests&by=version&fn=rate',
  },
];

/** The server's own medians of `query_range` and of `/api/aggregate` over the same samples. */
export function promql(context: BenchContext): Promise<Row[]> {
  const { quick, say } = context;
  const sessions = quick ? 20 : 250;
  const batches = quick ? 20 : 500;
  return withServer(bench, context, async (server) => {
    const mix = new MixBatches(1, { ...benchShape, sessions });
    // Sessions count in PromQL from when they began, so they begin before their samples.
    const start = [mix.start('2026-11-01T00:00:00.000Z')];
    await sendAll(server.port, 1, () => nextOf(start));
    let left = batches;
    await sendAll(server.port, connections, () => (left-- > 0 ? [mix.next()] : undefined));
    if (!quick) {
      await untilSealed(server);
      await untilIdle(server);
    }
    const span = await spanOf(server, mix.ids[0]!);
    say(`promql: ${sessions} sessions of ${Math.round((span.toMs - span.fromMs) / 1_000)} s`);
    const rows: Row[] = [];
    for (const pair of pairs) rows.push(...(await pairRows(server, pair, span, quick ? 1 : 5)));
    return rows;
  });
}

interface Span {
  fromMs: number;
  toMs: number;
}

async function spanOf(server: Server, id: string): Promise<Span> {
  const { json } = await ask(server, `/api/sessions/${id}/metrics?metric=http.latency`);
  const [series] = (json as { series: { first_at: string; last_at: string }[] }).series;
  return { fromMs: Date.parse(series!.first_at), toMs: Date.parse(series!.last_at) };
}

async function pairRows(
  server: Server,
  { name, query, aggregate }: Pair,
  { fromMs, toMs }: Span,
  rounds: number,
): Promise<Row[]> {
  const stepS = Math.max(1, Math.floor((toMs - fromMs) / 1_000 / points));
  const params = new URLSearchParams({
    query: query(`${stepS}s`),
    ...{ start: String(fromMs / 1_000), end: String(toMs / 1_000), step: String(stepS) },
  });
  const asked = `/api/v1/query_range?${params}`;
  const { json } = await ask(server, asked);
  const found = (json as { data: { result: { values: unknown[] }[] } }).data.result;
  const values = found.reduce((sum, row) => sum + row.values.length, 0);
  if (values === 0) throw new Error(`${name}: no values`);
  const own = `/api/aggregate?${aggregate}&every=${stepS}s&from=${fromMs}&to=${toMs + 1}`;
  const promMs = await medianOf(server, rounds, () => asked);
  const ownMs = await medianOf(server, rounds, () => own);
  return [
    { bench, name: `${name}, query_range`, value: promMs, unit: 'ms', note: `${values} values` },
    { bench, name: `${name}, /api/aggregate`, value: ownMs, unit: 'ms' },
    { bench, name: `${name}, query_range to aggregate`, value: promMs / ownMs, unit: 'times' },
  ];
}
