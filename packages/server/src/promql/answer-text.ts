/** Answers as Prometheus writes them: JSON with numbers as texts. */
import { numberText } from './aggregate.ts';
import type { Labels } from './labels.ts';
import type { Series } from './series-reader.ts';
import type { Column, Grid, Value } from './vector.ts';
import { instantMs } from './vector.ts';

/** The answer to a question about one instant. */
export function instantText(value: Value, grid: Grid): string {
  if (value.kind === 'scalar')
    return resultText('scalar', pointText(grid.startMs, value.values[0]!));
  if (value.kind === 'text') {
    return resultText('string', `[${grid.startMs / 1000},${JSON.stringify(value.text)}]`);
  }
  const rows = value.columns
    .filter(({ has }) => has[0] === 1)
    .map(({ labels, values }) => {
      return `{"metric":${metricText(labels)},"value":${pointText(grid.startMs, values[0]!)}}`;
    });
  return resultText('vector', `[${rows.join(',')}]`);
}

/** The answer to a question about a range of time, in pieces: it may be large. */
export async function rangeText(
  value: Value,
  grid: Grid,
  turn: (points: number) => Promise<void>,
): Promise<string> {
  const rows: string[] = [];
  for (const column of columnsOf(value, grid)) {
    const points = columnText(column, grid);
    if (points !== '') rows.push(`{"metric":${metricText(column.labels)},"values":[${points}]}`);
    await turn(grid.points);
  }
  return resultText('matrix', `[${rows.join(',')}]`);
}

/** Samples as they are. */
export function samplesText(all: readonly Series[]): string {
  const rows = all.map(({ labels, samples: { timesUs, values } }) => {
    const points = Array.from(values, (value, i) => pointText(timesUs[i]! / 1000, value));
    return `{"metric":${metricText(labels)},"values":[${points.join(',')}]}`;
  });
  return resultText('matrix', `[${rows.join(',')}]`);
}

/** Data that is no result of an expression. */
export function dataText(data: unknown): string {
  return `{"status":"success","data":${JSON.stringify(data)}}`;
}

/** Labels as an object. */
export function metricText(labels: Labels): string {
  const parts = [...labels]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${parts.join(',')}}`;
}

/** An error. */
export function errorText(kind: string, message: string): string {
  return JSON.stringify({ status: 'error', errorType: kind, error: message });
}

function columnsOf(value: Value, { points }: Grid): readonly Column[] {
  if (value.kind === 'vector') return value.columns;
  if (value.kind === 'text') return [];
  return [{ labels: new Map(), values: value.values, has: new Uint8Array(points).fill(1) }];
}

function columnText({ values, has }: Column, grid: Grid): string {
  const points: string[] = [];
  for (let i = 0; i < values.length; i++) {
    if (has[i] === 1) points.push(pointText(instantMs(grid, i), values[i]!));
  }
  return points.join(',');
}

function pointText(atMs: number, value: number): string {
  return `[${atMs / 1000},"${numberText(value)}"]`;
}

function resultText(type: string, result: string): string {
  return `{"status":"success","data":{"resultType":"${type}","result":${result}}}`;
}
