/** Public surface of the agent package, for the command line. */
export { ArgumentError, agentConfigOf, agentFlags, type FlagValues } from './config.ts';
export { runAgent } from './main.ts';
export { systemProcesses } from './process/system.ts';
export { TreeMeter, type TreeSample } from './process/tree.ts';
export { startWatchdog, type Watchdog, type WatchdogOptions } from './watchdog.ts';
