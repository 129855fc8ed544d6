/** `tacho doctor`: looks at configuration, space and every checksum, and says what is wrong. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Config, ConfigError, type LoadedConfig } from '../config.ts';
import { reasonOf } from '../failure.ts';
import { type StoreAddress, shownStore } from '../store/open.ts';
import type { Inspection } from '../store/sqlite/inspect.ts';
import { line, renderInspection } from './inspection.ts';
import { openForTool } from './open-tool.ts';
import { addSettings, configOf, type OptionValues } from './options.ts';
import { formatBytes } from './progress.ts';

const names = ['dataDir', 'store'] as const satisfies readonly (keyof Config)[];

/** Less free space than this is worth a warning. */
const diskFreeBytesMin = 512 * 1024 * 1024;

/** The `doctor` command. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Check configuration, free space and every checksum of the data.')
    .option('--json', 'Print the findings as JSON')
    .action(runDoctor)
    .addHelpText(
      'after',
      '\nExit code 1 means that something is damaged or wrong. It is safe while the server runs.',
    );
  return addSettings(command, names);
}

/** Everything that the doctor found; this is what `--json` prints. */
interface Findings {
  healthy: boolean;
  config: { file: string | null; problems: readonly string[]; notes: readonly string[] };
  /** Absent when the configuration is so wrong that there is no data directory to look at. */
  data?: DataFindings;
  /** Instead of `data` when the store is a ClickHouse. */
  store?: StoreFindings;
}

interface StoreFindings {
  /** Its address without the password. */
  address: string;
  /** Why it cannot be used; absent when it takes what is recorded. */
  error?: string;
}

interface DataFindings {
  dir: string;
  /** Absent when nothing was recorded yet, or when `error` says why nobody could look. */
  inspection?: Inspection;
  error?: string;
  diskFreeBytes?: number;
  warnings: string[];
}

async function runDoctor(values: OptionValues): Promise<void> {
  const findings = await examine(values);
  const text = values.json === true ? `${JSON.stringify(findings, null, 2)}\n` : render(findings);
  process.stdout.write(text);
  if (!findings.healthy) process.exitCode = 1;
}

async function examine(values: OptionValues): Promise<Findings> {
  let loaded: LoadedConfig;
  try {
    loaded = configOf(values, names);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { healthy: false, config: { file: null, problems: error.problems, notes: [] } };
  }
  const config = { file: loaded.file, problems: [], notes: loaded.notes };
  if (loaded.config.store !== null) {
    const store = await examineStore(loaded.config.store);
    return { healthy: store.error === undefined, config, store };
  }
  const data = await examineData(loaded.config.dataDir);
  const isSound = data.error === undefined && (data.inspection?.problems.length ?? 0) === 0;
  return { healthy: isSound, config, data };
}

/** Its files are its own business: here counts whether it answers and takes what is recorded. */
async function examineStore(address: StoreAddress): Promise<StoreFindings> {
  const findings: StoreFindings = { address: shownStore(address) };
  try {
    const store = await openForTool(address);
    const { writable, problem } = await store.health();
    await store.close();
    if (!writable) findings.error = problem ?? 'it takes no writes';
  } catch (error) {
    findings.error = reasonOf(error);
  }
  return findings;
}

async function examineData(dir: string): Promise<DataFindings> {
  const data: DataFindings = { dir, warnings: [] };
  if (!existsSync(dir)) return data;
  const { bavail, bsize } = statfsSync(dir);
  data.diskFreeBytes = bavail * bsize;
  if (data.diskFreeBytes < diskFreeBytesMin) data.warnings.push('the disk is nearly full');
  if (process.platform !== 'win32' && (statSync(dir).mode & 0o077) !== 0) {
    data.warnings.push(`other users of this machine can read it; chmod 700 ${dir} stops that`);
  }
  const [{ inspect }, { databaseFile }] = await Promise.all([
    import('../store/sqlite/inspect.ts'),
    import('../store/sqlite/database.ts'),
  ]);
  if (!existsSync(join(dir, databaseFile))) return data;
  try {
    data.inspection = inspect(dir);
  } catch (error) {
    data.error = reasonOf(error);
  }
  return data;
}

function render({ config, data, store }: Findings): string {
  const lines = [line('configuration', config.file ?? 'no file, defaults and environment')];
  for (const problem of config.problems) lines.push(`  wrong: ${problem}`);
  for (const note of config.notes) lines.push(`  note: ${note}`);
  if (store !== undefined) {
    lines.push(line('store', store.address));
    lines.push(line('answers', store.error === undefined ? 'yes' : `no: ${store.error}`));
    lines.push(line('files', 'not looked at: they belong to ClickHouse, which checks them itself'));
  }
  if (data === undefined) return `${lines.join('\n')}\n`;
  const free =
    data.diskFreeBytes === undefined ? '' : `, ${formatBytes(data.diskFreeBytes)} free on its disk`;
  lines.push(line('data', data.dir + free));
  for (const warning of data.warnings) lines.push(`  warning: ${warning}`);
  if (data.error !== undefined) lines.push(line('damage', data.error));
  const text = `${lines.join('\n')}\n`;
  if (data.inspection !== undefined) return text + renderInspection(data.inspection);
  return data.error === undefined ? `${text}nothing was recorded there yet\n` : text;
}
