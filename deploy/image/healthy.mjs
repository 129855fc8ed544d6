/** Ends with 0 when the server of this container answers and its store takes writes, else with 1. */
const url = `http://127.0.0.1:${process.env.TACHO_PORT || 9090}/health`;
const isHealthy = await fetch(url, { signal: AbortSignal.timeout(2_500) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exitCode = isHealthy ? 0 : 1;
