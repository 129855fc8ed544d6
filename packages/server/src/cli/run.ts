/** `tacho run`: runs a command and records what becomes of it. */
import { endLike, faultOf, type RunOptions, runCommand } from '@tacho/agent/run';
import { limits } from '@tacho/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from './number.ts';
import type { OptionValues } from './options.ts';

const intervalPreset = limits.runMetricsIntervalMs / 1_000;

/** The `run` command. */
export function makeRunCommand(): Command {
  return new Command('run')
    .description('Run a command and record it: its output, what it uses, how it ends.')
    .argument('<command>', 'Program to run; everything after it is its own')
    .argument('[args...]', 'What it gets')
    .passThroughOptions()
    .option('--product <name>', 'What runs (default: name of the program)', filled)
    .option('--version <version>', 'Which version (default: of the package or commit here)', filled)
    .option('--tag <tag>', 'On all its metrics: key:value, or a word; can be repeated', list, [])
    .option(
      '--metrics-interval <seconds>',
      `How often to note what it uses (default: ${intervalPreset})`,
      seconds(limits.runMetricsIntervalMinMs, limits.runMetricsIntervalMaxMs),
    )
    .option(
      '--hang-timeout <seconds>',
      'Without output or heartbeat for so long, it hangs (default: not watched for)',
      seconds(limits.watchTimeoutMinMs, limits.hangTimeoutMaxMs),
    )
    .option(
      '--tail-lines <n>',
      `Last lines of output to keep when it ends badly (default: ${limits.runTailLines})`,
      tailLines,
    )
    .option('--parse <regex>', 'Finds metrics in lines of output; can be repeated', pattern, [])
    .option('--pipe', 'Take the output even where it goes to a terminal; there is none then')
    .option('-q, --quiet', 'Say nothing on stderr')
    .action(run)
    .addHelpText('after', help);
}

const help = `
The command runs as without us: same input and output, same signals, same exit status. When it is
not found, the status is 127; when it cannot be run, 126. Where its output goes to a terminal, it
goes there without passing us; its last lines and metrics in it are then not recorded (see --pipe).

Groups of --parse are metrics of their names, or name one: (?<name>…) (?<value>…) (?<unit>…).
Lines like these are metrics and events without it:
  tacho:metric name=fps value=59.8 type=gauge unit=fps tags=level:3,demo
  tacho:event name=level_done level=info message="Level 3 is done" score=1200

Examples:
  tacho run -- npm test
  tacho run --product trainer --version 7 --parse 'loss: (?<loss>[0-9.]+)' -- python train.py
  tacho run --hang-timeout 60 --tag host:till-3 ./till --fullscreen`;

async function run(command: string, args: string[], values: OptionValues): Promise<void> {
  const { product, version, hangTimeout } = values as {
    product?: string;
    version?: string;
    hangTimeout?: number;
  };
  const options: RunOptions = {
    command,
    args,
    tags: values.tag as string[],
    metricsIntervalMs: (values.metricsInterval as number) ?? limits.runMetricsIntervalMs,
    tailLines: (values.tailLines as number) ?? limits.runTailLines,
    patterns: values.parse as string[],
    isPiped: values.pipe === true,
    isQuiet: values.quiet === true,
    ...(product !== undefined && { product }),
    ...(version !== undefined && { version }),
    ...(hangTimeout !== undefined && { hangTimeoutMs: hangTimeout }),
  };
  endLike(await runCommand(options));
}

function filled(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function list(text: string, before: readonly string[]): string[] {
  if (text === '' || text.length > limits.tagLengthMax) {
    throw new InvalidArgumentError(`Accepted: 1 to ${limits.tagLengthMax} characters.`);
  }
  return [...before, text];
}

function pattern(text: string, before: readonly string[]): string[] {
  const fault = faultOf(text);
  if (fault !== undefined) throw new InvalidArgumentError(fault);
  return [...before, text];
}

function tailLines(text: string): number {
  const count = wholeNumber(text);
  if (count <= limits.runTailLinesMax) return count;
  throw new InvalidArgumentError(`Accepted: 0 to ${limits.runTailLinesMax}.`);
}

/** Milliseconds of so many seconds. */
function seconds(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const ms = /^\d+(\.\d+)?s?$/.test(text) ? Number.parseFloat(text) * 1_000 : Number.NaN;
    if (ms >= minMs && ms <= maxMs) return ms;
    throw new InvalidArgumentError(`Accepted: ${minMs / 1_000} to ${maxMs / 1_000} seconds.`);
  };
}
