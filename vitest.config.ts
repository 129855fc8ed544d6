import { defineConfig } from 'vitest/config';

/** It chooses the browser, which needs none. */
const browserChoice = 'test/browser/chromium.test.ts';

/** What tests leave behind goes with it. */
const ownTmp = 'test/whole/own-tmp.ts';

/** How long property tests may take, and from which seed. */
const properties = 'test/whole/properties.ts';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: properties,
    pool: 'forks',
    // Many tests wait for processes and time-outs, which costs nothing.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          globalSetup: ownTmp,
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'test/!(browser)/**/*.test.ts',
            browserChoice,
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          // They need an engine of half a gigabyte, see test/clickhouse/README.md.
          exclude: ['test/clickhouse/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          exclude: [browserChoice],
          globalSetup: [ownTmp, 'test/browser/setup.ts'],
          // Several pages in one story, each with a browser's processes.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Answers of a busy machine take their time.
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
