/** The `tacho` command: parses the command line and hands over to one file per command. */
import { Command, CommanderError } from 'commander';
import { Failure, reasonOf } from '../failure.ts';
import { version } from '../version.ts';
import { agentCommand } from './agent.ts';
import { backupCommand } from './backup.ts';
import { compareCommand } from './compare.ts';
import { completionCommand, completionValuesCommand } from './completion.ts';
import { demoCommand } from './demo.ts';
import { diffCommand } from './diff.ts';
import { doctorCommand } from './doctor.ts';
import { exitCodeOf, exitHelp } from './exit.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { lsCommand } from './ls.ts';
import { metricsCommand } from './metrics.ts';
import { migrateCommand } from './migrate.ts';
import { releasesCommand } from './releases.ts';
import { restoreCommand } from './restore.ts';
import { makeRunCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { showCommand } from './show.ts';
import { stateCommand } from './state.ts';
import { tailCommand } from './tail.ts';
import { tokenCommand } from './token.ts';
import { webhookCommand } from './webhook.ts';

/** Runs the command line `argv` (as `process.argv`); sets the exit code and never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  // The streams of `tacho run` are its command's: to look at them here would change how they write.
  if (argv[2] !== 'run') watchStreams();
  try {
    await tachoCommand().parseAsync(argv as string[]);
  } catch (error) {
    if (isGone(error)) return;
    if (!(error instanceof CommanderError)) complain(error);
    process.exitCode = exitCodeOf(error);
  }
}

/** A reader that went away (`tacho ls | head`) has what it wanted: there is no more to do. */
function watchStreams(): void {
  process.stdout.on('error', () => process.exit());
  process.stderr.on('error', () => {});
}

/** The reader of our output went away while we were writing. */
function isGone(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as { code?: string }).code ?? '');
}

/** The whole command line with its help. */
export function tachoCommand(): Command {
  const tacho = new Command('tacho')
    .description('The flight recorder for application runs: what ran, how it went, how it ended.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // `--version` after a command is an option of that command.
    .enablePositionalOptions()
    .showHelpAfterError('(tacho --help shows what is possible)')
    .addCommand(serveCommand())
    .addCommand(demoCommand())
    .addCommand(agentCommand())
    .addCommand(makeRunCommand())
    .addCommand(lsCommand())
    .addCommand(showCommand())
    .addCommand(tailCommand())
    .addCommand(stateCommand())
    .addCommand(diffCommand())
    .addCommand(metricsCommand())
    .addCommand(releasesCommand())
    .addCommand(compareCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(migrateCommand())
    .addCommand(doctorCommand())
    .addCommand(tokenCommand())
    .addCommand(webhookCommand())
    .addCommand(completionCommand(tachoCommand))
    .addCommand(completionValuesCommand(), { hidden: true })
    .addHelpText('after', () => `${examples}\n\n${exitHelp()}`);
  // Errors of usage end with a code of their own, in every command.
  for (const command of allOf(tacho)) command.exitOverride();
  return tacho;
}

/** A command and all commands below it. */
function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

const examples = `
Examples:
  tacho serve                                   record on http://127.0.0.1:9090 into ./tacho-data
  tacho serve --port 0 --data /var/lib/tacho    pick a free port, record elsewhere
  tacho backup --to tacho-backup.db             while the server runs
  tacho run -- npm test                         record a command: its output, what it uses, its end
  tacho ls --outcome crashed --from -24h        what crashed since yesterday
  tacho show 5e551000                           how one session ended, and what led to it
  tacho tail -f --level error critical          errors of all sessions as they come
  tacho compare shop 2.4.0 2.5.0                what a release changed
  tacho doctor                                  is everything in order?
  tacho export --out all.ndjson.gz              everything, to be imported elsewhere
  tacho token create --name ci --scope ingest   from then on every request needs a token

Every setting is also an environment variable (TACHO_PORT) and a key of tacho.config.json;
flags win over the environment, the environment over the file.`;

/** Trouble of the world in one line each; what we did not foresee, with its stack for the report. */
function complain(error: unknown): void {
  if (error instanceof Error && !(error instanceof Failure) && !isExplained(error)) {
    process.stderr.write(`tacho: internal error, please report it\n${error.stack}\n`);
    return;
  }
  const text =
    error instanceof Error && error.name === 'ConfigError' ? error.message : reasonOf(error);
  for (const line of text.split('\n')) process.stderr.write(`tacho: ${line}\n`);
}

/** Errors whose message is written for the person in front: ours, and the system's with a code. */
function isExplained(error: Error): boolean {
  return (
    ['ConfigError', 'OpenError', 'TachoError'].includes(error.name) ||
    typeof (error as NodeJS.ErrnoException).syscall === 'string'
  );
}
