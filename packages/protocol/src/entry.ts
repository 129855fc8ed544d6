/** Entries on the wire: the batches in which agents deliver what many sessions said. */
import Type, { type Static, type TProperties } from 'typebox';
import type { CauseReport } from './cause.ts';
import type { EventRecord } from './event.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { limits } from './limits.ts';
import { columnsFields, countSamples, readColumns, type WireColumns } from './schema/columns.ts';
import { crashBody, endBody, readCrash, readEnd } from './schema/crash.ts';
import { readStart, readUuid, type SessionStart, startBody } from './schema/create.ts';
import { eventBody, readEvent } from './schema/event.ts';
import {
  bad,
  checkSize,
  type Fields,
  fieldsOf,
  isAbsent,
  optionalInteger,
  optionalTime,
  requiredText,
  shown,
} from './schema/fields.ts';
import { type Rejection, rejectionOf, tooMany } from './schema/many.ts';
import { type MetricInput, metricBody, readMetric } from './schema/metric.ts';
import { rejection } from './schema/reply.ts';
import * as shape from './schema/shapes.ts';

export type { WireColumns, WireSeries } from './schema/columns.ts';

/** What an entry says about one session; `atUs` is absent when the sender named no time. */
export type WireEntry =
  | { kind: 'start'; session: string; atUs?: number; start: SessionStart }
  | { kind: 'patch'; session: string; atUs?: number; patch: JsonObject }
  | { kind: 'event'; session: string; atUs?: number; event: EventRecord }
  /** Its time is the metric's. */
  | { kind: 'metric'; session: string; metric: MetricInput }
  /** `witness`: said by who watches the program; it lives, whether it responds is not told. */
  | { kind: 'heartbeat'; session: string; atUs?: number; witness?: true }
  | { kind: 'end'; session: string; atUs?: number; cause?: CauseReport }
  | { kind: 'crash'; session: string; atUs?: number; reason: string; cause?: CauseReport }
  | WireColumns;

/** A batch as it was understood. */
export interface IngestInput<Entry = WireEntry> {
  /** Identity of the agent's spool. */
  spoolId: string;
  /** Number of the batch in its spool, from 1. */
  seq: number;
  /** The good entries, in their order. */
  entries: Entry[];
  /** The bad ones; `index` counts all entries of the batch. */
  rejected: Rejection[];
}

/**
 * Reads a batch. A malformed envelope throws `invalid_body`, `invalid_field` or `too_many_items`;
 * a bad entry is reported and the others are kept, because an agent could only send the same batch
 * again, for ever.
 */
export function readIngest(body: unknown, nowUs: number): IngestInput {
  return readBatch(body, (entry) => readEntry(entry, nowUs));
}

/** Reads the envelope of a batch, and each entry with `readOne`, whose TachoError rejects that entry alone. */
export function readBatch<Entry>(
  body: unknown,
  readOne: (entry: unknown) => Entry,
): IngestInput<Entry> {
  const { spoolId, seq, entries } = fieldsOf(body);
  const input: IngestInput<Entry> = {
    spoolId: requiredText(spoolId, 'spoolId', limits.spoolIdLengthMax),
    seq: readSeq(seq),
    entries: [],
    rejected: [],
  };
  if (!Array.isArray(entries)) throw bad('entries', shown(entries), 'an array of entries');
  checkCounts(entries);
  for (let i = 0; i < entries.length; i++) {
    try {
      input.entries.push(readOne(entries[i]));
    } catch (error) {
      const { details, ...rest } = rejectionOf(error, i);
      input.rejected.push({ ...rest, details: `entries[${i}]: ${details}` });
    }
  }
  return input;
}

const stamp = { session: shape.uuid, at: shape.maybe(shape.instant) };

function entrySchema<const K extends string, P extends TProperties>(kind: K, fields: P) {
  return Type.Object({ kind: Type.Literal(kind), ...stamp, ...fields });
}

const { timestamp: _eventTime, ...eventFields } = eventBody.properties;
const { timestamp: _metricTime, ...metricFields } = metricBody.properties;

/** Schemas of the entries of a batch. */
export const entryBodies = [
  entrySchema('start', startBody.properties),
  entrySchema('patch', { patch: shape.anyObject('Merge patch of the state') }),
  entrySchema('event', eventFields),
  entrySchema('metric', metricFields),
  entrySchema('heartbeat', {
    witness: shape.maybe(
      Type.Boolean({
        description:
          'Said by who watches the program: it lives; whether it responds is not told, so that a hang goes on',
      }),
    ),
  }),
  entrySchema('end', endBody.properties),
  entrySchema('crash', crashBody.properties),
  Type.Object({ kind: Type.Literal('columns'), session: shape.uuid, ...columnsFields }),
];

/** Schema of one entry of a batch. */
export const entryBody = Type.Union(entryBodies);

/** What says which batch of which spool this is. */
export const envelopeFields = {
  spoolId: shape.fullText(limits.spoolIdLengthMax, "Identity of the sender's spool"),
  seq: Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Number of the batch in its spool; a batch delivered twice counts once',
  }),
};

/** Schema of a batch. */
export const ingestBody = Type.Object(
  {
    ...envelopeFields,
    entries: Type.Array(entryBody, { maxItems: limits.ingestEntriesMax }),
  },
  {
    title: 'Batch',
    description: 'What an agent delivers at once, of one session or many',
    examples: [
      {
        spoolId: 'till-3-8d1f',
        seq: 1,
        entries: [
          {
            kind: 'event',
            session: '5e551000-5555-4555-8555-555555555555',
            at: '2026-03-01T12:00:02Z',
            name: 'payment_failed',
          },
        ],
      },
    ],
  },
);

/** A batch as it is sent. */
export type Batch = Static<typeof ingestBody>;

/** Schema of the reply to a batch. */
export const ingestReply = Type.Object(
  {
    success: Type.Literal(true),
    accepted: Type.Integer({ minimum: 0, description: 'Number of entries that were good' }),
    rejected: Type.Optional(Type.Array(rejection)),
    duplicate: Type.Optional(
      Type.Literal(true, { description: 'This batch had been stored before; nothing was changed' }),
    ),
  },
  { title: 'BatchReceipt', description: 'The batch is durable and need not be sent again' },
);

/** The outcome of a batch. */
export type IngestReply = Static<typeof ingestReply>;

function readSeq(value: unknown): number {
  const seq = optionalInteger(value, 'seq', 1);
  if (seq === undefined) throw bad('seq', shown(value), 'an integer from 1');
  return seq;
}

/** Bounds of the whole batch, checked before any work on its entries. */
function checkCounts(entries: readonly unknown[]): void {
  if (entries.length > limits.ingestEntriesMax) {
    throw tooMany(`${entries.length} entries`, `${limits.ingestEntriesMax}`);
  }
  let samples = 0;
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null) continue;
    const { kind } = entry as Fields;
    if (kind === 'columns') samples += countSamples(entry as Fields);
    else if (kind === 'metric') samples += 1;
  }
  if (samples > limits.ingestSamplesMax) {
    throw tooMany(`${samples} samples`, `${limits.ingestSamplesMax}`);
  }
}

/** Reads one entry; throws `invalid_body` or `invalid_field`. */
export function readEntry(body: unknown, nowUs: number): WireEntry {
  const fields = fieldsOf(body);
  const { kind } = fields;
  switch (kind) {
    case 'columns':
      return readColumns(fields, nowUs);
    case 'metric': {
      const session = readUuid(fields.session, 'session');
      return { kind, session, metric: readMetric(fields, nowUs, 'at') };
    }
    case 'event':
      return {
        kind,
        session: readUuid(fields.session, 'session'),
        ...readEvent(fields, nowUs, 'at'),
      };
    case 'start':
      return { kind, ...readStamp(fields, nowUs), start: readStart(fields) };
    case 'patch':
      return { kind, ...readStamp(fields, nowUs), patch: readPatch(fields.patch) };
    case 'heartbeat':
      return { kind, ...readStamp(fields, nowUs), ...readWitness(fields.witness) };
    case 'end':
      return { kind, ...readStamp(fields, nowUs), ...readEnd(fields) };
    case 'crash':
      return { kind, ...readStamp(fields, nowUs), ...readCrash(fields) };
    default:
      throw bad('kind', shown(kind), `one of ${kinds}`);
  }
}

const kinds = 'start, patch, event, metric, heartbeat, end, crash, columns';

/** Reads of which session and when an entry is; throws `invalid_field`. */
export function readStamp(
  { session, at }: Fields,
  nowUs: number,
): { session: string; atUs?: number } {
  const id = readUuid(session, 'session');
  const atUs = optionalTime(at, 'at', nowUs);
  return atUs === undefined ? { session: id } : { session: id, atUs };
}

function readWitness(value: unknown): { witness?: true } {
  if (isAbsent(value) || value === false) return {};
  if (value !== true) throw bad('witness', shown(value), 'true or false');
  return { witness: true };
}

function readPatch(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw bad('patch', shown(value), 'an object');
  checkSize(value, 'patch', limits.stateBytesMax);
  return value;
}
