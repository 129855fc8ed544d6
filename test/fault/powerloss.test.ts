/** What was acknowledged survives power loss: the disk is cut back to what had been synced. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@tacho/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { integer, type Random, randomFrom, seedOfRun } from '../whole/random.ts';
import { removeDirectory, startServer, temporaryDirectory } from '../whole/server.ts';
import { Bulk } from './bulk.ts';
import { expectHealthy } from './healthy.ts';
import { buildShim, canPreload, recordingEnvironment } from './preload.ts';
import { type DiskRecord, ForgetfulDisk, readRecords } from './replay.ts';
import { Load } from './workload.ts';

/** Recorded runs, and points of each at which power is lost. */
const runs = Number(process.env.TACHO_POWER_RUNS ?? 2);
const cutsPerRun = Number(process.env.TACHO_POWER_CUTS ?? 5);
const seed = seedOfRun();

afterAll(closeConnections);

/* Recording needs LD_PRELOAD and a C compiler, which only the Linux machines have. */
describe.runIf(canPreload)('a server that loses power under load', () => {
  it(
    `has every acknowledged entry after ${runs} runs with ${cutsPerRun} cuts each`,
    async () => {
      const random = randomFrom(seed);
      const shim = buildShim();
      const sum = { records: 0, syncs: 0, acknowledged: 0, repeated: 0 };
      for (let run = 0; run < runs; run += 1) {
        const recorded = await record(shim, random, run % 2 === 1);
        sum.records += recorded.records.length;
        sum.syncs += recorded.records.filter((r) => r.op === 'sync-end').length;
        for (const cut of cutsOf(recorded.records, random)) {
          sum.acknowledged += await replayTo(recorded, cut, random);
          sum.repeated += 1;
        }
      }
      console.log(
        `power loss: seed ${seed}, ${runs} runs with ${sum.records} changes and ${sum.syncs} syncs, ` +
          `${sum.repeated} cuts, ${sum.acknowledged} entries acknowledged before a cut, none lost, none doubled`,
      );
      expect(sum.syncs).toBeGreaterThan(0);
      expect(sum.acknowledged).toBeGreaterThan(0);
    },
    60_000 + runs * cutsPerRun * 30_000,
  );
});

interface Recorded {
  dataDir: string;
  load: Load;
  bulk: Bulk;
  records: DiskRecord[];
}

/**
 * A loaded server from its first write on; half of the runs include its orderly stop, and with
 * `sealing` there is enough to seal.
 */
async function record(shim: string, random: Random, sealing: boolean): Promise<Recorded> {
  const dataDir = temporaryDirectory();
  const log = join(temporaryDirectory(), 'record');
  const server = await startServer({ dataDir, env: recordingEnvironment(shim, dataDir, log) });
  const position = (): number => statSync(log).size;
  const load = new Load({ random, clients: integer(random, 2, 8), position, pauseMs: 5 });
  const bulk = new Bulk(position);
  const running = Promise.all([load.run(server.url), sealing && bulk.send(server.url, 200)]);
  const deadline = performance.now() + 20_000;
  while (sealing && bulk.acknowledged() < limits.sealSamples && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, integer(random, 300, 1_500)));
  if (random() < 0.5) {
    load.stop();
    bulk.stop();
    await running;
    await server.stop();
  } else {
    await server.kill();
    await running;
  }
  return { dataDir, load, bulk, records: readRecords(log) };
}

/** Numbers of records after which power is lost, ascending: half right at the end of a sync. */
function cutsOf(records: readonly DiskRecord[], random: Random): number[] {
  const syncs = records.flatMap((r, i) => (r.op === 'sync-end' ? [i + 1] : []));
  const cuts = Array.from({ length: cutsPerRun }, (_, i) =>
    i % 2 === 0 ? syncs[integer(random, 0, syncs.length - 1)]! : integer(random, 1, records.length),
  );
  return cuts.sort((a, b) => a - b);
}

/** Starts a server on what is left at a cut and checks it; how much was acknowledged before. */
async function replayTo(recorded: Recorded, cut: number, random: Random): Promise<number> {
  const { load, bulk, records } = recorded;
  const disk = new ForgetfulDisk(recorded.dataDir);
  for (const change of records.slice(0, cut)) disk.apply(change);
  const dataDir = temporaryDirectory();
  disk.losePower(dataDir, random);
  const position = records[cut - 1]!.end;
  const server = await startServer({ dataDir });
  try {
    await expectHealthy(server);
    const { acknowledged } = await load.ledger.check(server.url, position);
    await bulk.check(server.url, { upTo: position });
    const marks = load.ledger.said.map((said) => said.acknowledgedAt);
    await load.retry(server.url, position);
    await bulk.retry(server.url, position);
    await load.ledger.check(server.url, position);
    await bulk.check(server.url, { whole: true });
    load.ledger.said.forEach((said, i) => {
      if (marks[i] === undefined) delete said.acknowledgedAt;
      else said.acknowledgedAt = marks[i];
    });
    return acknowledged + bulk.acknowledged(position);
  } finally {
    await server.kill();
    removeDirectory(dataDir);
  }
}
