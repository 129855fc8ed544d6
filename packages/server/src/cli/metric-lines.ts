/** A table of a session's metrics, each with how it went over the life of the session. */
import { limits } from '@tacho/protocol';
import type { Asker } from './ask.ts';
import type { Band } from './blocks.ts';
import type { Look } from './look.ts';
import { bandsOf, chartsOf, identityOf, type Metric } from './metric-summary.ts';
import { metricCells, metricColumns } from './metric-text.ts';
import { rangeOf, type SessionRow } from './session-text.ts';
import { tableLines } from './text.ts';

const sparklineColumns = 24;

/** The lines; series beyond what one question takes have no chart. */
export async function metricLines(
  asker: Asker,
  look: Look,
  session: SessionRow,
  metrics: readonly Metric[],
): Promise<string[]> {
  const names = [...new Set(metrics.map(({ name }) => name))].slice(0, limits.paramValuesMax);
  const wish = { names, ...rangeOf(session), columns: sparklineColumns };
  const { series } = await chartsOf(asker, session.id, wish);
  const bands = new Map<string, Band[]>();
  for (const chart of series) bands.set(identityOf(chart), bandsOf(chart, wish));
  const rows = metrics.map((metric) => metricCells(metric, bands.get(identityOf(metric))));
  return tableLines(look, metricColumns, rows);
}
