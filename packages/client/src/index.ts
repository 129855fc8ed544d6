/** Public surface of the client package. */
export type * from './api.ts';
export { ingestPath as agentIngestPath } from './destination.ts';
