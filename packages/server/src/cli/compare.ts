/** `tacho compare`: what changed from one version of a product to another, for people and for CI. */
import { humanize, type ReplyOf, routes, unitOf } from '@tacho/protocol';
import { Command } from 'commander';
import { type Asker, addAsking, asking, type Query } from './ask.ts';
import { CommandError, exitCodes } from './exit.ts';
import { addFilter, filterQuery } from './filter.ts';
import { productOf, type Versions } from './gate/facts.ts';
import { addRules, formatOf, rulesOf, runGate } from './gate/options.ts';
import { ruleFunctions } from './gate/rule.ts';
import { addLook, counted, type Look, lookOf, type Paint, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { rateText } from './releases.ts';
import { type Cell, type Column, fit, harmless, tableLines } from './text.ts';

type Comparison = ReplyOf<typeof routes.compareReleases>;
type Verdict = Comparison['findings'][number]['verdict'];

/** The `compare` command. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description('Show what changed from one version to another, or judge it by rules.')
    .usage('[options] [product] <base> <candidate>')
    .argument('<product>', 'Product; may be left out when one only has these versions')
    .argument('<base>', 'Version to compare with')
    .argument('[candidate]', 'Version that is judged')
    .option('--product <product>', 'The product, if it is not named before the versions')
    .option('--fail-on-regression', 'End with 1 when anything got worse for sure; for CI');
  addRules(command);
  addFilter(command, ['product', 'version']).action(runCompare);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
"Worse" means that it is proven: rates by Fisher's exact test, metrics by the rank test of Mann and
Whitney, adjusted for their number. What is not proven is not shown.

Rules judge the candidate instead, and fail when it is proven that it is beyond the limit; see
docs/ci.md. Functions of a metric: ${ruleFunctions}.

Examples:
  tacho compare shop 2.4.0 2.5.0
  tacho compare shop 2.4.0 2.5.0-rc1 --state env=staging --fail-on-regression
  tacho compare 2.4.0 2.5.0 --metric 'p95(frame_time_ms)<=+5%' --crash-free '>=-0.5pp' --format md`;

async function runCompare(
  first: string,
  second: string,
  third: string | undefined,
  values: OptionValues,
): Promise<void> {
  const { named, base, candidate } = whatOf([first, second, third], values);
  const rules = rulesOf(values);
  const format = formatOf(values, rules);
  await asking(values, async (asker) => {
    const filter = filterQuery(values);
    const exit = rules.length > 0 ? 'unjudged' : 'missing';
    const product = named ?? (await productOf(asker, filter, { base, candidate, exit }));
    const question = { product, base, candidate, filter };
    if (rules.length > 0) return runGate(asker, { ...question, rules }, format, values);
    await showComparison(asker, question, values);
  });
}

/** Which product and versions the arguments name. */
function whatOf(
  [first, second, third]: readonly [string, string, string | undefined],
  values: OptionValues,
) {
  const option = values.product as string | undefined;
  if (third === undefined) return sides(option, first, second);
  if (option !== undefined && option !== first) {
    throw new CommandError(
      'usage',
      `--product ${option} and the argument ${first} exclude each other`,
    );
  }
  return sides(first, second, third);
}

function sides(named: string | undefined, base: string, candidate: string) {
  if (base !== candidate) return { named, base, candidate };
  throw new CommandError('usage', `${base} cannot be compared with itself; expected two versions`);
}

async function showComparison(
  asker: Asker,
  { product, base, candidate, filter }: Versions & { product: string; filter: Query },
  values: OptionValues,
): Promise<void> {
  const look = lookOf(values);
  const query = { ...filter, product, base, candidate };
  const reply = await asker.json(routes.compareReleases.path, query);
  const comparison = reply as unknown as Comparison;
  const isJson = values.json === true || values.format === 'json';
  if (isJson) printJson(reply);
  const unknown =
    comparison.base === null ? base : comparison.candidate === null ? candidate : null;
  if (unknown !== null) {
    throw new CommandError('missing', `no session of ${product} has the version ${unknown}`);
  }
  if (!isJson) printLines(comparisonLines(look, comparison, base, candidate));
  if (values.failOnRegression === true && comparison.worse) {
    process.exitCode = exitCodes.failed.code;
  }
}

function comparisonLines(
  look: Look,
  comparison: Comparison,
  base: string,
  candidate: string,
): string[] {
  const { findings, exceptions, metrics } = comparison;
  const lines = [headLine(look, comparison, base, candidate), ...rateLines(look, comparison), ''];
  if (findings.length === 0) lines.push(paint(look, 'faint', 'no difference is proven'));
  for (const { verdict, sentence } of findings) {
    const { sign, how } = marks[verdict];
    lines.push(paint(look, how, fit(`${sign} ${harmless(sentence)}`, look.width)));
  }
  for (const [title, found] of [
    ['new exceptions', exceptions.new],
    ['exceptions that are gone', exceptions.gone],
  ] as const) {
    if (found.length === 0) continue;
    lines.push('', paint(look, 'strong', title));
    for (const { type, message, base_sessions, candidate_sessions } of found) {
      const count = counted(Math.max(base_sessions, candidate_sessions), 'session');
      lines.push(fit(`  ${harmless(`${type}: ${message}`)} (${count})`, look.width));
    }
  }
  const moved = metrics.filter(({ verdict }) => marks[verdict].isMove);
  if (moved.length > 0) {
    lines.push('', ...tableLines(look, metricColumns, moved.map(metricCells)));
  }
  return lines;
}

function headLine(look: Look, { product, ...sides }: Comparison, base: string, candidate: string) {
  const side = (version: string, found: Comparison['base']): string =>
    `${harmless(version)} (${counted(found?.sessions ?? 0, 'session')})`;
  const names = `${side(base, sides.base)} → ${side(candidate, sides.candidate)}`;
  return `${paint(look, 'strong', harmless(product))} ${names}`;
}

function rateLines(look: Look, comparison: Comparison): string[] {
  return (['crash_free_rate', 'hang_free_rate'] as const).map((field) => {
    const { base, candidate, p_value, verdict } = comparison[field];
    const name = field === 'crash_free_rate' ? 'crash-free' : 'hang-free ';
    const proof = p_value === null ? '' : ` (p ${Number(p_value.toPrecision(2))})`;
    const text = `${rateText(base)} → ${rateText(candidate)}`;
    return `${name}  ${text}  ${paint(look, marks[verdict].how, `${verdict}${proof}`)}`;
  });
}

const marks: Readonly<Record<Verdict, { sign: string; how: Paint; isMove: boolean }>> = {
  worse: { sign: '✗', how: 'bad', isMove: true },
  better: { sign: '✓', how: 'good', isMove: true },
  changed: { sign: '~', how: 'warning', isMove: true },
  same: { sign: '=', how: 'faint', isMove: false },
  unknown: { sign: '?', how: 'faint', isMove: false },
};

const metricColumns: readonly Column[] = [
  { title: 'metric', shrinksTo: 12 },
  { title: 'base', isRight: true },
  { title: 'candidate', isRight: true },
  { title: 'change', isRight: true, expendable: 1 },
  { title: '' },
];

function metricCells(metric: Comparison['metrics'][number]): Cell[] {
  const { name, type, unit, base, candidate, ratio, verdict } = metric;
  const known = unitOf(name, unit);
  const perSecond = type === 'counter' ? '/s' : '';
  const value = (median: number | string): string => humanize(Number(median), known) + perSecond;
  const change =
    ratio === null ? '' : `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(1)} %`;
  return [
    { text: harmless(name) },
    { text: value(base.median) },
    { text: value(candidate.median) },
    { text: change },
    { text: verdict, paint: marks[verdict].how },
  ];
}
