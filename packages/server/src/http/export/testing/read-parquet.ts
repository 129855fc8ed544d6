/** Reads Parquet with a reader that is not ours. */
import { gunzipSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { Cell } from '../tables.ts';

/** A file that was read. */
interface ReadTable {
  rows: Cell[][];
  /** Rows of each row group. */
  groups: number[];
}

/** The rows of a file with their cells in order of the columns. */
export async function readParquet(bytes: Buffer): Promise<ReadTable> {
  const file = Uint8Array.from(bytes).buffer;
  const objects = await parquetReadObjects({
    file,
    compressors: { GZIP: (packed) => Uint8Array.from(gunzipSync(packed)) },
    // A Date would have no microseconds.
    parsers: { timestampFromMicroseconds: (us) => us },
  });
  const cellOf = (value: unknown): Cell => {
    return typeof value === 'bigint' ? Number(value) : ((value ?? null) as Cell);
  };
  return {
    rows: objects.map((row) => Object.values(row).map(cellOf)),
    groups: parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows)),
  };
}
