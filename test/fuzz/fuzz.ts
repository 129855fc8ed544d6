/** `npm run fuzz -- [cases] [--seed N] [--kind NAME] [--only N]`: throws generated requests at a real server. */
import { closeConnections } from '../whole/http.ts';
import { startServer } from '../whole/server.ts';
import { type CampaignResult, runCampaign } from './campaign.ts';

const { cases, seed, kind, only } = readArguments(process.argv.slice(2));
console.log(`fuzz: ${only === undefined ? `${cases} cases` : `case ${only}`}, seed ${seed}`);
const server = await startServer();
try {
  const result = await runCampaign(server, {
    cases,
    seed,
    stalled: cases < 10_000 ? 0 : 20,
    ...(only === undefined ? {} : { only }),
    ...(kind === undefined ? {} : { kind }),
    onProgress: (done) => {
      if (done % 10_000 === 0) console.log(`${done} done`);
    },
  });
  report(result);
  process.exitCode = result.failures.length > 0 ? 1 : 0;
} finally {
  await server.stop();
  closeConnections();
}

function report(result: CampaignResult): void {
  for (const failure of result.failures) console.log(`\nFAILED ${failure}`);
  console.table(result.kinds);
  console.table(result.statuses);
  const MiB = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
  console.log(`server memory: ${MiB(result.rssBytes)} now, ${MiB(result.peakRssBytes)} at most`);
  console.log(
    `${result.failures.length} failures; again with: npm run fuzz -- ${cases} --seed ${seed}`,
  );
}

function readArguments(args: string[]): {
  cases: number;
  seed: number;
  kind: string | undefined;
  only: number | undefined;
} {
  const option = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const [first = ''] = args;
  const only = option('--only');
  return {
    cases: /^\d+$/.test(first) ? Number(first) : 100_000,
    seed: Number(option('--seed') ?? Date.now() % 2 ** 31),
    kind: option('--kind'),
    only: only === undefined ? undefined : Number(only),
  };
}
