/** `tacho agent`: runs the agent beside programs until it is told to stop. */
import { ArgumentError, agentConfigOf, agentFlags } from '@tacho/agent';
import { Command, Option } from 'commander';
import { CommandError } from './exit.ts';
import type { OptionValues } from './options.ts';

/** The `agent` command. */
export function agentCommand(): Command {
  const command = new Command('agent')
    .description('Run the agent, which takes what programs record and delivers it to a server.')
    .action(runAgentCommand);
  for (const option of agentOptions()) command.addOption(option);
  return command.addHelpText('after', help);
}

const help = `
It listens on the loopback addresses, keeps what it takes on disk until a server has it, and watches
the programs. When it is ready, the first line on stdout is "tacho agent listening on http://…".
Clients start an agent themselves (tacho-agent --shared) where none is running.`;

function agentOptions(): Option[] {
  return Object.entries(agentFlags).map(([name, flag]) => {
    return new Option('value' in flag ? `--${name} <${flag.value}>` : `--${name}`, flag.doc);
  });
}

async function runAgentCommand(values: OptionValues): Promise<void> {
  const flags = Object.fromEntries(
    agentOptions().map((option) => [option.name(), values[option.attributeName()]]),
  );
  const { runAgent } = await import('@tacho/agent');
  try {
    await runAgent(agentConfigOf(flags, { role: 'service', env: process.env }));
  } catch (error) {
    if (error instanceof ArgumentError) throw new CommandError('usage', error.message);
    throw error;
  }
}
