/** `tacho serve`: runs the server until it is told to stop. */
import { Command } from 'commander';
import { makeClock } from '../clock.ts';
import { settingNames } from '../config/settings.ts';
import { type LoadedConfig, storeOf } from '../config.ts';
import type { Log, OpenLog } from '../log.ts';
import type { Serving } from '../main.ts';
import { shownStore } from '../store/open.ts';
import { addSettings, configOf } from './options.ts';

/** The `serve` command. */
export function serveCommand(): Command {
  const command = new Command('serve').description('Run the server.').action(async (values) => {
    await runServe(configOf(values, settingNames));
  });
  return addSettings(command, settingNames).addHelpText('after', help);
}

const help = `
When it is ready, the first line on stdout is "tacho listening on http://HOST:PORT". Logs go to
stderr. SIGTERM and Ctrl-C finish the requests in flight and stop; a second one stops at once.`;

/** Longest wait for somebody to read the last log lines. */
const logFlushMs = 500;

/**
 * Serves until it is told to stop. `onReady` is called when it accepts requests, and what it returns
 * is called before the server stops.
 */
export async function runServe(
  { config, file, notes, apiKey }: LoadedConfig,
  onReady?: (url: string) => () => Promise<void>,
): Promise<void> {
  const stop = onStopSignal();
  const [{ openLog }, { serve }] = await Promise.all([import('../log.ts'), import('../main.ts')]);
  const opened = await openLog(
    { level: config.logLevel, format: config.logFormat },
    process.stderr,
  );
  const { log } = opened;
  for (const note of notes) log.warn(note);
  const onFatal = (error: Error): void => crash(error, opened);
  const serving = await serve({
    config,
    log,
    clock: makeClock(),
    onFatal,
    ...(apiKey !== undefined && { apiKey }),
  });
  process.on('uncaughtException', onFatal);
  process.stdout.write(`tacho listening on ${serving.url}\n`);
  const store = shownStore(storeOf(config));
  const { url, otlpUrl } = serving;
  log.info({ url, otlpUrl, store, configFile: file }, 'ready');

  const beforeStop = onReady?.(serving.url);
  const signal = await stop;
  await beforeStop?.();
  process.exitCode = await shutDown(signal, serving, log);
  await opened.flush(logFlushMs);
  process.exit();
}

/** Resolves with the first signal to stop; a second one ends the process at once. */
function onStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

async function shutDown(signal: NodeJS.Signals, serving: Serving, log: Log): Promise<number> {
  log.info({ signal }, 'stopping');
  const isClean = await serving.close();
  log.info({ isClean }, 'stopped');
  return isClean ? 0 : 1;
}

/** What nobody caught leaves the process in an unknown state; the store is made to survive that. */
function crash(error: Error, opened: OpenLog): void {
  opened.log.fatal({ err: error }, 'internal error, please report it');
  void opened.flush(logFlushMs).then(() => process.exit(1));
}
