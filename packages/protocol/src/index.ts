/** Public surface of the protocol package. */

export * from './cause.ts';
export * from './entry.ts';
export * from './errors.ts';
export * from './event.ts';
export * from './exception.ts';
export * from './filter.ts';
export * from './histogram.ts';
export * from './json.ts';
export * from './limits.ts';
export * from './metric.ts';
export * from './naming.ts';
export * from './order.ts';
export * from './outcome.ts';
export * from './params.ts';
export * from './routes.ts';
export * from './schema.ts';
export * from './series.ts';
export * from './session.ts';
export * from './stack.ts';
export * from './state.ts';
export * from './state-diff.ts';
export * from './state-path.ts';
export * from './text.ts';
export * from './time.ts';
export * from './unit.ts';
export * from './version.ts';
