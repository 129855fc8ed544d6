/** Where agents and servers take batches: the same path, so that one sender serves both. */

/** Path of the endpoint for batches, on an agent as on a server. */
export const agentIngestPath = '/api/ingest';
