/** What can go wrong at a start or in a command, said in one line that names the remedy. */

/** A failure of the world around us, explained; shown without a stack trace. */
export class Failure extends Error {
  override name = 'Failure';
}

/** Runs `action`, and turns a system error into a Failure that starts with `what`. */
export function explain<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Failure(`${what}: ${reasonOf(error)}`, { cause: error });
  }
}

/** One line for people: our own words where we have them, else the error's. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, details } = error as Error & { code?: unknown; details?: unknown };
  const known = typeof code === 'string' ? systemReasons[code] : undefined;
  if (known !== undefined) return known;
  const line = error.message.split('\n', 1)[0] ?? error.name;
  if (typeof details !== 'string' || details === '' || line.includes(details)) return line;
  return `${line}: ${details}`;
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already and is not a directory',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many open files',
};
