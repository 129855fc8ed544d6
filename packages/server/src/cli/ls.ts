/** `tacho ls`: a list of sessions, filtered and sorted as the API does it. */
import { type JsonValue, limits, type Param, routes } from '@tacho/protocol';
import { Command } from 'commander';
import { type Asker, addAsking, asking, type Query } from './ask.ts';
import { addFilter, filterQuery, optionOf } from './filter.ts';
import { addLook, counted, type Look, lookOf, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { type SessionPage, sessionCells, sessionColumns, signLegend } from './session-text.ts';
import { tableLines } from './text.ts';

const { query: parameters } = routes.listSessions;

/** Rows of a list when nobody says how many. */
const rowsPreset = 20;

const rowsParam: Param<unknown> = {
  ...(parameters.limit as Param<unknown>),
  description: `Most sessions (default: ${rowsPreset})`,
};

/** The `ls` command. */
export function lsCommand(): Command {
  const command = new Command('ls').description('List sessions, the youngest first.');
  addFilter(command)
    .addOption(optionOf('sort', parameters.sort as Param<unknown>))
    .option('--asc', 'Begin with the other end of the order')
    .addOption(optionOf('limit', rowsParam, '-n'))
    .option('--all', 'All sessions; with --json one per line')
    .action(runLs);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
Signs: ${signLegend}

Examples:
  tacho ls --product shop --outcome crashed --from -24h
  tacho ls --state scene.name=harbour --sort errors
  tacho ls --text "connection reset" --all --json | jq .id
  tacho ls --data /var/lib/tacho`;

async function runLs(values: OptionValues): Promise<void> {
  const look = lookOf(values);
  const query: Query = {
    ...filterQuery(values),
    sort: values.sort as string | undefined,
    order: values.asc === true ? 'asc' : undefined,
  };
  await asking(values, (asker) =>
    values.all === true
      ? listAll(asker, query, look, values.json === true)
      : listPage(asker, query, look, values),
  );
}

async function listPage(
  asker: Asker,
  query: Query,
  look: Look,
  values: OptionValues,
): Promise<void> {
  const limit = (values.limit as string | undefined) ?? rowsPreset;
  const page = await ask(asker, { ...query, limit });
  if (values.json === true) return printJson(page as unknown as JsonValue);
  printRows(page, look, true);
  printLines(totalsLines(page, look));
}

/** Page by page, so that there may be any number of them. */
async function listAll(asker: Asker, query: Query, look: Look, asJson: boolean): Promise<void> {
  let cursor: string | undefined;
  let isFirst = true;
  do {
    const page = await ask(asker, {
      ...query,
      limit: limits.pageRowsMax,
      totals: isFirst && !asJson,
      cursor,
    });
    if (asJson) for (const row of page.sessions) printJson(row as unknown as JsonValue);
    else printRows(page, look, isFirst);
    isFirst = false;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

async function ask(asker: Asker, query: Query): Promise<SessionPage> {
  return (await asker.json(routes.listSessions.path, query)) as unknown as SessionPage;
}

function printRows({ sessions }: SessionPage, look: Look, withTitles: boolean): void {
  if (sessions.length === 0) return;
  const nowMs = Date.now();
  const rows = sessions.map((row) => sessionCells(row, nowMs));
  const lines = tableLines(look, sessionColumns, rows);
  printLines(withTitles ? lines : lines.slice(1));
}

function totalsLines({ totals, next, sessions }: SessionPage, look: Look): string[] {
  if (totals === undefined) return [];
  const more = next === null ? '' : `; the first ${sessions.length} are shown (--all shows all)`;
  return [paint(look, 'faint', `${totalsText(totals)}${more}`)];
}

function totalsText(totals: NonNullable<SessionPage['totals']>): string {
  if (totals.sessions === 0) return 'no sessions';
  const parts = (['crashed', 'abnormal', 'errored', 'healthy'] as const)
    .filter((outcome) => totals[outcome] > 0)
    .map((outcome) => `${totals[outcome].toLocaleString('en')} ${outcome}`);
  if (totals.active > 0) parts.push(`${totals.active.toLocaleString('en')} active`);
  return `${counted(totals.sessions, 'session')}: ${parts.join(', ')}`;
}
