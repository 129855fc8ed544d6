/** Exit codes: how a command ended, for scripts; one table for the help, the documents and the code. */
import { CommanderError } from 'commander';
import { ConfigError } from '../config.ts';
import { Failure } from '../failure.ts';

/** What each exit code stands for. A code never changes its meaning. */
export const exitCodes = {
  done: { code: 0, meaning: 'done; asked for help or version' },
  failed: {
    code: 1,
    meaning:
      'failed; for `doctor` found damage, for `migrate` a difference, for `compare` something that got worse, or a rule that is broken',
  },
  usage: { code: 2, meaning: 'not understood: a command, an option or a value is wrong' },
  missing: {
    code: 3,
    meaning: 'there is no such session, product, token or webhook, or more than one',
  },
  unreachable: { code: 4, meaning: 'no server answers' },
  forbidden: { code: 5, meaning: 'the server wants a token, or another one' },
  unavailable: { code: 6, meaning: 'the server cannot do it now; the same command may work later' },
  unjudged: {
    code: 7,
    meaning: 'for `compare` with rules: there are no sessions to judge one of them by',
  },
} as const satisfies Record<string, { code: number; meaning: string }>;

/** Name of an exit code. */
export type ExitName = keyof typeof exitCodes;

/** A failure with an exit code of its own; the message is one line for people. */
export class CommandError extends Failure {
  override name = 'CommandError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}

/** The exit code of what ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return exitCodes[error.exit].code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.code;
  // A server that does not start has always ended with 1, wrong settings included.
  if (error instanceof ConfigError) return exitCodes.failed.code;
  return exitCodes.failed.code;
}

/** The table as lines of help. */
export function exitHelp(): string {
  const lines = Object.values(exitCodes).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  return ['Exit codes:', ...lines].join('\n').replaceAll('`', '');
}
