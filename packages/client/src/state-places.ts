/** Places of the directory where agents keep what must outlive them, the same for all who look for it. */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

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

/** Some systems have no home or no name for a user. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
