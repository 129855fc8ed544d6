/** The samples of one session, read from its export as it streams by. */
import type { IncomingMessage } from 'node:http';
import { type JsonObject, type MetricType, parseJson, parseTimeUs, routes } from '@tacho/protocol';
import type { Asker } from './ask.ts';
import { CommandError } from './exit.ts';
import { linesOf } from './transfer/lines.ts';

/** Samples of one series, in the order recorded for equal instants. */
export interface RecordedSamples {
  series: SeriesName;
  timesUs: Float64Array;
  values: Float64Array;
}

/** What tells a series from others. */
export interface SeriesName {
  name: string;
  type: MetricType;
  unit: string;
  tags: readonly string[];
}

/** All samples in pieces; pieces of one series come in order of time. */
export async function* samplesOf(asker: Asker, id: string): AsyncGenerator<RecordedSamples> {
  for await (const line of entriesOf(asker, id)) {
    if (line.kind === 'columns') {
      const startMs = line.startMs as number;
      const times = line.times as number[];
      const timesUs = Float64Array.from(times, (time) => Math.round((startMs + time) * 1000));
      for (const { values, ...series } of line.series as JsonObject[]) {
        const numbers = Float64Array.from(values as (number | string)[], Number);
        yield { series: seriesOf(series), timesUs, values: numbers };
      }
    } else if (line.kind === 'metric') {
      const timesUs = Float64Array.of(parseTimeUs(line.at) ?? 0);
      yield { series: seriesOf(line), timesUs, values: Float64Array.of(Number(line.value)) };
    }
  }
}

function seriesOf({ name, type, unit = '', tags = [] }: JsonObject): SeriesName {
  return { name, type, unit, tags } as unknown as SeriesName;
}

/** The entries of a session; who stops asking for more ends the transfer. */
async function* entriesOf(asker: Asker, id: string): AsyncGenerator<JsonObject> {
  const answer = await asker.stream(routes.exportSessions.path, { id });
  try {
    let isHeader = true;
    for await (const { text } of linesOf(textOf(answer))) {
      if (!isHeader) yield parseJson(text) as JsonObject;
      isHeader = false;
    }
  } finally {
    answer.destroy();
  }
}

async function* textOf(answer: IncomingMessage): AsyncGenerator<string> {
  answer.setEncoding('utf8');
  try {
    yield* answer as AsyncIterable<string>;
  } catch (error) {
    throw new CommandError('failed', 'the answer broke off', { cause: error });
  }
}
