/** The directory where agents keep what must outlive them: identity, spools, registrations, logs. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes the first of the places that can be made, readable by its owner alone, and returns it.
 * @throws the error of the last place when none can be made
 */
export function makeStateDirectory(places: readonly string[]): string {
  let failure: unknown = new Error('there is no place for a state directory');
  for (const place of places) {
    try {
      makeDirectory(place);
      requireOwn(place);
      for (const part of ['spools', 'last-words', 'rejected']) makeDirectory(join(place, part));
      return place;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Node's own recursive form never returns where the system refuses with ENOENT, as in /proc. */
function makeDirectory(path: string): void {
  const make = (): boolean => {
    try {
      mkdirSync(path, { mode: 0o700 });
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' && statSync(path).isDirectory()) return true;
      if (code !== 'ENOENT' || dirname(path) === path) throw error;
      return false;
    }
  };
  if (make()) return;
  makeDirectory(dirname(path));
  if (!make()) throw new Error(`${path} cannot be made`);
}

/** Among temporary files, somebody else may have taken the name. */
function requireOwn(path: string): void {
  const user = process.getuid?.() ?? 0;
  const { uid } = statSync(path);
  if (user !== 0 && uid !== user) throw new Error(`${path} belongs to another user`);
}
