/** Opens a store for a command that ends soon; what goes wrong in it is a line for the person in front. */
import { limits } from '@tacho/protocol';
import { makeClock } from '../clock.ts';
import { type OpenStoreOptions, openStore, type StoreAddress } from '../store/open.ts';
import type { Store } from '../store/store.ts';

/** Opens a store to read and write. */
export async function openForTool(address: StoreAddress): Promise<Store> {
  return openStore(address, await toolOptions());
}

/** What every command opens a store with. */
export async function toolOptions(): Promise<OpenStoreOptions> {
  // A CommonJS package: bundled, it has nothing but its default export.
  const { default: pino } = await import('pino');
  const clock = makeClock();
  return {
    clock,
    log: pino({ level: 'error' }, { write: complain }),
    suspendedAfterUs: limits.heartbeatTimeoutMs * 1000,
    returnGraceUntilUs: clock(),
  };
}

/** A line of the log as one for people. */
function complain(line: string): void {
  const { msg, err, problem } = JSON.parse(line) as {
    msg: string;
    err?: { message: string };
    problem?: string;
  };
  const why = problem ?? err?.message;
  process.stderr.write(`tacho: ${msg}${why === undefined ? '' : `: ${why}`}\n`);
}
