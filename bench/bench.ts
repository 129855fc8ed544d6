/**
 * `npm run bench -- [single|growth|batch|ingest|size|commit|query|promql|client|agent|run|dashboard|clickhouse|export|mlflow|otlp|lines …] [--quick] [--tail SECONDS] [--out DIR] [--name NAME]`:
 * measures a real server against its targets, all in one run; `start` comes with `size`.
 */
import { fileURLToPath } from 'node:url';
import { closeConnections } from '../test/whole/http.ts';
import { agent } from './agent.ts';
import { batch } from './batch.ts';
import { clickhouse } from './clickhouse.ts';
import { client } from './client.ts';
import { commit } from './commit.ts';
import { dashboard } from './dashboard.ts';
import { exported } from './export.ts';
import { growth } from './growth.ts';
import { ingest } from './ingest.ts';
import { lines } from './lines.ts';
import { mlflow } from './mlflow.ts';
import { otlp } from './otlp.ts';
import { promql } from './promql.ts';
import { query } from './query.ts';
import { met, newRun, type Row, toMarkdown, writeRun } from './report.ts';
import { run as runBench } from './run.ts';
import { single } from './single.ts';
import { size } from './size.ts';
import type { Bench, BenchContext } from './target.ts';

const benches: Record<string, Bench> = {
  single,
  growth,
  batch,
  ingest,
  size,
  commit,
  query,
  promql,
  client,
  agent,
  run: runBench,
  dashboard,
  clickhouse,
  export: exported,
  mlflow,
  otlp,
  lines,
};
const rssBytesMax = 200 * 2 ** 20;

const { names, quick, out, name, tailMs } = readArguments(process.argv.slice(2));
const run = newRun(quick);
const peaks = new Map<string, number>();
const context: BenchContext = {
  quick,
  rounds: quick ? 1 : 5,
  tailMs,
  peakRssBytes: (bench, bytes) => peaks.set(bench, Math.max(bytes, peaks.get(bench) ?? 0)),
  say: (text) => console.log(text),
};
for (const bench of names) {
  console.log(`${bench} …`);
  run.rows.push(...(await benches[bench]!(context)));
}
run.rows.push(...memoryRows());
closeConnections();
console.log(`\n${toMarkdown(run)}`);
if (!quick || out !== undefined) {
  const dir = out ?? fileURLToPath(new URL('./results', import.meta.url));
  console.log(`written to ${writeRun(run, dir, name)}.json and .md`);
}
const missed = run.rows.filter((row) => met(row) === false).length;
console.log(missed === 0 ? 'every target was met' : `${missed} targets were missed`);

function memoryRows(): Row[] {
  return [...peaks].map(([bench, bytes]) => ({
    bench: 'memory',
    name: `highest resident set, ${bench}`,
    value: bytes / 2 ** 20,
    unit: 'MiB',
    atMost: rssBytesMax / 2 ** 20,
  }));
}

function readArguments(args: string[]): {
  names: string[];
  quick: boolean;
  out: string | undefined;
  name: string;
  tailMs: number;
} {
  const options = {
    quick: false,
    out: undefined as string | undefined,
    name: 'bench',
    tailMs: 60_000,
  };
  const chosen: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const argument = args[i]!;
    if (argument === '--quick') options.quick = true;
    else if (argument === '--out') options.out = args[++i];
    else if (argument === '--tail') options.tailMs = Number(args[++i]) * 1_000;
    else if (argument === '--name') options.name = args[++i] ?? 'bench';
    else if (argument === 'start') chosen.push('size');
    else if (argument in benches) chosen.push(argument);
    else if (argument !== 'all') {
      console.error(`no bench "${argument}"; there are ${Object.keys(benches).join(', ')}`);
      process.exit(2);
    }
  }
  return { names: chosen.length > 0 ? [...new Set(chosen)] : Object.keys(benches), ...options };
}
