/** `tacho backup`: copies everything recorded into one file, while the server runs. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../config.ts';
import { Failure } from '../failure.ts';
import { addSettings, configOf, directoryOf, type OptionValues } from './options.ts';
import { formatBytes, openProgress } from './progress.ts';

const names = ['dataDir'] as const satisfies readonly (keyof Config)[];

const ofClickhouse = 'back it up with the BACKUP of ClickHouse';

/** The `backup` command. */
export function backupCommand(): Command {
  const command = new Command('backup')
    .description('Copy everything recorded into one file; safe while the server runs.')
    .requiredOption('--to <file>', 'File to write; must not exist yet')
    .option('--json', 'Print what was done as JSON')
    .action(runBackup);
  return addSettings(command, names);
}

async function runBackup(values: OptionValues): Promise<void> {
  const dir = directoryOf(configOf(values, names).config, ofClickhouse);
  const target = resolve(values.to as string);
  if (existsSync(target)) {
    throw new Failure(`${target} exists already; choose another name or remove it first`);
  }
  if (!existsSync(dirname(target))) throw new Failure(`there is no directory ${dirname(target)}`);
  const { backup } = await import('../store/sqlite/backup.ts');
  const progress = openProgress('copying', process.stderr);
  try {
    const { bytes } = await backup(dir, target, progress.show);
    progress.clear();
    process.stdout.write(
      values.json === true
        ? `${JSON.stringify({ file: target, bytes })}\n`
        : `backed up ${dir} to ${target}, ${formatBytes(bytes)}\n`,
    );
  } catch (error) {
    progress.clear();
    throw error;
  }
}
