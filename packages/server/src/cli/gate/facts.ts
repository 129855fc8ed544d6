/** What rules are judged by, asked of whoever answers: sessions by version, and values session by session. */
import { limits, type ReplyOf, routes } from '@tacho/protocol';
import type { Asker, Query } from '../ask.ts';
import { CommandError, type ExitName } from '../exit.ts';
import type { MetricFacts } from './judge.ts';
import type { MetricRule } from './rule.ts';

/** The two versions that are compared. */
export interface Versions {
  base: string;
  candidate: string;
}

/** Sessions of a version. */
export interface Sessions {
  sessions: number;
  crashed: number;
  hung: number;
}

/**
 * The product that is meant when none is named: the only one that has both versions, or else the only
 * one that has either. Rejects with CommandError when there is none, which ends with `exit`, or more
 * than one.
 */
export async function productOf(
  asker: Asker,
  filter: Query,
  { base, candidate, exit }: Versions & { exit: ExitName },
): Promise<string> {
  const query = { ...filter, version: [base, candidate], by: ['product', 'version'] };
  const reply = (await asker.json(routes.countSessions.path, query)) as unknown as Counts;
  const known = new Map<string, number>();
  for (const { by } of reply.groups) {
    if (typeof by.product === 'string') known.set(by.product, (known.get(by.product) ?? 0) + 1);
  }
  const both = [...known].filter(([, count]) => count === 2).map(([product]) => product);
  const products = both.length > 0 ? both : [...known.keys()];
  if (products.length === 1) return products[0]!;
  if (products.length === 0) {
    throw new CommandError(exit, `no session has the version ${base} or ${candidate}`);
  }
  const named = products.sort().slice(0, 10).join(', ');
  throw new CommandError(
    'missing',
    `several products have these versions, name one with --product: ${named}`,
  );
}

type Counts = ReplyOf<typeof routes.countSessions>;

/** How the sessions of both versions went. */
export async function sessionsOf(
  asker: Asker,
  filter: Query,
  { base, candidate }: Versions,
): Promise<{ base: Sessions; candidate: Sessions }> {
  const query = { ...filter, version: [base, candidate], by: ['version'] };
  const reply = (await asker.json(routes.countSessions.path, query)) as unknown as Counts;
  const side = (version: string): Sessions => {
    const group = reply.groups.find(({ by }) => by.version === version);
    return {
      sessions: group?.sessions ?? 0,
      crashed: group?.crashed ?? 0,
      hung: group?.hung ?? 0,
    };
  };
  return { base: side(base), candidate: side(candidate) };
}

/** The units that a metric was sent in; '' for none. */
export async function unitsOf(
  asker: Asker,
  filter: Query,
  { metric }: MetricRule,
  { base, candidate }: Versions,
): Promise<string[]> {
  const units = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: Query = cursor === null ? {} : { cursor };
    const query = { ...filter, version: [base, candidate], name: metric, limit: 1_000, ...page };
    const reply = await asker.json(routes.listMetrics.path, query);
    const { metrics, next } = reply as unknown as ReplyOf<typeof routes.listMetrics>;
    for (const { name, unit } of metrics) if (name === metric) units.add(unit);
    cursor = next;
  } while (cursor !== null);
  return [...units];
}

/**
 * The value of a rule's function in each session that has one. Rejects with CommandError when there
 * are more sessions than one answer lists, because those that it lists would not stand for all.
 */
export async function valuesOf(
  asker: Asker,
  filter: Query,
  { fn, metric, unit }: MetricRule,
  versions: Versions,
): Promise<MetricFacts> {
  const values = async (version: string): Promise<number[]> => {
    const query = { ...filter, version, metric, unit, fn, by: 'session', exact: true };
    const reply = await asker.json(routes.aggregate.path, query);
    const { groups, complete } = reply as unknown as ReplyOf<typeof routes.aggregate>;
    if (!complete) {
      throw new CommandError(
        'failed',
        `more than ${limits.groupsMax - 1} sessions of ${version} have ${metric}; take fewer with --from, --to or --state`,
      );
    }
    return groups.flatMap(({ results }) => {
      const value = results[fn];
      return value === null || value === undefined ? [] : [Number(value)];
    });
  };
  const { base, candidate } = versions;
  return { versions, base: await values(base), candidate: await values(candidate) };
}
