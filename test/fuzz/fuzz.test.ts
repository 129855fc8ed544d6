/** A bounded share of the fuzz campaign; `npm run fuzz` runs all of it. */
import { afterAll, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { seedOfRun } from '../whole/random.ts';
import { startServer } from '../whole/server.ts';
import { runCampaign } from './campaign.ts';

const cases = Number(process.env.TACHO_FUZZ_CASES ?? 3_000);
const seed = seedOfRun();
const rssBytesMax = 600 * 1024 * 1024;

afterAll(closeConnections);

it(`answers ${cases} generated requests with a success or an error that explains itself`, async () => {
  const server = await startServer();
  try {
    const result = await runCampaign(server, { cases, seed });
    console.log(
      `fuzz: seed ${seed}, ${cases} cases, kinds ${JSON.stringify(result.kinds)}, ` +
        `answers ${JSON.stringify(result.statuses)}`,
    );
    expect(result.failures.join('\n\n')).toBe('');
    expect(result.statuses['200']).toBeGreaterThan(0);
    expect(result.statuses['400']).toBeGreaterThan(0);
    expect(result.peakRssBytes).toBeLessThan(rssBytesMax);
    expect(server.running()).toBe(true);
  } finally {
    await server.kill();
  }
}, 300_000);
