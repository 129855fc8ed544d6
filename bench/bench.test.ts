/** The benchmarks run from end to end; what they measure in a smoke run is not looked at. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../test/whole/server.ts';
import { median, percentile } from './measure.ts';
import { met, type Run } from './report.ts';
import { startFloor } from './target.ts';
import { sendFor } from './wrk.ts';

it('measures every number that the benchmarks promise, in one quick run', () => {
  const out = temporaryDirectory();
  const bench = fileURLToPath(new URL('./bench.ts', import.meta.url));
  // The dashboard needs a browser and half a minute; its pages are driven by test/browser.
  const names = [
    'single',
    'growth',
    'batch',
    'ingest',
    'size',
    'commit',
    'query',
    'promql',
    'client',
    'agent',
    'export',
    'mlflow',
    'otlp',
    'lines',
  ];
  const args = [
    '--conditions=source',
    '--import',
    'tsx',
    bench,
    ...names,
    'run',
    '--quick',
    '--out',
    out,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  const file = readdirSync(out).find((name) => name.endsWith('-bench.json'))!;
  const run = JSON.parse(readFileSync(join(out, file), 'utf8')) as Run;
  const targets = run.rows.filter((row) => met(row) !== undefined).map((row) => row.bench);
  const expected = [
    ...['agent', 'batch', 'client', 'commit', 'export', 'growth', 'ingest', 'memory', 'mlflow'],
    ...['query', 'single', 'size', 'start'],
  ];
  expect([...new Set(targets)].sort()).toEqual(expected);
  // A difference of two noisy measurements may be below zero.
  for (const row of run.rows) expect(Number.isFinite(row.value), row.name).toBe(true);
  expect(readFileSync(join(out, file.replace('.json', '.md')), 'utf8')).toContain('| share of');
}, 600_000);

it('generates load by itself where wrk is missing', async () => {
  const floor = await startFloor();
  try {
    const bytes = Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    const result = await sendFor(floor.port, [bytes], 4, 0.2);
    expect(result.requestsPerSecond).toBeGreaterThan(0);
    expect(result.p50Ms).toBeLessThanOrEqual(result.p99Ms);
  } finally {
    await floor.kill();
  }
});

it('takes medians and percentiles of unsorted values', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile([7], 0.5)).toBe(7);
});

it('meets a target on the bound and misses it beyond', () => {
  const row = { bench: 'b', name: 'n', unit: '' };
  expect(met({ ...row, value: 2, atMost: 2 })).toBe(true);
  expect(met({ ...row, value: 2.1, atMost: 2 })).toBe(false);
  expect(met({ ...row, value: 2, atLeast: 2 })).toBe(true);
  expect(met({ ...row, value: 1.9, atLeast: 2 })).toBe(false);
  expect(met({ ...row, value: 1 })).toBeUndefined();
});
