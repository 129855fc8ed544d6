/** What samples carry beside their value: counts as columns, metadata as deflated JSON. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type JsonObject, parseJson, stringifyJson } from '@tacho/protocol';
import type { SampleDetail } from '../../store.ts';
import { Reader, writeVarint } from './bits.ts';
import { decodeColumn, encodeColumn } from './column.ts';
import { CorruptError, checksumBytes, formats, openFrame, sealFrame } from './frame.ts';

/** Details by row; a row without one is absent. */
export type Details = Map<number, SampleDetail>;

/** The sections of a blob in order; each begins with its length. */
interface Sections {
  countRows: Uint8Array;
  counts: Uint8Array;
  metadataRows: Uint8Array;
  /** Deflated JSON array, `null` for a detail that says nothing. */
  metadata: Uint8Array;
}

/** Encodes details without loss, in ascending order of rows; null when there are none. */
export function encodeDetails(details: Details): Uint8Array | null {
  if (details.size === 0) return null;
  const entries = [...details].sort(([a], [b]) => a - b);
  const counted = entries.filter(([, detail]) => detail.count !== undefined);
  const rest = entries.filter(([, { count, metadata }]) => metadata || count === undefined);
  const rows = (list: typeof entries): Uint8Array =>
    list.length === 0
      ? new Uint8Array(0)
      : encodeColumn(
          'values',
          Float64Array.from(list, ([row]) => row),
        );
  return writeSections({
    countRows: rows(counted),
    counts:
      counted.length === 0
        ? new Uint8Array(0)
        : encodeColumn(
            'values',
            Float64Array.from(counted, ([, detail]) => detail.count!),
          ),
    metadataRows: rows(rest),
    metadata: rest.length === 0 ? new Uint8Array(0) : deflateMetadata(rest),
  });
}

function deflateMetadata(entries: readonly [number, SampleDetail][]): Uint8Array {
  return deflateRawSync(stringifyJson(entries.map(([, { metadata }]) => metadata ?? null)));
}

function writeSections(sections: Sections): Uint8Array {
  const parts = [sections.countRows, sections.counts, sections.metadataRows, sections.metadata];
  const size = parts.reduce((sum, part) => sum + part.length + 8, 1 + checksumBytes);
  const out = new Uint8Array(size);
  out[0] = formats.details;
  let at = 1;
  for (const part of parts) {
    at = writeVarint(out, at, part.length);
    out.set(part, at);
    at += part.length;
  }
  return sealFrame(out, at);
}

/** The details of a blob; an empty map for null. Throws CorruptError. */
export function decodeDetails(data: Uint8Array | null): Details {
  if (data === null) return new Map();
  const sections = readSections(data);
  const found: [number, SampleDetail][] = [];
  const countRows = rowsOf(sections.countRows);
  const counts = rowsOf(sections.counts);
  countRows.forEach((row, i) => {
    found.push([row, { count: counts[i]! }]);
  });
  const metadataRows = rowsOf(sections.metadataRows);
  const metadata = inflateMetadata(sections.metadata);
  if (counts.length !== countRows.length || metadata.length !== metadataRows.length) {
    throw new CorruptError('details', 'sections do not fit each other');
  }
  return mergeByRow(found, metadataRows, metadata);
}

function readSections(data: Uint8Array): Sections {
  const end = openFrame('details', data);
  const reader = new Reader(data, 1);
  const next = (): Uint8Array => {
    const length = reader.varint();
    if (reader.at + length > end) throw new CorruptError('details', 'section beyond the end');
    reader.at += length;
    return data.subarray(reader.at - length, reader.at);
  };
  const sections = {
    countRows: next(),
    counts: next(),
    metadataRows: next(),
    metadata: next(),
  };
  if (reader.at !== end) throw new CorruptError('details', 'wrong length');
  return sections;
}

function rowsOf(section: Uint8Array): Float64Array {
  return section.length === 0 ? new Float64Array(0) : decodeColumn('values', section);
}

function inflateMetadata(section: Uint8Array): (JsonObject | null)[] {
  if (section.length === 0) return [];
  try {
    return parseJson(inflateRawSync(section).toString()) as (JsonObject | null)[];
  } catch (error) {
    throw new CorruptError('details', (error as Error).message);
  }
}

/** Both lists are ascending; so is the result. */
function mergeByRow(
  counted: readonly [number, SampleDetail][],
  rows: Float64Array,
  metadata: readonly (JsonObject | null)[],
): Details {
  const details: Details = new Map();
  let next = 0;
  const countsBefore = (row: number): void => {
    for (; next < counted.length && counted[next]![0] < row; next++) details.set(...counted[next]!);
  };
  rows.forEach((row, i) => {
    countsBefore(row);
    const detail: SampleDetail = counted[next]?.[0] === row ? counted[next++]![1] : {};
    const object = metadata[i];
    if (object) detail.metadata = object;
    details.set(row, detail);
  });
  countsBefore(Number.POSITIVE_INFINITY);
  return details;
}

/** The blob with `more` added, whose rows are counted from `offset`; null when there is nothing. */
export function appendDetails(
  data: Uint8Array | null,
  more: Details,
  offset: number,
): Uint8Array | null {
  if (more.size === 0) return data;
  const details = decodeDetails(data);
  for (const [row, detail] of more) details.set(row + offset, detail);
  return encodeDetails(details);
}
