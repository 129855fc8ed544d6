/** `tacho tail`: the last events of sessions, in order of time. */
import { type JsonValue, type Level, levels } from '@tacho/protocol';
import { Command, Option } from 'commander';
import { addAsking, asking } from './ask.ts';
import { eventLines } from './event-text.ts';
import { addLook, lookOf } from './look.ts';
import { wholeNumber } from './number.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { lastEventsOf, type RecordedEvent } from './recorded.ts';
import { idLength, summaryOf } from './session-text.ts';

const eventsPreset = 10;

/** The `tail` command. */
export function tailCommand(): Command {
  const command = new Command('tail')
    .description('Show the last events of sessions.')
    .argument('<ids...>', 'Sessions, by id or the first 8 characters or more of it')
    .option('-n, --events <n>', `Last events of each (default: ${eventsPreset})`, wholeNumber)
    .addOption(new Option('--level <level...>', 'Only these levels').choices(levels))
    .option('--name <name...>', 'Only events with one of these names')
    .action(runTail);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
With --json, one event per line.

Examples:
  tacho tail 5e551000 -n 50
  tacho tail 5e551000 5e552000 --level error critical`;

async function runTail(asked: string[], values: OptionValues): Promise<void> {
  const look = lookOf(values);
  const { level, name } = values as { level?: Level[]; name?: string[] };
  const count = (values.events as number | undefined) ?? eventsPreset;
  const isWanted = (event: RecordedEvent): boolean =>
    (level?.includes(event.level) ?? true) && (name?.includes(event.name) ?? true);
  await asking(values, async (asker) => {
    const found: { session: string; event: RecordedEvent }[] = [];
    for (const id of asked) {
      const { session } = await summaryOf(asker, id);
      const events = await lastEventsOf(asker, session.id, count, isWanted);
      for (const event of events) found.push({ session: session.id, event });
    }
    found.sort((a, b) => Date.parse(a.event.timestamp) - Date.parse(b.event.timestamp));
    for (const { session, event } of found) {
      const prefix = asked.length === 1 ? '' : `${session.slice(0, idLength)} `;
      if (values.json === true) printJson({ session, ...event } as unknown as JsonValue);
      else printLines(eventLines(look, event, { prefix, withDay: true }));
    }
  });
}
