/** The agent as a program of its own: what `tacho-agent` and `datacat-daemon` start. */
import { loadAgentConfig } from './config.ts';
import { keepHeapSmall } from './heap.ts';
import { runAgent } from './main.ts';

keepHeapSmall();
try {
  const { argv, env } = process;
  await runAgent(loadAgentConfig({ role: 'service', args: argv.slice(2), env }));
} catch (error) {
  // Somebody who starts it by hand reads this; a client that does not read loses nothing.
  process.stderr.on('error', () => {});
  process.stderr.write(`tacho-agent: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
