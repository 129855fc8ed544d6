/** `tacho restore`: turns a backup into a data directory again. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../config.ts';
import { explain, Failure, reasonOf } from '../failure.ts';
import type { Inspection } from '../store/sqlite/inspect.ts';
import { renderInspection } from './inspection.ts';
import { addSettings, configOf, directoryOf, type OptionValues } from './options.ts';

const names = ['dataDir'] as const satisfies readonly (keyof Config)[];

const ofClickhouse = 'copy the backup into it with tacho migrate --from sqlite:FILE';

/** The `restore` command. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('Make a data directory from a backup; the server must not run on it.')
    .requiredOption('--from <file>', 'Backup to read')
    .option('--verify', 'Check every checksum of what was restored')
    .option('--json', 'Print what the directory holds now as JSON')
    .option('--force', 'Restore into a directory that is not empty; what it holds is set aside')
    .action(runRestore);
  return addSettings(command, names);
}

async function runRestore(values: OptionValues): Promise<void> {
  const dir = directoryOf(configOf(values, names).config, ofClickhouse);
  const source = resolve(values.from as string);
  checkHeader(source);
  const [{ restore }, { lockDirectory }] = await Promise.all([
    import('../store/sqlite/backup.ts'),
    import('../store/sqlite/database.ts'),
  ]);
  const aside = makeRoom(dir, values.force === true, lockDirectory);
  let inspection: Inspection;
  try {
    inspection = restore(source, dir, { verify: values.verify === true });
  } catch (error) {
    if (aside === undefined) throw error;
    throw new Failure(`${reasonOf(error)}; what was there before is in ${aside}`, { cause: error });
  }
  if (inspection.problems.length > 0) process.exitCode = 1;
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify({ set_aside: aside ?? null, inspection })}\n`);
    return;
  }
  process.stdout.write(`restored ${source} into ${dir}\n`);
  if (aside !== undefined) process.stdout.write(`what was there before is in ${aside}\n`);
  process.stdout.write(renderInspection(inspection));
}

/** Whoever names the wrong file learns it before anything is moved. */
function checkHeader(source: string): void {
  const header = Buffer.alloc(databaseHeader.length);
  explain(`cannot read ${source}`, () => {
    const file = openSync(source, 'r');
    try {
      readSync(file, header);
    } finally {
      closeSync(file);
    }
  });
  if (header.toString('latin1') !== databaseHeader) {
    throw new Failure(`${source} is not a backup that tacho made`);
  }
}

/** First bytes of every SQLite database. */
const databaseHeader = 'SQLite format 3\0';

/**
 * Refuses a directory in use unless forced, and then moves its files into a folder inside it (which
 * also works for a mounted volume). Returns that folder.
 */
function makeRoom(
  dir: string,
  isForced: boolean,
  lock: (dir: string) => () => void,
): string | undefined {
  const files = existsSync(dir) ? readdirSync(dir).filter(isData) : [];
  if (files.length === 0) return undefined;
  if (!isForced) {
    throw new Failure(
      `${dir} is not empty; choose another with --data, or set its files aside with --force`,
    );
  }
  const release = lock(dir);
  try {
    const aside = join(dir, asidePrefix + new Date().toISOString().replace(/[^0-9]/g, ''));
    mkdirSync(aside, { mode: 0o700 });
    for (const file of files) renameSync(join(dir, file), join(aside, file));
    return aside;
  } finally {
    release();
  }
}

const asidePrefix = 'before-restore-';

/** The lock belongs to whoever uses the directory, and earlier sets of files are out of the way. */
function isData(file: string): boolean {
  return !file.startsWith(asidePrefix) && !file.startsWith('tacho.lock');
}
