/** The native library of the package `chdb`: its own JavaScript takes fewer formats than the library. */
import { createRequire } from 'node:module';

/** An open connection; only the library looks inside. */
export interface Connection {
  readonly native: unique symbol;
}

/** What we use of the library. */
export interface Addon {
  /** Gives nothing when the directory is another process's. */
  CreateConnection(dataDir: string, args: readonly string[]): Connection | undefined;
  CloseConnection(connection: Connection): void;
  QueryWithConnection(connection: Connection, text: string, format: string): string;
  QueryAsyncConnection(connection: Connection, text: string, format: string): Promise<Answer>;
  InsertRawAsyncConnection(
    connection: Connection,
    text: string,
    bytes: Buffer,
    countsLines: boolean,
  ): Promise<Written>;
}

interface Answer {
  bytes: Uint8Array;
  /** In seconds. */
  elapsed: number;
  rowsRead: number;
  bytesRead: number;
}

interface Written {
  /** In seconds. */
  elapsed: number;
  rowsWritten: number;
  bytesWritten: number;
}

/** Loads the library for this platform. */
export function loadAddon(): Addon {
  const manifest = createRequire(import.meta.url).resolve('chdb/package.json');
  const { loadNative } = createRequire(manifest)('./dist/loader.js') as {
    loadNative: () => Addon;
  };
  return loadNative();
}
