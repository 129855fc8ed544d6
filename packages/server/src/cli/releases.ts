/** `tacho releases`: how healthy each version is, and who runs it. */
import { type Param, type ReplyOf, routes } from '@tacho/protocol';
import { Command } from 'commander';
import { addAsking, asking } from './ask.ts';
import { CommandError } from './exit.ts';
import { addFilter, filterQuery, optionOf } from './filter.ts';
import { addLook, ageText, counted, lookOf, type Paint, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { type Cell, type Column, harmless, tableLines } from './text.ts';

type Releases = ReplyOf<typeof routes.listReleases>;
type Release = Releases['releases'][number];
type Rate = Release['crash_free_rate'];

/** The `releases` command. */
export function releasesCommand(): Command {
  const command = new Command('releases')
    .description('Show health and adoption of every version, the one seen last first.')
    .argument('[product]', 'Only this product');
  addFilter(command, ['product'])
    .addOption(optionOf('limit', routes.listReleases.query.limit as Param<unknown>, '-n'))
    .action(runReleases);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
Rates come with their 95 % interval. A session is in one of four classes: crashed, abnormal (lost, or
hung to the end), errored (recorded an error, or recovered from a hang), healthy.

Examples:
  tacho releases shop
  tacho releases --from -7d --json`;

async function runReleases(product: string | undefined, values: OptionValues): Promise<void> {
  const look = lookOf(values);
  const query = { ...filterQuery(values), product, limit: values.limit as string | undefined };
  await asking(values, async (asker) => {
    const reply = await asker.json(routes.listReleases.path, query);
    if (values.json === true) return printJson(reply);
    const { releases, left_out } = reply as unknown as Releases;
    if (releases.length === 0 && product !== undefined) {
      throw new CommandError('missing', `there are no such sessions of ${product}`);
    }
    if (releases.length === 0) return printLines([paint(look, 'faint', 'no sessions')]);
    printLines(tableLines(look, columns, releases.map(cells)));
    if (left_out > 0) {
      printLines([paint(look, 'faint', `and ${counted(left_out, 'release')} more (-n)`)]);
    }
  });
}

const columns: readonly Column[] = [
  { title: 'product', shrinksTo: 8 },
  { title: 'version', shrinksTo: 8 },
  { title: 'sessions', isRight: true },
  { title: 'crash-free', isRight: true },
  { title: 'interval', isRight: true, expendable: 4 },
  { title: 'hang-free', isRight: true, expendable: 1 },
  { title: 'adoption', isRight: true, expendable: 2 },
  { title: 'seen', isRight: true, expendable: 3 },
  { title: 'most frequent trouble', shrinksTo: 12, expendable: 5 },
];

function cells(release: Release): Cell[] {
  const { crash_free_rate: crashFree, hang_free_rate: hangFree } = release;
  return [
    { text: harmless(release.product) },
    { text: harmless(release.version), paint: 'accent' },
    { text: release.sessions.toLocaleString('en') },
    { text: rateText(crashFree), paint: ratePaint(crashFree) },
    { text: intervalText(crashFree), paint: 'faint' },
    { text: rateText(hangFree), paint: ratePaint(hangFree) },
    { text: shareText(release.adoption) },
    { text: ageText(release.last_seen) },
    { text: troubleOf(release), paint: 'faint' },
  ];
}

function troubleOf({ exceptions, causes }: Release): string {
  const [exception] = exceptions;
  if (exception !== undefined) {
    return harmless(`${exception.type}: ${exception.message} (${exception.sessions})`);
  }
  const [cause] = causes;
  return cause === undefined ? '' : `${cause.kind.replaceAll('_', ' ')} (${cause.sessions})`;
}

/** A share in percent; between 99 and 100 % with the digits that make a difference. */
function shareText(share: number): string {
  const percent = share * 100;
  return `${percent > 99 && percent < 100 ? percent.toFixed(2) : percent.toFixed(1)} %`;
}

/** A rate in percent; `–` without a session. */
export function rateText(rate: Rate): string {
  return rate === null ? '–' : shareText(rate.value);
}

function intervalText(rate: Rate): string {
  return rate === null ? '' : `${shareText(rate.low)} – ${shareText(rate.high)}`;
}

function ratePaint(rate: Rate): Paint | undefined {
  if (rate === null) return 'faint';
  if (rate.value >= 0.99) return 'good';
  return rate.value >= 0.95 ? 'warning' : 'bad';
}
