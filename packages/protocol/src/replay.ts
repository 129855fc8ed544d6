/** Replays: sessions as they were recorded elsewhere, to be stored as they are. */
import Type, { type Static } from 'typebox';
import {
  entryBodies,
  envelopeFields,
  type IngestInput,
  readBatch,
  readEntry,
  type WireEntry,
} from './entry.ts';
import { limits } from './limits.ts';
import { readSeriesKeys, seriesKeysField } from './schema/columns.ts';
import { readUuid } from './schema/create.ts';
import { type Fields, fieldsOf } from './schema/fields.ts';
import { rejection } from './schema/reply.ts';
import * as shape from './schema/shapes.ts';
import { readStatus, statusFields } from './schema/status.ts';
import type { SeriesKey } from './series.ts';
import type { SessionStatus } from './session.ts';

/** What a replay says about one session: entries, and what entries alone would not bring back. */
export type ReplayEntry =
  | WireEntry
  /** The series of the session, in the order in which they first appeared. */
  | { kind: 'series'; session: string; series: SeriesKey[] }
  /** How the session stands in the end. */
  | { kind: 'status'; session: string; status: SessionStatus; clockSkewUs?: number };

/** First line of an export. */
export interface ExportHeader {
  format: 'tacho-export';
  version: 1;
  /** UUID of this export: what is imported from it counts once. */
  export: string;
  /** RFC 3339. */
  exported_at: string;
  /** Version of the server that wrote it. */
  tacho: string;
}

/** Whether a line is the header of an export that we can read. */
export function isExportHeader(line: unknown): line is ExportHeader {
  const { format, version, export: id } = (line ?? {}) as Partial<Record<string, unknown>>;
  return format === 'tacho-export' && version === 1 && typeof id === 'string';
}

/** Reads a batch of a replay; a bad entry is reported and the others are kept, as by `readIngest`. */
export function readReplay(body: unknown, nowUs: number): IngestInput<ReplayEntry> {
  return readBatch(body, (entry) => {
    const fields = fieldsOf(entry);
    return readReplayOnly(fields, nowUs) ?? readEntry(fields, nowUs);
  });
}

function readReplayOnly(fields: Fields, nowUs: number): ReplayEntry | undefined {
  const { kind } = fields;
  if (kind !== 'series' && kind !== 'status') return undefined;
  const session = readUuid(fields.session, 'session');
  if (kind === 'series') return { kind, session, series: readSeriesKeys(fields.series) };
  return { kind, session, ...readStatus(fields, nowUs) };
}

/** Schema of one entry of a replay; also of every line but the first of an export. */
export const replayEntryBody = Type.Union([
  ...entryBodies,
  Type.Object({ kind: Type.Literal('series'), session: shape.uuid, series: seriesKeysField }),
  Type.Object({ kind: Type.Literal('status'), session: shape.uuid, ...statusFields }),
]);

/** Schema of a batch of a replay. */
export const replayBody = Type.Object(
  {
    ...envelopeFields,
    entries: Type.Array(replayEntryBody, { maxItems: limits.ingestEntriesMax }),
  },
  {
    title: 'ReplayBatch',
    description: 'Sessions recorded elsewhere, or parts of one',
    examples: [
      {
        spoolId: 'copy-of-shop',
        seq: 1,
        entries: [
          {
            kind: 'start',
            session: '5e551000-5555-4555-8555-555555555555',
            at: '2026-03-01T12:00:00Z',
            product: 'shop',
            version: '2.4.0',
          },
        ],
      },
    ],
  },
);

/** A batch of a replay as it is sent. */
export type ReplayBatch = Static<typeof replayBody>;

/** Schema of the reply to a batch of a replay. */
export const replayReply = Type.Object(
  {
    success: Type.Literal(true),
    accepted: Type.Integer({ minimum: 0, description: 'Number of entries that were good' }),
    rejected: Type.Optional(Type.Array(rejection)),
    duplicate: Type.Optional(
      Type.Literal(true, { description: 'This batch had been stored before; nothing was changed' }),
    ),
  },
  { title: 'ReplayReceipt', description: 'The batch is durable' },
);
