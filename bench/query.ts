/** Bench: every kind of question on the mix, a very long series and software in the field. */
import { Baseline } from './query/baseline.ts';
import { besideRows, liveRow } from './query/beside.ts';
import { chartRows } from './query/charts.ts';
import { amountsOf, fill } from './query/fill.ts';
import { listRows } from './query/lists.ts';
import type { Row } from './report.ts';
import { type BenchContext, untilIdle, untilSealed, withServer } from './target.ts';

/** The server's own medians, each beside what a plain way would cost. */
export async function query(context: BenchContext): Promise<Row[]> {
  const rounds = context.quick ? 2 : 15;
  const rows = await withServer('query', context, async (server) => {
    const amounts = amountsOf(context);
    const from = performance.now();
    const filled = await fill(server, amounts);
    context.say(`query: filled in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
    if (!context.quick) {
      await untilSealed(server);
      // The index is made in the background.
      await untilIdle(server);
    }
    const baseline = new Baseline(server.dataDir);
    try {
      return [
        ...(await chartRows(server, filled, rounds)),
        ...(await listRows(server, baseline, rounds)),
        ...(await besideRows(server, context.quick)),
      ];
    } finally {
      baseline.close();
    }
  });
  // On a server of its own: memory that questions left free would hide what readers take.
  const live = await withServer('live', context, (server) => liveRow(server, context.quick));
  return [...rows, live];
}
