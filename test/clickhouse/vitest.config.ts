/** Tests against ClickHouse, apart from all others: `npm run test:clickhouse`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/clickhouse/**/*.test.ts'],
    globalSetup: 'test/clickhouse/install.ts',
    setupFiles: 'test/whole/properties.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
