/** The directory where agents keep what must outlive them: identity, spools, registrations, logs. */
import { mkdirSync, statSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** What the place of the directory depends on. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** Home directory of the user; '' when there is none. */
  home: string;
  /** Directory for temporary files. */
  temporary: string;
  /** Number or name of the user. */
  user: string;
}

/** The surroundings of this process. */
export function ownSurroundings(): Surroundings {
  return {
    env: process.env,
    platform: process.platform,
    home: quietly(homedir) ?? '',
    temporary: tmpdir(),
    user: String(process.getuid?.() ?? quietly(() => userInfo().username) ?? 'user'),
  };
}

/** Places for the directory, the best first; `TACHO_AGENT_DIR` is the only one when it is set. */
export function statePlaces({ env, platform, home, temporary, user }: Surroundings): string[] {
  if (env.TACHO_AGENT_DIR) return [env.TACHO_AGENT_DIR];
  const places: string[] = [];
  if (platform === 'win32') {
    if (env.LOCALAPPDATA) places.push(join(env.LOCALAPPDATA, 'tacho'));
  } else if (env.XDG_STATE_HOME) places.push(join(env.XDG_STATE_HOME, 'tacho'));
  else if (home !== '') {
    const parts = platform === 'darwin' ? ['Library', 'Application Support'] : ['.local', 'state'];
    places.push(join(home, ...parts, 'tacho'));
  }
  return [...places, join(temporary, `tacho-${user}`)];
}

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

/** Some systems have no home or no name for a user. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
