/** `npm run faults`: the fault tests at full length, 200 kills among them; the usual run has a share. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const full = {
  TACHO_KILL_ROUNDS: '200',
  TACHO_POWER_RUNS: '10',
  TACHO_POWER_CUTS: '10',
  TACHO_FLIP_ROUNDS: '200',
};
const vitest = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);
const args = [vitest, 'run', '--no-file-parallelism', ...filters()];
const { status } = spawnSync(process.execPath, args, {
  stdio: 'inherit',
  env: { ...full, ...process.env },
});
process.exitCode = status ?? 1;

/** Names of fault tests on the command line, e.g. `kill`; all of them by default. */
function filters(): string[] {
  const names = process.argv.slice(2);
  return names.length > 0 ? names.map((name) => `test/fault/${name}`) : ['test/fault'];
}
