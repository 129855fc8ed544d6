/** Agents killed at random while a program logs: what they took is on the server once and in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { integer, pick, randomFrom, seedOfRun } from '../whole/random.ts';
import { startServer, temporaryDirectory } from '../whole/server.ts';
import { startAgent } from './agent.ts';
import { expectEverything, LoggingProgram } from './program.ts';

const kills = Number(process.env.TACHO_KILL_ROUNDS ?? 100);
const seed = seedOfRun();

afterAll(closeConnections);

describe('agents that are killed', () => {
  it(`${kills} times at random are not noticed by the program, and lose and double nothing`, async () => {
    const random = randomFrom(seed);
    const server = await startServer();
    const directory = temporaryDirectory('tacho-agent-');
    const place = { serverUrl: server.url, directory };
    const program = new LoggingProgram(place);
    for (let round = 0; round < kills; round++) {
      const flushIntervalMs = pick(random, [5, 50, 1_000]);
      const agent = await startAgent({ ...place, flushIntervalMs });
      await sleep(integer(random, 0, 200));
      await agent.kill();
    }
    const agent = await startAgent(place);
    await program.end();
    await expectEverything(server, program);
    expect(program.moves).toBeGreaterThan(kills / 4);
    const { said, moves, duplicates } = program;
    console.log(
      `seed ${seed}: ${kills} kills, ${said} numbers said, taken by ${moves} agents, ` +
        `${duplicates} batches sent again to another agent than the one that had taken them`,
    );
    expect(await agent.stop()).toBe(0);
    await server.stop();
  }, 600_000);
});
