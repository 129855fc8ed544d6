/** Directions: whether less of a metric is better or more of it, where its name leaves no doubt. */
import { splitUnit, unitOf, wordsOf } from './unit.ts';

/** Which way a metric gets better. */
export type Direction = 'lower' | 'higher';

/** Words of which less is better. */
const lowerWords = wordSet(`
  latency latencies duration delay delays lag jitter ping rtt pause pauses stall stalls stutter stutters
  error errors failure failures failed exception exceptions crash crashes hang hangs timeout timeouts
  retry retries dropped drops lost loss miss misses missed leak leaks overruns underruns
  backlog queued waiting blocked fragmentation
`);

/** What is used up: less is better, unless it is said that it is free. */
const usedWords = wordSet('memory heap rss swap cpu');

/** Words of which more is better. */
const higherWords = wordSet(`
  fps framerate throughput availability uptime free available success successes successful accuracy
`);

/** A duration of one of these is better when it is shorter; of others, nobody can say. */
const timedWords = wordSet(`
  response request query load loading frame startup start boot render rendering processing update tick
  build compile gc collection pause wait seek connect connection roundtrip trip parse save script io
`);

/** What stands in front of a rate or ratio of which more is better. */
const ratedWords = wordSet('frame hit');

/**
 * The direction in which a metric gets better; undefined where its words do not say, or say both
 * (`error_free_sessions`). `response_time_ms`, `memory_mb` and `errors` are better lower, `fps`,
 * `memory_free_mb` and `cache_hit_ratio` higher; of `players_online` nobody can say.
 */
export function directionOf(name: string, unit = ''): Direction | undefined {
  const words = wordsOf(name);
  const [last = '', before = ''] = [...splitUnit(name).words].reverse();
  if (last === 'time' && unitOf(name, unit)?.dimension === 'time') {
    return timedWords.has(before) ? 'lower' : undefined;
  }
  const isRated = words.some((word, i) => isRate(word) && ratedWords.has(words[i - 1] ?? ''));
  if (isRated || words.some((word) => higherWords.has(word))) {
    return words.some((word) => lowerWords.has(word)) ? undefined : 'higher';
  }
  return words.some((word) => lowerWords.has(word) || usedWords.has(word)) ? 'lower' : undefined;
}

function isRate(word: string): boolean {
  return word === 'rate' || word === 'ratio';
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/));
}
