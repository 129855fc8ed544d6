/** How a client sends, for those who record a program from outside: `tacho run`. */
export { Backlog } from './backlog.ts';
export { type Destination, ingestPath } from './destination.ts';
export type { CounterSeries, HistogramSeries } from './growths.ts';
export { Sender } from './send.ts';
export { systemTimers } from './timers.ts';
export { Warnings } from './warnings.ts';
