/** What a run of the benchmarks found: on the screen, as JSON, and as a table to read later. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** One number with what it is held against. */
export interface Row {
  bench: string;
  name: string;
  value: number;
  unit: string;
  /** The value must be at most, or at least, this. */
  atMost?: number;
  atLeast?: number;
  note?: string;
}

/** Everything about a run. */
export interface Run {
  startedAt: string;
  quick: boolean;
  machine: { cpu: string; cores: number; memoryGiB: number; os: string };
  node: string;
  commit: string;
  rows: Row[];
}

/** A run without results yet. */
export function newRun(quick: boolean): Run {
  return {
    startedAt: new Date().toISOString(),
    quick,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      os: `${process.platform} ${release()}`,
    },
    node: process.version,
    commit: commit(),
    rows: [],
  };
}

/** Whether a row meets its target; undefined when it has none. */
export function met(row: Row): boolean | undefined {
  if (row.atMost !== undefined) return row.value <= row.atMost;
  if (row.atLeast !== undefined) return row.value >= row.atLeast;
  return undefined;
}

/** The results as a Markdown table with a line about the machine. */
export function toMarkdown(run: Run): string {
  const { machine } = run;
  const lines = [
    `${run.startedAt} · commit ${run.commit} · Node ${run.node} · ${machine.cores} × ${machine.cpu}, ` +
      `${machine.memoryGiB} GiB, ${machine.os}${run.quick ? ' · quick run, not a measurement' : ''}`,
    '',
    '| bench | what | value | target | of target | met |',
    '|---|---|---:|---:|---:|---|',
  ];
  for (const row of run.rows) {
    const bound = row.atMost ?? row.atLeast;
    const sign = row.atMost !== undefined ? '≤' : '≥';
    const verdict = met(row);
    const cells = [
      row.bench,
      row.note ? `${row.name} (${row.note})` : row.name,
      `${shown(row.value)} ${row.unit}`.trim(),
      bound === undefined ? '' : `${sign} ${shown(bound)}`,
      bound === undefined ? '' : shown(row.value / bound),
      verdict === undefined ? '' : verdict ? 'yes' : '**no**',
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** Writes `DATE-NAME.json` and `.md` into a directory; the paths without extension. */
export function writeRun(run: Run, dir: string, name: string): string {
  mkdirSync(dir, { recursive: true });
  const base = join(dir, `${run.startedAt.slice(0, 10)}-${name}`);
  writeFileSync(`${base}.json`, `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(`${base}.md`, toMarkdown(run));
  return base;
}

/** Three significant digits, whole numbers with separators. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
