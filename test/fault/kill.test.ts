/** A server that is killed under load at any moment keeps its promises. */
import { afterAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { integer, type Random, randomFrom, seedOfRun } from '../whole/random.ts';
import { type Server, StartError, startServer, temporaryDirectory } from '../whole/server.ts';
import { expectHealthy } from './healthy.ts';
import { Load } from './workload.ts';

const rounds = Number(process.env.TACHO_KILL_ROUNDS ?? 6);
const seed = seedOfRun();

afterAll(closeConnections);

describe('a server killed with SIGKILL under load', () => {
  it(
    `has every acknowledged entry exactly once after ${rounds} kills`,
    async () => {
      const random = randomFrom(seed);
      const dataDir = temporaryDirectory();
      const loads: Load[] = [];
      let server = await startServer({ dataDir });
      let killedStarts = 0;
      let acknowledged = 0;
      for (let round = 0; round < rounds; round += 1) {
        const load = new Load({ random, clients: integer(random, 2, 16) });
        loads.push(load);
        await loadAndKill(server, load, integer(random, 5, 800));
        acknowledged += load.ledger.acknowledged();
        if (random() < 0.25) killedStarts += await killWhileStarting(dataDir, random);
        server = await startServer({ dataDir });
        await expectHealthy(server);
        await load.ledger.check(server.url);
        await load.retry(server.url);
        for (const recent of loads.slice(-2)) await recent.ledger.check(server.url);
      }
      for (const load of loads) await load.ledger.check(server.url);
      await server.stop();
      console.log(
        `kill: seed ${seed}, ${rounds} rounds, ${killedStarts} starts killed, ` +
          `${acknowledged} entries acknowledged before a kill, none lost, none doubled`,
      );
      expect(acknowledged).toBeGreaterThan(0);
    },
    60_000 + rounds * 15_000,
  );
});

async function loadAndKill(server: Server, load: Load, afterMs: number): Promise<void> {
  const running = load.run(server.url);
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
