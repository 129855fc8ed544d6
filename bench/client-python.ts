/** What the Python client costs its program, as `python/bench.py` finds it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row } from './report.ts';

/** What `python/bench.py` prints. */
interface PythonLoad {
  connect_ms: number;
  log_metric: Cost;
  log_metric_tags: Cost;
  log_counter: Cost;
  log_event: Cost;
  burst: { peak_mb: number; delivered: boolean };
}

interface Cost {
  p50_us: number;
  p99_us: number;
}

/** Runs it once; it makes as many calls as it needs. */
export async function pythonRows(): Promise<Row[]> {
  const load = await runPython();
  const row = (name: string, value: number, unit: string, atMost?: number): Row => {
    return { bench: 'client', name, value, unit, ...(atMost !== undefined && { atMost }) };
  };
  const kinds = ['log_metric', 'log_metric_tags', 'log_counter', 'log_event'] as const;
  return [
    ...kinds.flatMap((kind) => {
      const isBound = kind.startsWith('log_metric');
      return [
        row(`Python ${kind}, p50`, load[kind].p50_us, 'µs', isBound ? 2 : undefined),
        row(`Python ${kind}, p99`, load[kind].p99_us, 'µs', isBound ? 20 : undefined),
      ];
    }),
    row('Python connect()', load.connect_ms, 'ms', 5),
    row('Python, held by 1 M calls', load.burst.peak_mb, 'MiB', 64),
  ];
}

async function runPython(): Promise<PythonLoad> {
  const script = fileURLToPath(new URL('../python/bench.py', import.meta.url));
  const child = spawn('python3', [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`python/bench.py ended with ${code}`);
  return JSON.parse(text) as PythonLoad;
}
