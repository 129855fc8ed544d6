/** The order of a product's versions: newest first, by number where all have one, else by when they came. */
import { compareVersions } from '@tacho/protocol';

/** What the order looks at. */
export interface Versioned {
  version: string;
  first_seen: string;
}

/** Sessions from which on a version is worth being compared with. */
const baseSessionsMin = 20;

/** `1.2`, `v3`, `2024.10.1-rc1`: but no hash of a commit, which may begin with a digit as well. */
const numbered = /^v?\d+([.\-+_ ]|$)/;

/**
 * Newest first. A fix of an old line that came later is not newer, so numbers decide; names of
 * builds and hashes have no order but that in which they were first seen.
 */
export function newestFirst<T extends Versioned>(releases: readonly T[]): T[] {
  const hasNumbers = releases.every(({ version }) => numbered.test(version));
  return [...releases].sort((a, b) =>
    hasNumbers
      ? compareVersions(b.version, a.version)
      : Date.parse(b.first_seen) - Date.parse(a.first_seen) ||
        compareVersions(b.version, a.version),
  );
}

/**
 * The version that another one is judged by: the next older one with enough sessions to tell, else
 * the next older one. `releases` are newest first.
 */
export function versionBefore<T extends Versioned & { sessions: number }>(
  releases: readonly T[],
  version: string,
): T | undefined {
  const at = releases.findIndex((release) => release.version === version);
  if (at < 0) return undefined;
  const older = releases.slice(at + 1);
  return older.find(({ sessions }) => sessions >= baseSessionsMin) ?? older[0];
}
