/** What one session recorded, read from its export as it streams by; reading stops where enough is known. */
import type { IncomingMessage } from 'node:http';
import {
  applyPatch,
  type EventRecord,
  type JsonObject,
  type MetricType,
  parseJson,
  parseTimeUs,
  routes,
  stateChanges,
} from '@tacho/protocol';
import type { Asker } from './ask.ts';
import { CommandError } from './exit.ts';
import { linesOf } from './transfer/lines.ts';

/** An event with its time. */
export type RecordedEvent = { timestamp: string } & EventRecord;

/** A state as it was. */
export interface RecordedState {
  /** Number of the last patch in it; 0 for the state at the start. */
  revision: number;
  /** When that patch was, or the session began. */
  timestamp: string;
  state: JsonObject;
  /** Dotted paths that the revision changed. */
  changed: string[];
}

/** Up to where a state is wanted: instants in epoch microseconds, that one included. */
export type Until = { atUs: number } | { revision: number };

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

/**
 * The state at the start and, in order of revision, all patches of that time or earlier, or up to that
 * revision; for each of several questions in one pass.
 */
export async function statesOf(
  asker: Asker,
  id: string,
  questions: readonly Until[],
): Promise<RecordedState[]> {
  let answers: RecordedState[] = [];
  let revision = 0;
  for await (const line of entriesOf(asker, id)) {
    if (line.kind === 'start') {
      const { product, version, state } = line;
      const start = { product, version, ...applyPatch({}, state as JsonObject) } as JsonObject;
      const timestamp = line.at as string;
      answers = questions.map(() => ({ revision: 0, timestamp, state: start, changed: [] }));
    } else if (line.kind === 'patch') {
      revision += 1;
      const atUs = parseTimeUs(line.at) ?? 0;
      answers = answers.map((before, i) => {
        const until = questions[i] as Until;
        const isPart = 'revision' in until ? revision <= until.revision : atUs <= until.atUs;
        return isPart ? patched(before, line, revision) : before;
      });
    } else break;
  }
  return answers;
}

function patched(before: RecordedState, line: JsonObject, revision: number): RecordedState {
  const state = applyPatch(before.state, line.patch as JsonObject);
  const changed = stateChanges(before.state, state).map(({ names }) => names.join('.'));
  return { revision, timestamp: line.at as string, state, changed };
}

/** The last events that a condition lets through, in order of time. */
export async function lastEventsOf(
  asker: Asker,
  id: string,
  count: number,
  isWanted: (event: RecordedEvent) => boolean,
): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const line of entriesOf(asker, id)) {
    if (line.kind === 'event') {
      const { kind: _kind, session: _session, at, ...event } = line;
      const recorded = { timestamp: at, ...event } as unknown as RecordedEvent;
      if (!isWanted(recorded)) continue;
      found.push(recorded);
      if (found.length > count) found.shift();
    } else if (line.kind !== 'start' && line.kind !== 'patch') break;
  }
  return found;
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
