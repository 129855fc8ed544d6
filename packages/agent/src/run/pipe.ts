/** Pipes between the command and us: real ones, because programs cannot open `/dev/stdout` again on a socket. */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** File descriptors of both ends. */
export interface Pipe {
  /** Does not block. */
  readFd: number;
  /** For the command, to be closed once it has it. */
  writeFd: number;
}

/**
 * Makes pipes. Node has none of its own; a named one that nobody knows the name of any more is the
 * same. Undefined where that is not possible: then sockets have to do.
 */
export function makePipes(count: number): Pipe[] | undefined {
  if (process.platform === 'win32' || count === 0) return undefined;
  const pipes: Pipe[] = [];
  let directory: string | undefined;
  try {
    directory = mkdtempSync(join(tmpdir(), 'tacho-run-'));
    const paths = Array.from({ length: count }, (_, i) => join(directory as string, String(i)));
    const made = spawnSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    if (made.status !== 0) return undefined;
    for (const path of paths) {
      const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      pipes.push({ readFd, writeFd: openSync(path, constants.O_WRONLY) });
    }
    return pipes;
  } catch {
    for (const { readFd } of pipes) closeSync(readFd);
    return undefined;
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** A descriptor of the pipe's reading end that does block, as other programs expect; Linux only. */
export function blockingEnd(readFd: number): number | undefined {
  const path = `/proc/self/fd/${readFd}`;
  let writeFd: number | undefined;
  try {
    // Opening the reading end would wait for a writer if the last one had just gone.
    writeFd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return openSync(path, constants.O_RDONLY);
  } catch {
    return undefined;
  } finally {
    if (writeFd !== undefined) closeSync(writeFd);
  }
}
