/** `tacho migrate`: copies everything from one store into another, and proves it. */
import { TachoError } from '@tacho/protocol';
import { Command } from 'commander';
import { Failure, reasonOf } from '../failure.ts';
import {
  absoluteStore,
  isSameStore,
  openSource,
  openStore,
  parseStore,
  type StoreAddress,
  shownStore,
  storeForms,
} from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { CommandError } from './exit.ts';
import type { Copied } from './migrate/copy.ts';
import { type Outcome, reportJson, reportText } from './migrate/report.ts';
import { toolOptions } from './open-tool.ts';
import type { OptionValues } from './options.ts';
import { openProgress } from './progress.ts';

/** The `migrate` command. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Copy everything from one store into another, and check that it arrived.')
    .requiredOption('--from <store>', 'Store to read; nothing in it is changed')
    .option('--to <store>', 'Store to copy into (default: TACHO_STORE)')
    .option('--verify-only', 'Copy nothing; compare what both hold')
    .option('--again', 'Also copy what was copied before and deleted since')
    .option('--replace', 'Remove sessions of the target that differ, and copy them anew')
    .option('--json', 'Print what was done as JSON')
    .action(runMigrate)
    .addHelpText('after', help);
}

const help = `
A store is ${storeForms.replaceAll('`', '')}.
As a source, sqlite: also takes a file that tacho backup wrote. No server may run on a directory
meanwhile. Stopped or killed at any point, it goes on where it was when it is run again. The exit
code is 1 when anything is not in the target as it is in the source.

Examples:
  tacho migrate --from sqlite:tacho-data --to clickhouse://tacho:PASSWORD@ch1:8123/tacho
  TACHO_STORE=clickhouse://... tacho migrate --from sqlite:tacho-backup.db --json
  tacho migrate --from sqlite:tacho-data --to sqlite:/mnt/other/tacho-data --verify-only`;

async function runMigrate(values: OptionValues): Promise<void> {
  const from = addressOf('--from', values.from as string);
  const to = addressOf('--to', (values.to as string | undefined) ?? process.env.TACHO_STORE ?? '');
  if (isSameStore(from, to)) {
    throw new CommandError('usage', `--from and --to are the same store, ${shownStore(to)}`);
  }
  const options = await toolOptions();
  const source = await opened(from, (address) => openSource(address, options));
  try {
    const target = await opened(to, (address) => openStore(address, options));
    try {
      report(await migrate(source, target, values), { from, to }, values.json === true);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function addressOf(flag: string, text: string): StoreAddress {
  try {
    return absoluteStore(parseStore(text), process.cwd());
  } catch (error) {
    const wrong = text === '' ? 'names no store' : reasonOf(error);
    throw new CommandError('usage', `${flag} ${wrong}; accepted: ${storeForms}`);
  }
}

async function opened(
  address: StoreAddress,
  open: (address: StoreAddress) => Promise<Store>,
): Promise<Store> {
  try {
    return await open(address);
  } catch (error) {
    if (!(error instanceof TachoError)) throw error;
    const exit = error.code === 'store_unavailable' ? 'unreachable' : 'failed';
    throw new CommandError(exit, `${shownStore(address)}: ${reasonOf(error)}`, { cause: error });
  }
}

async function migrate(source: Store, target: Store, values: OptionValues): Promise<Outcome> {
  const [{ copyStore }, { verifyStore }] = await Promise.all([
    import('./migrate/copy.ts'),
    import('./migrate/verify.ts'),
  ]);
  const total = await countIds(source);
  let copied: Copied | undefined;
  if (values.verifyOnly !== true) {
    copied = await withProgress('copying', total, (onProgress) =>
      copyStore({
        ...{ source, target, onProgress },
        clock: () => Date.now() * 1000,
        again: values.again === true,
        replace: values.replace === true,
      }),
    );
  }
  const verified = await withProgress('verifying', total, (onProgress) =>
    verifyStore(source, target, onProgress),
  );
  return { ...(copied && { copied }), verified };
}

async function countIds(store: Store): Promise<number> {
  let total = 0;
  for await (const page of store.ids()) total += page.length;
  return total;
}

async function withProgress<T>(
  verb: string,
  total: number,
  body: (onProgress: (sessions: number) => void) => Promise<T>,
): Promise<T> {
  const progress = openProgress(verb, process.stderr);
  try {
    return await body((done) => progress.show(done, total));
  } catch (error) {
    throw error instanceof TachoError ? new Failure(reasonOf(error), { cause: error }) : error;
  } finally {
    progress.clear();
  }
}

function report(
  outcome: Outcome,
  { from, to }: { from: StoreAddress; to: StoreAddress },
  asJson: boolean,
): void {
  const stores = { from: shownStore(from), to: shownStore(to) };
  const { out, problems } = reportText(outcome, stores);
  process.stdout.write(asJson ? `${JSON.stringify(reportJson(outcome, stores))}\n` : out);
  if (!asJson) process.stderr.write(problems.map((line) => `tacho: ${line}\n`).join(''));
  if (problems.length > 0) process.exitCode = 1;
}
