/** A server that is killed under load at any moment keeps its promises. */
import { limits } from '@tacho/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { integer, type Random, randomFrom, seedOfRun } from '../whole/random.ts';
import { type Server, StartError, startServer, temporaryDirectory } from '../whole/server.ts';
import { Bulk } from './bulk.ts';
import { expectHealthy } from './healthy.ts';
import { Load } from './workload.ts';

/** Bulk goes on while the first seal runs, but not for ever. */
const bulkBatchesMax = 200;
const rounds = Number(process.env.TACHO_KILL_ROUNDS ?? 6);
const seed = seedOfRun();

afterAll(closeConnections);

describe('a server killed with SIGKILL under load', () => {
  it(
    `has every acknowledged entry exactly once after ${rounds} kills`,
    async () => {
      console.log(`kill: seed ${seed}`);
      const random = randomFrom(seed);
      const dataDir = temporaryDirectory();
      const loads: Load[] = [];
      const sum = { killedStarts: 0, acknowledged: 0, sealing: 0 };
      let server = await startServer({ dataDir });
      for (let round = 0; round < rounds; round += 1) {
        const load = new Load({ random, clients: integer(random, 2, 16) });
        loads.push(load);
        const bulk = round % 5 === 1 ? new Bulk() : undefined;
        await loadAndKill(server, load, bulk, integer(random, 5, 800));
        sum.acknowledged += load.ledger.acknowledged() + (bulk?.acknowledged() ?? 0);
        if (bulk) sum.sealing += 1;
        if (random() < 0.25) sum.killedStarts += await killWhileStarting(dataDir, random);
        server = await startServer({ dataDir });
        await expectHealthy(server);
        await load.ledger.check(server.url);
        await bulk?.check(server.url);
        await load.retry(server.url);
        await bulk?.retry(server.url);
        await bulk?.check(server.url, { whole: true });
        for (const recent of loads.slice(-2)) await recent.ledger.check(server.url);
      }
      for (const load of loads) await load.ledger.check(server.url);
      await server.stop();
      console.log(
        `kill: seed ${seed}, ${rounds} rounds, ${sum.sealing} of them while sealing, ` +
          `${sum.killedStarts} starts killed as well, ` +
          `${sum.acknowledged} entries acknowledged before a kill, none lost, none doubled`,
      );
      expect(sum.acknowledged).toBeGreaterThan(0);
    },
    60_000 + rounds * 15_000,
  );
});

/** Kills under load; with bulk, some time after enough was acknowledged to start a seal. */
async function loadAndKill(
  server: Server,
  load: Load,
  bulk: Bulk | undefined,
  afterMs: number,
): Promise<void> {
  const running = Promise.all([load.run(server.url), bulk?.send(server.url, bulkBatchesMax)]);
  const deadline = performance.now() + 20_000;
  while (bulk && bulk.acknowledged() < limits.sealSamples && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await server.kill();
  await running;
}

/** Kills a server at a random moment of its start; how many were killed before they were ready. */
async function killWhileStarting(dataDir: string, random: Random): Promise<number> {
  try {
    const server = await startServer({ dataDir, readyTimeoutMs: integer(random, 20, 400) });
    await server.kill();
    return 0;
  } catch (error) {
    if (error instanceof StartError && error.exit === undefined) return 1;
    throw error;
  }
}
