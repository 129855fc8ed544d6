/** `tacho demo`: fills a data directory with a believable week, and serves it where that is wanted. */
import { resolve } from 'node:path';
import { limits, readInstant } from '@tacho/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { makeClock } from '../clock.ts';
import type { Config } from '../config.ts';
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
    .option('--serve', 'Serve it then')
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
  const seed = values.seed as number;
  const sessions = values.sessions as number;
  const untilUs = (values.until as number | undefined) ?? Date.now() * 1000;
  const [{ fillStore }, { heroIds }] = await Promise.all([
    import('../demo/fill.ts'),
    import('../demo/plan.ts'),
  ]);
  const startMs = performance.now();
  const store = await openEmpty(dir);
  const progress = openProgress('filling', process.stderr);
  let bytes = 0;
  try {
    const onProgress = (done: number): void => progress.show(done, sessions);
    const filled = await fillStore(store, { seed, sessions, untilUs, onProgress });
    await store.seal();
    const { fileBytes = {} } = await store.health();
    bytes = Object.values(fileBytes).reduce((sum, size) => sum + size, 0);
    progress.clear();
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    process.stdout.write(
      `filled ${values.data} with ${count(filled.sessions)} sessions, ${count(filled.events)} events ` +
        `and ${count(filled.samples)} samples (${formatBytes(bytes)}) in ${seconds} s\n`,
    );
  } finally {
    progress.clear();
    await store.close();
  }
  if (values.serve !== true) {
    process.stdout.write(nextSteps(values.data as string, heroIds(seed).crash));
    return;
  }
  const loaded = configOf(values, served);
  await runServe({ ...loaded, config: { ...loaded.config, dataDir: dir } });
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

const quiet = {
  info: () => {},
  warn: () => {},
  error: (_fields: object, message: string) => process.stderr.write(`tacho: ${message}\n`),
};

function nextSteps(dir: string, crash: string): string {
  return [
    'next:',
    `  tacho serve --data ${dir}                       look around at http://127.0.0.1:${limits.serverPort}`,
    `  tacho show ${crash.slice(0, limits.idPrefixMin)} --data ${dir}               how the game crashed`,
    `  tacho compare emberline 2.3.9 2.4.0 --data ${dir}    what got worse`,
    '',
  ].join('\n');
}

function count(n: number): string {
  return n.toLocaleString('en');
}
