/** `tacho metrics`: the metrics of a session as a list, or one of them as a chart. */
import type { JsonValue } from '@tacho/protocol';
import { Command } from 'commander';
import { type Asker, addAsking, asking } from './ask.ts';
import { chartLines } from './blocks.ts';
import { CommandError } from './exit.ts';
import { addLook, instantText, type Look, lookOf, paint } from './look.ts';
import { metricLines } from './metric-lines.ts';
import { bandsOf, type Chart, type ChartWish, chartsOf, metricsOf } from './metric-summary.ts';
import { quantityText } from './metric-text.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { rangeOf, type SessionRow, summaryOf } from './session-text.ts';
import { cellsOf, harmless, pad } from './text.ts';
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
  const asJson = values.json === true;
  const tags = values.tag as string[] | undefined;
  await asking(values, async (asker) => {
    const { session } = await summaryOf(asker, asked);
    if (name === undefined) return list(asker, session, tags, look, asJson);
    const whole = rangeOf(session);
    const when = (text: unknown, presetMs: number): number =>
      text === undefined ? presetMs : instantOf(look, session, text as string) / 1000;
    const wish: ChartWish = {
      names: [name],
      tags,
      fromMs: when(values.from, whole.fromMs),
      toMs: when(values.to, whole.toMs),
      columns: Math.max(10, look.width - axisWidth),
    };
    const charts = await chartsOf(asker, session.id, wish);
    if (charts.series.length === 0) {
      throw new CommandError('missing', `session ${session.id} has no such samples of ${name}`);
    }
    if (asJson) return printJson(charts as unknown as JsonValue);
    printLines(charts.series.flatMap((chart) => [...drawing(look, chart, wish), '']));
  });
}

async function list(
  asker: Asker,
  session: SessionRow,
  tags: string[] | undefined,
  look: Look,
  asJson: boolean,
): Promise<void> {
  const found = await metricsOf(asker, session.id, tags);
  if (asJson) return printJson(found as unknown as JsonValue);
  if (found.series.length === 0) return printLines([paint(look, 'faint', 'no metrics')]);
  printLines(await metricLines(asker, look, session, found.series));
}

/** Columns left of a chart. */
const axisWidth = 12;

function drawing(look: Look, chart: Chart, wish: ChartWish): string[] {
  const { name, unit, tags } = chart;
  const title = paint(look, 'strong', harmless([name, ...tags].join(' ')));
  const bands = bandsOf(chart, wish);
  const known = bands.filter((band) => band !== null);
  if (known.length === 0) return [title, 'no finite values'];
  const top = Math.max(...known.map(({ max }) => max));
  const bottom = Math.min(...known.map(({ min }) => min));
  const lines = chartLines(bands, chartHeight).map((line, i) => {
    const value = i === 0 ? top : i === chartHeight - 1 ? bottom : null;
    const label = pad(quantityText(value, name, unit), axisWidth - 2, true);
    return `${paint(look, 'faint', label)} ${paint(look, 'accent', line.trimEnd())}`;
  });
  const begin = instantText(look, wish.fromMs);
  const end = instantText(look, wish.toMs - 1);
  const room = Math.max(1, wish.columns - cellsOf(begin) - cellsOf(end));
  const foot = `${' '.repeat(axisWidth - 1)}${begin}${' '.repeat(room)}${end}`;
  return [title, ...lines, paint(look, 'faint', foot)];
}
