/** The gate on the command line: its options, and what it prints. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Asker } from '../ask.ts';
import { CommandError, exitCodes } from '../exit.ts';
import { lookOf } from '../look.ts';
import type { OptionValues } from '../options.ts';
import { printJson, printLines } from '../output.ts';
import { formats, junitLines, markdownLines, reportJson, textLines } from './formats.ts';
import { type GateQuestion, type GateReport, judge } from './gate.ts';
import { parseMetricRule, parseShareRule, type Rule, RuleError } from './rule.ts';

/** Format of a report. */
type Format = (typeof formats)[number];

/** Chance of a false alarm where none is named. */
const alphaDefault = 0.05;

/** Adds the options of the gate. */
export function addRules(command: Command): Command {
  const rule = (flags: string, about: string, read: (text: string) => Rule) =>
    new Option(flags, about).argParser((text: string, before: Rule[] | undefined) => [
      ...(before ?? []),
      readRule(read, text),
    ]);
  return command
    .addOption(
      rule(
        '--metric <rule>',
        "What a metric may change by, such as 'p95(frame_time_ms)<=+5%'; repeatable",
        parseMetricRule,
      ),
    )
    .addOption(
      rule(
        '--crash-free <rule>',
        "What sessions without a crash may lose, such as '>=-0.5pp'",
        (text) => parseShareRule('crash-free', text),
      ),
    )
    .addOption(
      rule('--hang-free <rule>', 'The same of sessions without a hang', (text) =>
        parseShareRule('hang-free', text),
      ),
    )
    .addOption(
      new Option(
        '--alpha <chance>',
        `Chance, at most, of a false alarm (default: ${alphaDefault})`,
      ).argParser(readAlpha),
    )
    .option('--strict', 'Fail also when a rule is not proven to be kept')
    .addOption(new Option('--format <format>', 'How to print what rules say').choices(formats));
}

/** The rules that options name, in the order of their kinds. */
export function rulesOf(values: OptionValues): Rule[] {
  const { metric = [], crashFree = [], hangFree = [] } = values as Record<string, Rule[]>;
  return [...metric, ...crashFree, ...hangFree];
}

/** The format that options name; what only rules have is refused without them. */
export function formatOf(values: OptionValues, rules: readonly Rule[]): Format {
  const format = values.format as Format | undefined;
  if (values.json === true && format !== undefined && format !== 'json') {
    throw new CommandError('usage', `--json and --format ${format} exclude each other`);
  }
  const lonely = [
    ...(format === 'md' || format === 'junit' ? [`--format ${format}`] : []),
    ...(values.alpha === undefined ? [] : ['--alpha']),
    ...(values.strict === true ? ['--strict'] : []),
  ];
  if (rules.length === 0 && lonely.length > 0) {
    throw new CommandError(
      'usage',
      `${lonely[0]} needs a rule: --metric, --crash-free or --hang-free`,
    );
  }
  if (rules.length > 0 && values.failOnRegression === true) {
    throw new CommandError('usage', '--fail-on-regression and rules exclude each other');
  }
  return values.json === true ? 'json' : (format ?? 'text');
}

/** Judges, prints, and sets the exit code. */
export async function runGate(
  asker: Asker,
  question: Omit<GateQuestion, 'alpha' | 'isStrict'>,
  format: Format,
  values: OptionValues,
): Promise<void> {
  const alpha = (values.alpha as number | undefined) ?? alphaDefault;
  const report = await judge(asker, { ...question, alpha, isStrict: values.strict === true });
  if (format === 'json') printJson(reportJson(report));
  else printLines(linesOf(report, format, values));
  process.exitCode = exitCodes[report.exit].code;
}

function linesOf(report: GateReport, format: Exclude<Format, 'json'>, values: OptionValues) {
  if (format === 'md') return markdownLines(report);
  return format === 'junit' ? junitLines(report, new Date()) : textLines(lookOf(values), report);
}

function readRule(read: (text: string) => Rule, text: string): Rule {
  try {
    return read(text);
  } catch (error) {
    throw error instanceof RuleError ? new InvalidArgumentError(error.message) : error;
  }
}

function readAlpha(text: string): number {
  const alpha = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (alpha > 0 && alpha < 0.5) return alpha;
  throw new InvalidArgumentError('Expected a number above 0 and below 0.5.');
}
