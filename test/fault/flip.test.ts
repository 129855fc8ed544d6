/** One wrong byte anywhere in the data: the server starts or says why not, the rest still reads. */
import { afterAll, expect, it } from 'vitest';
import { runTacho } from '../whole/cli.ts';
import { closeConnections } from '../whole/http.ts';
import { integer, type Random, randomFrom, seedOfRun } from '../whole/random.ts';
import { removeDirectory, StartError, startServer } from '../whole/server.ts';
import { type Contents, dataBytes, flippedCopy, makeData, readAll } from './damage.ts';

const rounds = Number(process.env.TACHO_FLIP_ROUNDS ?? 12);
const seed = seedOfRun();
/** Bytes of SQLite's file header. */
const headerBytes = 100;
/** More sessions than this lie behind one wrong byte only where it hits the frame of a page. */
const sessionsOfOneByte = 5;

afterAll(closeConnections);

it(
  `starts, reads the other sessions and names the damage after each of ${rounds} flipped bytes`,
  async () => {
    console.log(`flip: seed ${seed}`);
    const random = randomFrom(seed);
    const { dir, contents } = await makeData(random);
    const tally = { intact: 0, named: 0, refused: 0, unnoticed: 0, wide: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const offset = offsetOf(round, dataBytes(dir), random);
      const xor = 1 << integer(random, 0, 7);
      const where = `byte ${offset} xor ${xor} of ${dir}`;
      const outcome = await examine(flippedCopy(dir, offset, xor), contents, where);
      tally[outcome.kind] += 1;
      if (outcome.affected > sessionsOfOneByte) tally.wide += 1;
    }
    console.log(
      `flip: seed ${seed}, ${rounds} bytes flipped in ${dataBytes(dir)} with ${contents.size} sessions: ` +
        `${tally.intact} changed nothing that is read, ${tally.named} were named by doctor ` +
        `(${tally.wide} touched more than ${sessionsOfOneByte} sessions), ` +
        `${tally.refused} kept the server from starting and were named, ` +
        `${tally.unnoticed} turned a text into another that reads as well`,
    );
    expect(tally.unnoticed).toBeLessThanOrEqual(Math.max(2, rounds * 0.15));
    expect(tally.refused + tally.wide).toBeLessThanOrEqual(Math.max(3, rounds * 0.25));
  },
  60_000 + rounds * 20_000,
);

/** A twelfth of the flips hits the file header, a twelfth the first page, the rest anything. */
function offsetOf(round: number, bytes: number, random: Random): number {
  if (round % 12 === 0) return integer(random, 0, headerBytes - 1);
  if (round % 12 === 1) return integer(random, headerBytes, 16_383);
  return integer(random, headerBytes, bytes - 1);
}

interface Outcome {
  /** `unnoticed`: something reads differently and nobody says so. */
  kind: 'intact' | 'named' | 'refused' | 'unnoticed';
  /** Sessions that read differently or not at all. */
  affected: number;
}

/** Starts a server on a damaged copy, reads everything, and asks the doctor. */
async function examine(copy: string, contents: Contents, where: string): Promise<Outcome> {
  const affected = await affectedSessions(copy, contents);
  const { healthy, problems } = await doctor(copy);
  removeDirectory(copy);
  if (affected === 'refused') {
    expect(healthy, 'the doctor must name what keeps the server from starting').toBe(false);
    return { kind: 'refused', affected: 0 };
  }
  if (!healthy) {
    expect(problems).toBeGreaterThan(0);
    return { kind: 'named', affected: affected.length };
  }
  for (const { id, now } of affected) {
    expect(now, `${id} is unreadable and the doctor is happy: ${where}`).toBeDefined();
  }
  return { kind: affected.length === 0 ? 'intact' : 'unnoticed', affected: affected.length };
}

async function affectedSessions(
  copy: string,
  contents: Contents,
): Promise<'refused' | { id: string; now: string | undefined }[]> {
  try {
    const server = await startServer({ dataDir: copy });
    const read = await readAll(server, contents.keys());
    expect(server.running(), server.stderr()).toBe(true);
    await server.stop();
    const all = [...contents].map(([id, before]) => ({ id, before, now: read.get(id) }));
    return all.filter(({ before, now }) => now !== before);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    expect(error.exit?.code, error.output).toBeGreaterThan(0);
    expect(error.output.trim().split('\n'), 'one clear sentence').toHaveLength(1);
    expect(error.output).not.toMatch(/\n {4}at /);
    return 'refused';
  }
}

/** What `tacho doctor --json` says. */
async function doctor(dir: string): Promise<{ healthy: boolean; problems: number }> {
  const said = await runTacho(['doctor', '--json', '--data', dir]);
  const findings = JSON.parse(said.stdout) as {
    healthy: boolean;
    data?: { error?: string; inspection?: { problems: unknown[] } };
  };
  expect(said.code, said.stderr).toBe(findings.healthy ? 0 : 1);
  const listed = findings.data?.inspection?.problems.length ?? 0;
  return { healthy: findings.healthy, problems: listed + (findings.data?.error ? 1 : 0) };
}
