/** Builds `record.c` and tells a server process to load it. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, realpathSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../whole/server.ts';

/** Recording works by LD_PRELOAD, which only Linux has in this form. */
export const canPreload = process.platform === 'linux';

/** Compiles the shim; its path. */
export function buildShim(): string {
  const source = fileURLToPath(new URL('./record.c', import.meta.url));
  const target = join(temporaryDirectory(), 'record.so');
  const options = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  execFileSync(process.env.CC ?? 'cc', [...options, '-o', target, source, '-ldl', '-lpthread']);
  return target;
}

/** Environment of a server whose changes below `dir` are recorded in `log`. */
export function recordingEnvironment(
  shim: string,
  dir: string,
  log: string,
): Record<string, string> {
  return { LD_PRELOAD: shim, RECORD_DIR: realpathSync(dir), RECORD_LOG: log };
}

/** A disk of adjustable size below a directory. */
export class SmallDisk {
  readonly environment: Record<string, string>;
  readonly #file: number;

  constructor(shim: string, dir: string, sizeBytes: number) {
    const path = join(temporaryDirectory(), 'limit');
    this.#file = openSync(path, 'w');
    this.environment = {
      LD_PRELOAD: shim,
      RECORD_DIR: realpathSync(dir),
      RECORD_LIMIT: path,
    };
    this.resize(sizeBytes);
  }

  /** Takes effect with the next write that makes a file grow. */
  resize(sizeBytes: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(sizeBytes));
    writeSync(this.#file, bytes, 0, 8, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}
