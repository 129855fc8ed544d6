/** Public surface of the client package. */
export type * from './api.ts';
export { connect } from './connect.ts';
export type { CaptureOptions, ConnectOptions, ConsoleMethod } from './options.ts';
export { type LineStream, pinoStream } from './pino.ts';
