/** `tacho tail`: the last events of sessions, and with `-f` the next ones as they are recorded. */
import { type JsonValue, type Level, levels, parseJson, routes } from '@tacho/protocol';
import { Command, Option } from 'commander';
import { type Asker, addAsking, asking, type Query } from './ask.ts';
import { eventLines } from './event-text.ts';
import { CommandError } from './exit.ts';
import { follow } from './follow.ts';
import { type EventWish, lastEventsOf, type RecordedEvent } from './history.ts';
import { addLook, counted, type Look, lookOf } from './look.ts';
import { wholeNumber } from './number.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { idLength, summaryOf } from './session-text.ts';

const eventsPreset = 10;

/** The `tail` command. */
export function tailCommand(): Command {
  const command = new Command('tail')
    .description('Show the last events of sessions, and follow what comes.')
    .argument('[ids...]', 'Sessions, by id or the first 8 characters or more; with -f all if none')
    .option('-f, --follow', 'Go on with what is recorded from now on')
    .option('-n, --events <n>', `Last events of each (default: ${eventsPreset})`, wholeNumber)
    .addOption(new Option('--level <level...>', 'Only these levels').choices(levels))
    .option('--name <name...>', 'Only events with one of these names')
    .option('--product <product...>', 'With -f, only sessions of these products')
    .action(runTail);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
With --json, one event per line. When the connection breaks, -f goes on where it stopped; what could
not be delivered is counted on stderr.

Examples:
  tacho tail 5e551000 -n 50
  tacho tail -f 5e551000
  tacho tail -f --product shop --level error critical --json | jq .message`;

/** An event of a session. */
interface Said {
  session: string;
  event: RecordedEvent;
}

async function runTail(asked: string[], values: OptionValues): Promise<void> {
  const isFollowing = values.follow === true;
  if (asked.length === 0 && !isFollowing) {
    throw new CommandError('usage', 'name a session, or follow all of them with -f');
  }
  const print = printer(lookOf(values), values.json === true, asked.length === 1);
  const wish: EventWish = {
    levels: values.level as Level[] | undefined,
    names: values.name as string[] | undefined,
  };
  await asking(values, async (asker) => {
    if (isFollowing && asker.isDirectory) {
      throw new CommandError('usage', `nothing happens in ${asker.whom} any more; leave -f out`);
    }
    // Taken before the question, so that nothing falls between the two.
    const position = isFollowing ? await positionOf(asker) : '';
    const ids: string[] = [];
    for (const id of asked) ids.push((await summaryOf(asker, id)).session.id);
    const count = (values.events as number | undefined) ?? eventsPreset;
    const last = await lastOf(asker, ids, count, wish);
    for (const said of last) print(said);
    if (!isFollowing) return;
    const { product } = values as { product?: string[] };
    const query = { kind: 'event', session: ids, product, name: wish.names };
    await printNext(asker, query, position, last, (said) => {
      if (wish.levels?.includes(said.event.level) ?? true) print(said);
    });
  });
}

function printer(look: Look, asJson: boolean, isAlone: boolean): (said: Said) => void {
  return ({ session, event }) => {
    if (asJson) return printJson({ session, ...event } as unknown as JsonValue);
    const prefix = isAlone ? '' : `${session.slice(0, idLength)} `;
    printLines(eventLines(look, event, { prefix, withDay: true }));
  };
}

async function lastOf(
  asker: Asker,
  ids: readonly string[],
  count: number,
  wish: EventWish,
): Promise<Said[]> {
  const found: Said[] = [];
  for (const session of ids) {
    const events = await lastEventsOf(asker, session, count, wish);
    for (const event of events) found.push({ session, event });
  }
  return found.sort((a, b) => Date.parse(a.event.timestamp) - Date.parse(b.event.timestamp));
}

/** Where the live stream stands, as every answer to a GET tells. */
async function positionOf(asker: Asker): Promise<string> {
  const answer = await asker.stream(routes.health.path);
  answer.resume();
  return String(answer.headers['tacho-live-position'] ?? '');
}

/** What comes, without what was among the last events already. */
async function printNext(
  asker: Asker,
  query: Query,
  position: string,
  last: readonly Said[],
  print: (said: Said) => void,
): Promise<void> {
  const shown = new Set(last.map(identityOf));
  for await (const { name, data } of follow(asker, routes.live.path, query, position)) {
    const {
      session,
      kind: _kind,
      ...rest
    } = parseJson(data) as {
      session: string;
    } & Record<string, JsonValue>;
    if (name === 'gap') {
      const missed =
        typeof rest.missed === 'number' ? counted(rest.missed, 'entry', 'entries') : 'some entries';
      process.stderr.write(`tacho: ${missed} came while nobody could listen\n`);
      continue;
    }
    const said: Said = { session, event: rest as unknown as RecordedEvent };
    if (!shown.delete(identityOf(said))) print(said);
  }
}

function identityOf({ session, event }: Said): string {
  const { timestamp, name, message, level } = event;
  return JSON.stringify([session, timestamp, name, level, message]);
}
