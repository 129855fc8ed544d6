/** The official client for tests: it reports by throwing, not by writing to the console. */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { onTestFinished } from 'vitest';

/** A client that is closed when the test has ended. */
export function connect(
  url: string,
  options: Parameters<typeof createClient>[0] = {},
): ClickHouseClient {
  const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF }, ...options });
  onTestFinished(() => client.close());
  return client;
}
