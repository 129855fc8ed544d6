/** `tacho diff`: what differs between a session's states at two instants. */
import { type JsonObject, type StateChange, stateChanges } from '@tacho/protocol';
import { Command } from 'commander';
import { addAsking, asking } from './ask.ts';
import { CommandError } from './exit.ts';
import { addLook, instantText, type Look, lookOf, paint } from './look.ts';
import type { OptionValues } from './options.ts';
import { printJson, printLines } from './output.ts';
import { type RecordedState, statesOf } from './recorded.ts';
import { summaryOf } from './session-text.ts';
import { differenceLines } from './state-text.ts';
import { untilOf } from './when.ts';

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
    const untils = [values.from as string, end].map((when) => untilOf(look, session, when));
    const [from, to] = await statesOf(asker, session.id, untils);
    if (from === undefined || to === undefined) {
      throw new CommandError('missing', `session ${session.id} is gone`);
    }
    const changes = stateChanges(from.state, to.state);
    if (values.json === true) printJson(documentOf(from, to, changes));
    else printLines(linesOf(look, from, to, changes));
  });
}

function documentOf(from: RecordedState, to: RecordedState, changes: StateChange[]): JsonObject {
  const side = ({ revision, timestamp }: RecordedState): JsonObject => ({ revision, timestamp });
  const list = changes.map(({ names, ...change }) => ({ path: names.join('.'), ...change }));
  return { from: side(from), to: side(to), changes: list };
}

function linesOf(
  look: Look,
  from: RecordedState,
  to: RecordedState,
  changes: readonly StateChange[],
): string[] {
  const side = ({ revision, timestamp }: RecordedState): string =>
    `revision ${revision} of ${instantText(look, timestamp)}`;
  const head = paint(look, 'faint', `${side(from)} → ${side(to)}`);
  if (changes.length === 0) return [head, 'no difference'];
  const differences = changes.map(({ names, from: before, to: after }) => {
    return { path: names.join('.'), before, after };
  });
  return [head, ...differenceLines(look, differences)];
}
