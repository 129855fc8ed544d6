/** Bench: every kind of question on the mix, a very long series and software in the field. */
import { sleep } from './measure.ts';
import { Baseline } from './query/baseline.ts';
import { besideRows, liveRow } from './query/beside.ts';
import { chartRows } from './query/charts.ts';
import { amountsOf, fill } from './query/fill.ts';
import { listRows } from './query/lists.ts';
import type { Row } from './report.ts';
import { type BenchContext, untilSealed, withServer } from './target.ts';

/** Time for the background indexes to settle after everything was sent. */
const settleMs = 15_000;

/** The server's own medians, each beside what a plain way would cost. */
export async function query(context: BenchContext): Promise<Row[]> {
  const rounds = context.quick ? 2 : 15;
  return withServer('query', context, async (server) => {
    const amounts = amountsOf(context);
    const from = performance.now();
    const filled = await fill(server, amounts);
    context.say(`query: filled in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
    if (!context.quick) {
      await untilSealed(server);
      await sleep(settleMs);
    }
    const baseline = new Baseline(server.dataDir);
    try {
      return [
        ...(await chartRows(server, filled, rounds)),
        ...(await listRows(server, baseline, rounds)),
        ...(await besideRows(server, context.quick)),
        await liveRow(server, context.quick),
      ];
    } finally {
      baseline.close();
    }
  });
}
