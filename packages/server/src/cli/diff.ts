/** `tacho diff`: what differs between a session's states at two instants. */
import type { JsonValue } from '@tacho/protocol';
import { Command } from 'commander';
import { addAsking, asking } from './ask.ts';
import { differenceOf, type StateDifference } from './history.ts';
import { addLook, instantText, type Look, lookOf, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { summaryOf } from './session-text.ts';
import { differenceLines } from './state-text.ts';
import { momentOf } from './when.ts';

/** The `diff` command. */
export function diffCommand(): Command {
  const command = new Command('diff')
    .description('Show what differs between the states of a session at two instants.')
    .argument('<id>', 'Id of the session, or its first 8 characters or more')
    .option('--from <when>', 'First instant, as of tacho state --at', 'start')
    .option('--to <when>', 'Second instant (default: death, or now while it runs)')
    .action(runDiff);
  return addAsking(addLook(command)).addHelpText('after', help);
}

const help = `
Examples:
  tacho diff 5e551000
  tacho diff 5e551000 --from -5m
  tacho diff 5e551000 --from revision:3 --to revision:4`;

async function runDiff(asked: string, values: OptionValues): Promise<void> {
  const look = lookOf(values);
  await asking(values, async (asker) => {
    const { session } = await summaryOf(asker, asked);
    // A session that still runs has not died; its last state is that of now.
    const isPreset = values.to === undefined;
    const end = isPreset && session.ended_at === null ? 'now' : ((values.to ?? 'death') as string);
    const [from, to] = [values.from as string, end].map((when) => momentOf(look, session, when));
    const difference = await differenceOf(asker, session.id, from as string, to as string);
    if (values.json === true) printJson(difference as unknown as JsonValue);
    else printLines(linesOf(look, difference));
  });
}

function linesOf(look: Look, { from, to, changes }: StateDifference): string[] {
  const side = ({ revision, timestamp }: StateDifference['from']): string =>
    `revision ${revision} of ${instantText(look, timestamp)}`;
  const head = paint(look, 'faint', `${side(from)} → ${side(to)}`);
  if (changes.length === 0) return [head, 'no difference'];
  const differences = changes.map((change) => ({
    path: change.path,
    before: change.from as JsonValue | undefined,
    after: change.to as JsonValue | undefined,
  }));
  return [head, ...differenceLines(look, differences)];
}
