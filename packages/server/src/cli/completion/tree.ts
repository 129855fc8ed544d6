/** The commands, their options and what these take, as completion needs to know them. */
import type { Command, Option } from 'commander';

/** What may stand at a place. */
export type TreeValue =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'file' | 'ids' | 'products' | 'any' };

/** An option. */
interface TreeOption {
  /** `-n`, `--limit`. */
  flags: string[];
  description: string;
  /** Absent when it takes none. */
  value?: TreeValue;
}

/** A command. */
export interface TreeCommand {
  /** Names from the root, without it: `token create`; '' for the root. */
  path: string;
  description: string;
  commands: string[];
  options: TreeOption[];
  /** What its arguments are; absent when it takes none. */
  argument?: TreeValue;
}

/** The root and everything below it that is not hidden. */
export function commandTree(root: Command): TreeCommand[] {
  return [...below(root, '')];
}

function* below(command: Command, path: string): Generator<TreeCommand> {
  const help = command.createHelp();
  const inner = help.visibleCommands(command);
  const [argument] = command.registeredArguments;
  yield {
    path,
    description: command.description(),
    commands: inner.map((one) => one.name()),
    options: help.visibleOptions(command).map(treeOption),
    ...(argument && { argument: valueNamed(argument.name(), argument.argChoices) }),
  };
  for (const one of inner) yield* below(one, `${path} ${one.name()}`.trim());
}

function treeOption(option: Option): TreeOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const name = /[<[]([^>\]]*)[>\]]/.exec(option.flags)?.[1];
  const { description } = option;
  if (name === undefined) return { flags, description };
  const words = name.includes('|') ? name.split('|') : option.argChoices;
  const value = valueNamed(valueNames[option.long ?? ''] ?? name, words);
  return { flags, description, value };
}

/** Options whose values are known by their own name. */
const valueNames: Readonly<Record<string, string>> = { '--id': 'id', '--product': 'product' };

function valueNamed(name: string, words: readonly string[] | undefined): TreeValue {
  if (words !== undefined) return { kind: 'words', words };
  if (['file', 'dir'].includes(name)) return { kind: 'file' };
  if (['id', 'ids'].includes(name.replace('...', ''))) return { kind: 'ids' };
  if (name === 'product') return { kind: 'products' };
  return { kind: 'any' };
}
