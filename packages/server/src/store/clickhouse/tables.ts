/** The tables of what follows from the log: sessions as rows of them, and back again. */
import {
  causeKinds,
  causeOf,
  type ExceptionFact,
  exceptionKind,
  type JsonObject,
  levels,
  outcomeOf,
  outcomes,
  parseJson,
  type SessionStatus,
  searchedTexts,
  searchWords,
  stringifyJson,
} from '@tacho/protocol';
import type { Standing } from '../fold.ts';
import type { SessionSummary } from '../store.ts';
import type { Row, Shard } from './connection.ts';
import type { ArrivedEvent, LiveParts, LiveSession, Outcome } from './live.ts';
import { placeColumns } from './places.ts';
import { keyOfText } from './said.ts';

/** A row of the table `head`. */
export interface HeadRow {
  session: string;
  gen: number;
  known: number;
  gone: boolean;
  no: number;
  turn: number;
  product: string;
  version: string;
  machine: string | null;
  hostname: string | null;
  boot: string | null;
  agent: string | null;
  created_us: number;
  updated_us: number;
  patches: number;
  events: number;
  samples: number;
  errors: number;
  skew_us: number | null;
  status: string;
  exception: string;
  start_state: string;
}

/** The columns of a `HeadRow`. */
export const headColumns =
  'session, gen, known, gone, no, turn, product, version, machine, hostname, boot, agent, created_us, updated_us, patches, events, samples, errors, skew_us, status, exception, start_state';

/** Writes what followed for some sessions. */
export async function writeOutcomes(
  shard: Shard,
  all: readonly { live: LiveSession; outcome: Outcome }[],
): Promise<void> {
  const states = all.filter(({ outcome }) => outcome.isStateNew);
  await Promise.all([
    shard.insert(
      'series',
      all.flatMap(({ live, outcome }) => seriesRows(live, outcome)),
    ),
    shard.insert(
      'event',
      all.flatMap(({ live, outcome }) => outcome.events.map((row) => eventRow(live, row))),
    ),
    shard.insert(
      'patch',
      all.flatMap(({ live, outcome }) => patchRows(live, outcome)),
    ),
    shard.insert(
      'state',
      states.map(({ live }) => stateRow(live)),
    ),
  ]);
  // Last, so that what a head counts is there.
  await shard.insert(
    'head',
    all.map(({ live }) => headRow(live)),
  );
}

function headRow(live: LiveSession): Row {
  const { start, fold } = live;
  const { standing } = fold;
  const { status, exception, errors } = standing;
  const cause = causeOf({ status, createdUs: start.atUs, ...(exception && { exception }) });
  return {
    ...{ session: live.id, gen: live.gen, known: live.known, gone: live.gone },
    ...{ no: live.no, turn: live.turn, product: start.product, version: start.version },
    machine: start.machineId ?? null,
    hostname: start.hostname ?? null,
    boot: start.bootId ?? null,
    agent: start.agentId ?? null,
    created_us: start.atUs,
    updated_us: standing.updatedUs,
    lifecycle: status.lifecycle,
    ended_us: status.endedUs,
    heartbeat_us: status.lastHeartbeatUs,
    activity_us: status.lastActivityUs,
    hung: status.hungSinceUs !== null,
    hangs: status.hangs,
    outcome: outcomes.indexOf(outcomeOf(status, errors)),
    cause: cause === null ? -1 : causeKinds.indexOf(cause.kind),
    ...{ patches: standing.patches, events: standing.events, samples: standing.samples, errors },
    skew_us: standing.clockSkewUs ?? null,
    status: JSON.stringify(status),
    exception: exception === undefined ? '' : JSON.stringify(exception),
    start_state: live.startState,
  };
}

function stateRow({ id, gen, known, fold }: LiveSession): Row {
  const { state } = fold.standing;
  return { session: id, gen, known, state: stringifyJson(state), ...placeColumns(state) };
}

function eventRow({ id, gen, known }: LiveSession, row: ArrivedEvent): Row {
  const { seq, atUs, receivedUs, arrived, event } = row;
  const kind = exceptionKind(event);
  const words = new Set(searchedTexts(event).flatMap(searchWords));
  return {
    ...{ session: id, gen, seq, known, at_us: atUs, received_us: receivedUs, arrived },
    level: levels.indexOf(event.level),
    name: event.name,
    exception_type: kind?.type ?? '',
    exception: kind?.id ?? '',
    words: words.size === 0 ? '' : ` ${[...words].join(' ')} `,
    body: stringifyJson(event as unknown as JsonObject),
  };
}

function patchRows({ id, gen, known }: LiveSession, { patches }: Outcome): Row[] {
  return patches.map(({ revision, atUs, receivedUs, patch }) => {
    return { session: id, gen, known, revision, at_us: atUs, received_us: receivedUs, patch };
  });
}

function seriesRows({ id, gen }: LiveSession, { series }: Outcome): Row[] {
  return series.map(({ no, hash, text }) => {
    const { name, type, unit, tags } = keyOfText(text);
    const key = { name, type, unit, tags };
    return { session: id, gen, hash: String(hash), no, key: text, ...key };
  });
}

/** How a session stands by its rows; `state` is JSON. */
export function standingOfRow(row: HeadRow, state: string): Standing {
  return {
    status: JSON.parse(row.status) as SessionStatus,
    updatedUs: row.updated_us,
    ...{ patches: row.patches, events: row.events, samples: row.samples, errors: row.errors },
    ...(row.exception !== '' && { exception: JSON.parse(row.exception) as ExceptionFact }),
    ...(row.skew_us !== null && { clockSkewUs: row.skew_us }),
    state: parseJson(state) as JsonObject,
  };
}

/** The start of a session by its row. */
export function startOfRow(row: HeadRow): LiveParts['start'] {
  return {
    product: row.product,
    version: row.version,
    atUs: row.created_us,
    ...(row.machine !== null && { machineId: row.machine }),
    ...(row.hostname !== null && { hostname: row.hostname }),
    ...(row.boot !== null && { bootId: row.boot }),
    ...(row.agent !== null && { agentId: row.agent }),
  };
}

/** A session as it stands in a list. */
export function summaryOfRow(row: HeadRow): SessionSummary {
  const { atUs: createdUs, ...start } = startOfRow(row);
  const { state: _, ...standing } = standingOfRow(row, '{}');
  return { id: row.session, createdUs, ...start, ...standing };
}
