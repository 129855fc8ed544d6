/** `tacho completion`: scripts that complete commands, options and values, made from the commands themselves. */
import { Argument, Command } from 'commander';
import { commandTree, type TreeCommand, type TreeValue } from './completion/tree.ts';
import { valuesCommand } from './completion/values.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** The `completion` command; `root` is asked for its commands when they are all there. */
export function completionCommand(root: () => Command): Command {
  return new Command('completion')
    .description('Print a script that completes commands, options, session ids and products.')
    .addArgument(new Argument('<shell>', 'Shell to print it for').choices(shells))
    .action((shell: (typeof shells)[number]) => {
      const tree = commandTree(root());
      process.stdout.write(shell === 'fish' ? fishScript(tree) : bashScript(tree, shell));
    })
    .addHelpText('after', help);
}

/** The hidden command by which the scripts ask for session ids and products. */
export const completionValuesCommand = valuesCommand;

const help = `
Examples:
  source <(tacho completion bash)               for this shell; put it into ~/.bashrc for all
  source <(tacho completion zsh)                the same for zsh
  tacho completion fish > ~/.config/fish/completions/tacho.fish`;

/** Zsh understands the script of bash, once it was told to. */
function bashScript(tree: readonly TreeCommand[], shell: 'bash' | 'zsh'): string {
  const start =
    shell === 'zsh'
      ? ['autoload -U +X compinit && compinit', 'autoload -U +X bashcompinit && bashcompinit']
      : [];
  const lines = [
    `# Completion of tacho for ${shell}; made by tacho completion ${shell}.`,
    ...start,
    '_tacho() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash that fills it in.
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command="" options="" i',
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash that fills it in.
    '    case "$command ${COMP_WORDS[i]}" in',
    ...tree.map(({ path }) => `      ${quoted(pathTail(path))}) command=${quoted(path)} ;;`),
    '    esac',
    '  done',
    '  case "$command $prev" in',
    ...tree.flatMap(({ path, options }) =>
      options
        .filter(({ value }) => value !== undefined)
        .map(({ flags, value }) => {
          const patterns = flags.map((flag) => quoted(`${path} ${flag}`)).join('|');
          return `    ${patterns}) ${bashValues(value as TreeValue)}; return ;;`;
        }),
    ),
    '  esac',
    '  case "$command" in',
    ...tree.map(({ path, options, commands, argument }) => {
      const flags = options.flatMap((option) => option.flags).join(' ');
      const words = commands.join(' ');
      const values = argument === undefined ? '' : ` ${bashValues(argument)};`;
      const names =
        words === '' ? values : ` COMPREPLY=($(compgen -W ${quoted(words)} -- "$cur"));`;
      return `    ${quoted(path)}) options=${quoted(flags)}; if [[ $cur != -* ]]; then${names === '' ? ' :;' : names} fi ;;`;
    }),
    '  esac',
    '  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur")); fi',
    '}',
    'complete -F _tacho tacho',
  ];
  return `${lines.join('\n')}\n`;
}

/** Pattern of a word after which another command is meant: ` ls`, `token create`. */
function pathTail(path: string): string {
  const words = path.split(' ');
  return `${words.slice(0, -1).join(' ')} ${words.at(-1)}`;
}

function bashValues(value: TreeValue): string {
  if (value.kind === 'words') {
    return `COMPREPLY=($(compgen -W ${quoted(value.words.join(' '))} -- "$cur"))`;
  }
  if (value.kind === 'file') return 'COMPREPLY=($(compgen -f -- "$cur"))';
  if (value.kind === 'any') return ':';
  const asked = `"\${COMP_WORDS[0]}" __values ${value.kind} -- "\${COMP_WORDS[@]:1}"`;
  return `local IFS=$'\\n'; COMPREPLY=($(compgen -W "$(${asked} 2>/dev/null)" -- "$cur"))`;
}

function fishScript(tree: readonly TreeCommand[]): string {
  const lines = [
    '# Completion of tacho for fish; made by tacho completion fish.',
    'complete -c tacho -f',
  ];
  for (const { path, description, options, commands, argument } of tree) {
    const words = path.split(' ').filter((word) => word !== '');
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const here = words.length === 0 ? '__fish_use_subcommand' : seen;
    const when = `-n ${quoted(here)}`;
    for (const name of commands) {
      const said = tree.find((one) => one.path === `${path} ${name}`.trim())?.description;
      lines.push(`complete -c tacho ${when} -a ${name} -d ${quoted(said ?? description)}`);
    }
    if (argument !== undefined) lines.push(`complete -c tacho ${when} ${fishValues(argument)}`);
    for (const { flags, description: about, value } of options) {
      const names = flags
        .map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
        .join(' ');
      const values = value === undefined ? '' : ` ${fishValues(value)} -r`;
      lines.push(`complete -c tacho ${when} ${names}${values} -d ${quoted(about)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function fishValues(value: TreeValue): string {
  if (value.kind === 'words') return `-a ${quoted(value.words.join(' '))}`;
  if (value.kind === 'file') return '-F';
  if (value.kind === 'any') return '-f';
  return `-a ${quoted(`(tacho __values ${value.kind} -- (commandline -opc)[2..-1] (commandline -ct))`)}`;
}

/** For a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
