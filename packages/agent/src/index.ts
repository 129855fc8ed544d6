/** Public surface of the agent package, for the command line. */
export { agentIngestPath } from '@tacho/client';
