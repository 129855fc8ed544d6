/** `tacho demo`: fills a data directory with a believable week, and lets it live on where that is wanted. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { limits, readInstant } from '@tacho/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { makeClock } from '../clock.ts';
import type { Config, LoadedConfig } from '../config.ts';
import type { Filled } from '../demo/fill.ts';
import type { WeekOptions } from '../demo/week.ts';
import type { SqliteStore } from '../store/sqlite/sqlite.ts';
import { CommandError } from './exit.ts';
import { wholeNumber } from './number.ts';
import { addSettings, configOf, type OptionValues } from './options.ts';
import { formatBytes, openProgress } from './progress.ts';
import { runServe } from './serve.ts';

/** What `--serve` takes of the settings of a server. */
const served = [
  'host',
  'port',
  'insecureNoAuth',
  'logLevel',
  'logFormat',
] as const satisfies readonly (keyof Config)[];

/** Fewer sessions would leave parts of the week empty. */
const sessionsMin = 10;

/** The `demo` command. */
export function demoCommand(): Command {
  const command = new Command('demo')
    .description('Fill a new data directory with a made-up week, to look around in.')
    .option('--data <dir>', 'Directory to fill; holds no sessions yet', './tacho-demo')
    .option('--seed <number>', 'Another number makes another week', wholeNumber, 1)
    .option('--sessions <number>', 'Sessions of the week', sessionCount, 2000)
    .option('--until <instant>', 'End of the week: RFC 3339, or -2h (default: now)', instant)
    .option('--serve', 'Serve it then, and let what still runs go on')
    .action(runDemo);
  return addSettings(command, served).addHelpText('after', help);
}

const help = `
The same seed and the same end make the same week, to the byte. It holds a game of which one version
crashes, a service of which one version is slow, and test rigs that work at night.

Examples:
  tacho demo --serve                            fill ./tacho-demo and look at http://127.0.0.1:9090
  tacho demo --data demo --until 2026-03-01T18:00:00Z --sessions 200`;

function sessionCount(text: string): number {
  const count = wholeNumber(text);
  if (count >= sessionsMin) return count;
  throw new InvalidArgumentError(`Expected ${sessionsMin} or more.`);
}

function instant(text: string): number {
  const us = readInstant(text, Date.now() * 1000);
  if (us === undefined) throw new InvalidArgumentError('Expected an RFC 3339 time, or -2h.');
  return Math.floor(us / 1000) * 1000;
}

async function runDemo(values: OptionValues): Promise<void> {
  const dir = resolve(values.data as string);
  const week: WeekOptions = {
    seed: values.seed as number,
    sessions: values.sessions as number,
    untilUs: (values.until as number | undefined) ?? Date.now() * 1000,
  };
  process.stdout.write(`${await fill(dir, values.data as string, week)}\n`);
  if (values.serve === true) await serveAlive(dir, week, configOf(values, served));
  else process.stdout.write(nextSteps(values.data as string));
}

/** Fills the directory; returns what to say of it. */
async function fill(dir: string, name: string, week: WeekOptions): Promise<string> {
  const { fillStore } = await import('../demo/fill.ts');
  const startMs = performance.now();
  const store = await openEmpty(dir);
  const progress = openProgress('filling', process.stderr);
  let filled: Filled;
  try {
    const onProgress = (done: number): void => progress.show(done, week.sessions);
    filled = await fillStore(store, { ...week, onProgress });
    await store.seal();
  } finally {
    progress.clear();
    await store.close();
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const sessions = `${count(filled.sessions)} sessions, ${count(filled.events)} events`;
  const samples = `${count(filled.samples)} samples`;
  return `filled ${name} with ${sessions} and ${samples}: ${formatBytes(sizeOf(dir))} in ${seconds} s`;
}

/** Bytes of the files of a directory. */
function sizeOf(dir: string): number {
  return readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
}

/** Serves the directory, and lets the runs of the week go on. */
async function serveAlive(dir: string, week: WeekOptions, loaded: LoadedConfig): Promise<void> {
  const { play } = await import('../demo/live/play.ts');
  // The runs speak plain HTTP, and nobody needs a certificate for a demo.
  const config = {
    ...loaded.config,
    dataDir: dir,
    store: null,
    tlsCertFile: null,
    tlsKeyFile: null,
  };
  await runServe({ ...loaded, config }, (url) =>
    play(week, { url, clock: makeClock(), onProblem: complain }),
  );
}

/** Opens the store of a directory; rejects with CommandError when somebody's sessions are there. */
async function openEmpty(dir: string): Promise<SqliteStore> {
  const { openSqlite } = await import('../store/sqlite/sqlite.ts');
  const store = await openSqlite({
    ...{ dir, clock: makeClock(), log: quiet },
    suspendedAfterUs: limits.heartbeatTimeoutMs * 1000,
    returnGraceUntilUs: 0,
  });
  for await (const [first] of store.ids()) {
    if (first === undefined) continue;
    await store.close();
    throw new CommandError(
      'failed',
      `${dir} holds sessions already, and made-up ones must not get among them; name another directory with --data, or look at it with tacho serve --data ${dir}`,
    );
  }
  return store;
}

function complain(sentence: string): void {
  process.stderr.write(`tacho: ${sentence}\n`);
}

const quiet = {
  info: () => {},
  warn: () => {},
  error: (_fields: object, message: string) => complain(message),
};

function nextSteps(dir: string): string {
  return [
    'next:',
    `  tacho serve --data ${dir}`,
    `  tacho ls --data ${dir} --outcome crashed`,
    `  tacho compare emberline 2.3.9 2.4.0 --data ${dir}`,
    '',
  ].join('\n');
}

function count(n: number): string {
  return n.toLocaleString('en');
}
