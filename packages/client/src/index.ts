/** Public surface of the client package. */
export { agentIngestPath } from './agent-path.ts';
