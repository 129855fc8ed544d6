/** `tacho state`: the state of a session, now or at any instant of its life. */
import type { JsonObject, JsonValue } from '@tacho/protocol';
import { Command } from 'commander';
import { addAsking, asking } from './ask.ts';
import { type RecordedState, stateOf } from './history.ts';
import { addLook, instantText, type Look, lookOf, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { summaryOf } from './session-text.ts';
import { stateLines } from './state-text.ts';
import { momentOf } from './when.ts';

/** The `state` command. */
export function stateCommand(): Command {
  const command = new Command('state')
    .description('Show the state of a session, now or as it was.')
    .argument('<id>', 'Id of the session, or its first 8 characters or more')
    .option(
      '--at <when>',
      'When: 14:03:20, -90s (before its end), death, start, revision:12, or a time',
    )
    .action(runState);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
What the last change up to then changed is marked with *. A time of the day is the first one after
the start of the session.

Examples:
  tacho state 5e551000
  tacho state 5e551000 --at -90s
  tacho state 5e551000 --at revision:1 --json | jq .state`;

async function runState(asked: string, values: OptionValues): Promise<void> {
  const look = lookOf(values);
  await asking(values, async (asker) => {
    const { session } = await summaryOf(asker, asked);
    const at = momentOf(look, session, (values.at as string | undefined) ?? 'now');
    const state = await stateOf(asker, session.id, { at });
    if (values.json === true) return printJson(state as unknown as JsonValue);
    printLines(linesOf(look, state));
  });
}

function linesOf(look: Look, { state, revision, timestamp, changed }: RecordedState): string[] {
  const head = `revision ${revision}, of ${instantText(look, timestamp)}`;
  return [paint(look, 'faint', head), ...stateLines(look, state as JsonObject, new Set(changed))];
}
