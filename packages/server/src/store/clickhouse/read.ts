/** A session read piece by piece, for exports. */
import { stringifyJson } from '@tacho/protocol';
import type { ReadParts, SampleRows, SessionPart, SessionRow } from '../store.ts';
import type { Shard } from './connection.ts';
import { type Histories, headOf } from './recorded.ts';
import { allSamples } from './series.ts';
import { seriesOfSession } from './session-series.ts';
import { type HeadRow, standingOfRow, startOfRow } from './tables.ts';

/** Rows of one piece. */
const pieceRows = 10_000;

/** Answers `Store.read`. */
export async function* readSession(
  shard: Shard,
  histories: Histories,
  id: string,
  parts: ReadParts,
): AsyncGenerator<SessionPart> {
  const hasHistory = parts.patches === true || parts.events === true;
  const history = hasHistory ? await histories.of(shard, id) : undefined;
  const head = history?.head ?? (await headOf(shard, id));
  if (head === undefined) return;
  yield { kind: 'session', row: await rowOf(shard, head) };
  if (history !== undefined && parts.patches) {
    for (const rows of pieces(history.patches)) yield { kind: 'patches', rows };
  }
  if (history !== undefined && parts.events) {
    // Equal instants stay in order of arrival, because sorting is stable.
    const byTime = [...history.events].sort((a, b) => a.atUs - b.atUs);
    for (const rows of pieces(byTime)) yield { kind: 'events', rows };
  }
  if (!parts.samples) return;
  const session = { id, gen: head.gen, series: await seriesOfSession(shard, id, head.gen) };
  const samples = await allSamples(shard, session);
  for (let from = 0; from < samples.values.length; from += pieceRows) {
    yield { kind: 'samples', rows: slice(samples, from, from + pieceRows) };
  }
}

async function rowOf(shard: Shard, head: HeadRow): Promise<SessionRow> {
  const [found] = await shard.rows<{ state: string }>(
    `SELECT state FROM state FINAL WHERE session = '${head.session}' AND gen = ${head.gen}`,
  );
  const text = found?.state ?? head.start_state;
  const { atUs: createdUs, ...start } = startOfRow(head);
  const { state, errors: _, exception: _exception, ...standing } = standingOfRow(head, text);
  return {
    id: head.session,
    createdUs,
    ...start,
    ...standing,
    state: stringifyJson(state),
    startState: head.start_state,
  };
}

function* pieces<T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += pieceRows)
    yield rows.slice(from, from + pieceRows);
}

function slice(all: SampleRows, from: number, to: number): SampleRows {
  const details = [...(all.details ?? [])].filter(([row]) => row >= from && row < to);
  return {
    keys: all.keys,
    series: all.series.slice(from, to),
    timesUs: all.timesUs.slice(from, to),
    values: all.values.slice(from, to),
    ...(details.length > 0 && { details: new Map(details.map(([row, it]) => [row - from, it])) }),
  };
}
