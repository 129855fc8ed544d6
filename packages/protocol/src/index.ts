/** Public surface of the protocol package. */
export * from './json.ts';
export * from './time.ts';
export * from './series.ts';
export * from './unit.ts';
export * from './histogram.ts';
export * from './metric.ts';
export * from './state.ts';
export * from './session.ts';
export * from './event.ts';
export * from './errors.ts';
export * from './schema.ts';
export * from './entry.ts';
export * from './routes.ts';
export * from './limits.ts';
