/** The slice of `hyparquet` that we read with, so that types can be checked where it is not installed. */
declare module 'hyparquet' {
  /** Reads all rows. */
  export function parquetReadObjects(options: {
    file: ArrayBuffer;
    compressors: Record<string, (bytes: Uint8Array, length: number) => Uint8Array>;
    parsers: Record<string, (value: bigint) => unknown>;
  }): Promise<Record<string, unknown>[]>;

  /** Reads the end of a file. */
  export function parquetMetadata(file: ArrayBuffer): {
    num_rows: bigint;
    row_groups: { num_rows: bigint; columns: { meta_data?: { statistics?: object } }[] }[];
  };
}

declare module 'hyparquet/src/encoding.js' {
  /** Reads so many bytes of the hybrid of runs and packed bits into `output`. */
  export function readRleBitPackedHybrid(
    reader: { view: DataView; offset: number },
    bits: number,
    output: Uint32Array,
    length: number,
  ): void;
}
