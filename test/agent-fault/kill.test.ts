/** Agents killed at random while a program logs: what they took is on the server once and in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { integer, pick, type Random, randomFrom, seedOfRun } from '../whole/random.ts';
import { startServer, temporaryDirectory } from '../whole/server.ts';
import { type AgentOptions, spawnAgent, startAgent } from './agent.ts';
import { expectEverything, LoggingProgram } from './program.ts';

const kills = Number(process.env.TACHO_KILL_ROUNDS ?? 100);
const seed = seedOfRun();

afterAll(closeConnections);

describe('agents that are killed', () => {
  it(`${kills} times at random are not noticed by the program, and lose and double nothing`, async () => {
    const random = randomFrom(seed);
    const server = await startServer();
    const place = { serverUrl: server.url, directory: temporaryDirectory('tacho-agent-') };
    const program = new LoggingProgram({ ...place, intervalMs: 20 });
    for (let round = 0; round < kills; round++) {
      const flushIntervalMs = pick(random, [5, 50, 1_000]);
      await lifeOf({ ...place, flushIntervalMs }, program, random);
    }
    const agent = await startAgent(place);
    await program.end();
    await expectEverything(server, program);
    const { said, moves, duplicates } = program;
    console.log(
      `seed ${seed}: ${kills} kills, ${said} numbers said, taken by ${moves} agents, ` +
        `${duplicates} batches sent again to another agent than the one that had taken them`,
    );
    expect(moves).toBeGreaterThan(kills / 4);
    expect(await agent.stop()).toBe(0);
    await server.stop();
  }, 600_000);
});

/** An agent is killed while it starts, while it takes its first batches, or some time later. */
async function lifeOf(
  options: AgentOptions,
  program: LoggingProgram,
  random: Random,
): Promise<void> {
  const agent = spawnAgent(options);
  const kind = integer(random, 0, 4);
  if (kind === 0) await sleep(integer(random, 0, 300));
  else await agent.ready();
  if (kind > 2) await program.further(1);
  if (kind > 0) await sleep(integer(random, 0, 60));
  await agent.kill();
}
