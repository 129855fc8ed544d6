/** Runs that labels or tags tell of, as several dialects have them: which source, and what is left over. */
import { limits, requiredText } from '@tacho/protocol';
import type { DoorFact, DoorMetric, Said } from './door.ts';
import { runOfId, type Source, unknownVersion } from './source.ts';

/** Names of the tags that say which run it was, by what they say, the most telling first. */
export interface RunTags {
  product: readonly string[];
  version: readonly string[];
  /** Ids of sessions (UUIDs); anything else in them is the identity of the run. */
  session: readonly string[];
  hostname: readonly string[];
}

/** A tag and what it says. */
export type Tag = readonly [string, string];

/** What was said of each run, while a request is read. */
export type Runs = Map<string, Said & { metrics: DoorMetric[]; facts: DoorFact[] }>;

/**
 * The source that tags name, and the tags that say something else; `product` stands for one that is
 * not named. Throws `invalid_field` for texts that are too long.
 */
export function sourceOf(
  tags: readonly Tag[],
  names: RunTags,
  product: string,
): { source: Source; rest: Tag[] } {
  const used = new Set<string>();
  const take = (wanted: readonly string[], max: number): string | undefined => {
    for (const name of wanted) {
      const found = tags.find(([key]) => key === name)?.[1];
      if (found === undefined || found === '') continue;
      used.add(name);
      return requiredText(found, name, max);
    }
    return undefined;
  };
  const source: Source = {
    product: take(names.product, limits.productLengthMax) ?? product,
    version: take(names.version, limits.versionLengthMax) ?? unknownVersion,
  };
  const hostname = take(names.hostname, limits.hostnameLengthMax);
  if (hostname !== undefined) source.hostname = hostname;
  const session = take(names.session, limits.productLengthMax);
  if (session !== undefined) Object.assign(source, runOfId(session));
  return { source, rest: tags.filter(([key]) => !used.has(key)) };
}

/** The place where things said of a source are gathered. */
export function addRun(runs: Runs, source: Source): { metrics: DoorMetric[]; facts: DoorFact[] } {
  const { product, version, hostname = '', session = '', instance = '' } = source;
  const key = JSON.stringify([product, version, hostname, session, instance]);
  const known = runs.get(key);
  if (known !== undefined) return known;
  const run = { source, metrics: [], facts: [] };
  runs.set(key, run);
  return run;
}
