/** Rows of the log: entries and samples as columns of the table `entry`, and back again, bit by bit. */
import type { RowReader } from './row-binary.ts';

/** Kinds of rows, numbered as in the table from 1 on. */
export const logKinds = [
  'start',
  'patch',
  'event',
  'sample',
  'heartbeat',
  'witness',
  'end',
  'crash',
  'status',
  'lost',
  'returned',
  'sampled',
  'gone',
  'void',
  'batch',
] as const;

/** A row of the log. */
export interface LogRow {
  /** UUID, lower case. */
  session: string;
  /** Hash of the series; 0 for what is no sample. */
  series: bigint;
  /** Epoch microseconds. */
  atUs: number;
  turn: number;
  server: bigint;
  place: number;
  /** How often a session of this id was deleted before. */
  gen: number;
  /** Number of the batch, by server. */
  batch: number;
  kind: (typeof logKinds)[number];
  replay: boolean;
  receivedUs: number;
  product: string;
  version: string;
  /** Of a sample; of samples that are summed up, their number; 0 for everything else. */
  value: number;
  /** JSON of what the other columns do not say; empty for nothing. */
  body: string;
  /** Days since 1970. */
  day: number;
}

/** The columns in the order in which rows are read. */
export const logColumns =
  'session, series, at_us, turn, server, place, gen, batch, kind, replay, received_us, product, version, mantissa, scale, value, body, day';

/** Reads a row. */
export function readLogRow(reader: RowReader): LogRow {
  const session = reader.uuid();
  const series = reader.uint64();
  const atUs = reader.int64();
  const turn = reader.int64();
  const server = reader.uint64();
  const place = reader.uint32();
  const gen = reader.uint32();
  const batch = reader.int64();
  const kind = logKinds[reader.int8() - 1];
  if (kind === undefined) throw new Error('the log has a kind of row that is not known');
  const replay = reader.uint8() === 1;
  const receivedUs = reader.int64();
  const product = reader.text();
  const version = reader.text();
  const mantissa = reader.int64();
  const scale = reader.int8();
  const double = reader.float64();
  return {
    ...{ session, series, atUs, turn, server, place, gen, batch, kind, replay, receivedUs },
    ...{ product, version },
    value: scale < 0 ? double : mantissa / powers[scale]!,
    body: reader.text(),
    day: reader.uint16(),
  };
}

const powers = [1, 10, 100, 1_000] as const;

/** The whole number of a value's last decimal. */
export function scaled(value: number, scale: number): number {
  return Math.round(value * powers[scale]!);
}

/**
 * How many decimals a value has, when that is few and the whole number of them gives the same bits
 * back: whole numbers pack into a third of the bytes of doubles. -1 for every other value.
 */
export function scaleOf(value: number): number {
  if (!Number.isFinite(value) || Object.is(value, -0)) return -1;
  for (let scale = 0; scale < powers.length; scale++) {
    const power = powers[scale]!;
    const mantissa = Math.round(value * power);
    if (mantissa / power === value && Number.isSafeInteger(mantissa)) return scale;
  }
  return -1;
}
