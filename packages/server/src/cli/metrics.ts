/** `tacho metrics`: the metrics of a session as a list, or one of them as a chart. */
import type { JsonValue } from '@tacho/protocol';
import { Command } from 'commander';
import { addAsking, asking } from './ask.ts';
import { chartLines } from './blocks.ts';
import { CommandError } from './exit.ts';
import { addLook, instantText, type Look, lookOf, paint } from './look.ts';
import { type SampleRange, type SeriesSummary, summariesOf } from './metric-summary.ts';
import { metricColumns, metricsCells, quantityText } from './metric-text.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { rangeOf, summaryOf } from './session-text.ts';
import { cellsOf, harmless, pad, tableLines } from './text.ts';
import { instantOf } from './when.ts';

const chartHeight = 10;

/** The `metrics` command. */
export function metricsCommand(): Command {
  const command = new Command('metrics')
    .description('List the metrics of a session, or draw one.')
    .argument('<id>', 'Id of the session, or its first 8 characters or more')
    .argument('[name]', 'Metric to draw, each of its series by itself')
    .option('--tag <tag...>', 'Only series with all these tags')
    .option('--from <when>', 'Begin there, as of tacho state --at')
    .option('--to <when>', 'End there')
    .action(runMetrics);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
Each column of a chart spans the smallest and the greatest value of its time, so that no extreme is
lost.

Examples:
  tacho metrics 5e551000
  tacho metrics 5e551000 memory_used_bytes --from -10m`;

async function runMetrics(
  asked: string,
  name: string | undefined,
  values: OptionValues,
): Promise<void> {
  const look = lookOf(values);
  await asking(values, async (asker) => {
    const { session } = await summaryOf(asker, asked);
    const whole = rangeOf(session);
    const when = (text: unknown, preset: number): number =>
      text === undefined ? preset : instantOf(look, session, text as string);
    const range: SampleRange = {
      fromUs: when(values.from, whole.fromUs),
      toUs: when(values.to, whole.toUs),
      columns: name === undefined ? sparklineColumns : Math.max(10, look.width - axisWidth),
      name,
      tags: values.tag as string[] | undefined,
    };
    const found = await summariesOf(asker, session.id, range);
    if (name !== undefined && found.length === 0) {
      throw new CommandError('missing', `session ${session.id} has no such samples of ${name}`);
    }
    if (values.json === true) return printJson({ metrics: found } as unknown as JsonValue);
    if (name !== undefined) printLines(found.flatMap((one) => [...drawing(look, one, range), '']));
    else if (found.length === 0) printLines([paint(look, 'faint', 'no metrics')]);
    else printLines(tableLines(look, metricColumns, found.map(metricsCells)));
  });
}

const sparklineColumns = 24;

/** Columns left of a chart. */
const axisWidth = 12;

function drawing(look: Look, one: SeriesSummary, range: SampleRange): string[] {
  const { name, unit, tags, bands, min, max } = one;
  const title = paint(look, 'strong', harmless([name, ...tags].join(' ')));
  if (min === null || max === null) return [title, 'no finite values'];
  const lines = chartLines(bands, chartHeight).map((line, i) => {
    const value = i === 0 ? max : i === chartHeight - 1 ? min : null;
    const axis = paint(
      look,
      'faint',
      `${pad(quantityText(value, name, unit), axisWidth - 2, true)} `,
    );
    return axis + paint(look, 'accent', line.trimEnd());
  });
  const begin = instantText(look, range.fromUs / 1000);
  const end = instantText(look, range.toUs / 1000);
  const room = Math.max(1, range.columns - cellsOf(begin) - cellsOf(end));
  const foot = `${' '.repeat(axisWidth - 1)}${begin}${' '.repeat(room)}${end}`;
  return [title, ...lines, paint(look, 'faint', foot)];
}
