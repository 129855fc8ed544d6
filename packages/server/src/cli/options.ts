/** Settings as command line options, and back. */
import { type Command, Option } from 'commander';
import { settings } from '../config/settings.ts';
import { type Config, type LoadedConfig, loadConfig } from '../config.ts';
import { shownStore } from '../store/open.ts';
import { CommandError } from './exit.ts';

/** Values as commander returns them, by attribute name. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** Adds `--config` and the flags of these settings, with their defaults in the help. */
export function addSettings(command: Command, names: readonly (keyof Config)[]): Command {
  for (const name of names) command.addOption(optionOf(name));
  return command.option(
    '--config <file>',
    'Configuration file, also one of DataCat (default: tacho.config.json, if it exists)',
  );
}

/** The configuration that these options, the environment and the file add up to. */
export function configOf(values: OptionValues, names: readonly (keyof Config)[]): LoadedConfig {
  const flags: Partial<Record<keyof Config, unknown>> = {};
  for (const name of names) flags[name] = values[optionOf(name).attributeName()];
  const file = values.config as string | undefined;
  return loadConfig({
    flags,
    env: process.env,
    cwd: process.cwd(),
    ...(file !== undefined && { file }),
  });
}

/**
 * The data directory, for commands that work on its files. Throws a CommandError while the store is
 * a ClickHouse; `instead` says what to do then.
 */
export function directoryOf(config: Config, instead: string): string {
  if (config.store === null) return config.dataDir;
  throw new CommandError(
    'failed',
    `the store is ${shownStore(config.store)}, which has no data directory: ${instead}, or name a directory with --data`,
  );
}

function optionOf(name: keyof Config): Option {
  const setting = settings[name];
  const isQuiet = [null, false, ''].some((each) => each === setting.default);
  const preset =
    [setting.default].flat().length === 0 || isQuiet ? '' : ` (default: ${setting.default})`;
  return new Option(setting.flag, setting.doc.replaceAll('`', '') + preset);
}
