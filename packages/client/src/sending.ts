/** How a client sends and finds its agent, for agents and for those who record from outside: `tacho run`. */
export { Backlog } from './backlog.ts';
export { type Destination, ingestPath } from './destination.ts';
export type { CounterSeries, HistogramSeries } from './growths.ts';
export {
  type Registration,
  registered,
  registrationPath,
  serverKey,
} from './registration.ts';
export { Sender } from './send.ts';
export { ownSurroundings, type Surroundings, statePlaces } from './state-places.ts';
export { systemTimers } from './timers.ts';
export { Warnings } from './warnings.ts';
