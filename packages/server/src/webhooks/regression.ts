/** Findings of versions: what the newest version of a product is worse in than the one before. */
import { limits } from '@tacho/protocol';
import { compareReleases } from '../query/comparison.ts';
import { sampledMeans } from '../query/metric-means.ts';
import { releasesOf } from '../query/release.ts';
import type { GroupKey, Store } from '../store/store.ts';
import { busyProducts, type Look } from './findings.ts';
import type { Finding } from './notice.ts';

/** Sessions of each version whose metrics are compared. */
const sessionsMax = 200;

/** What is proven to be worse, by the same comparison as `GET /api/releases/compare`. */
export async function regressions(look: Look): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const product of await busyProducts(look)) {
    found.push(...(await regressionsOf(look.store, product, look.nowUs)));
  }
  return found;
}

async function regressionsOf(store: Store, product: string, nowUs: number): Promise<Finding[]> {
  const by: GroupKey[] = [{ by: 'product' }, { by: 'version' }];
  const all = await store.groups({ filter: { products: [product] }, by, nowUs });
  const [newest, before] = releasesOf(all);
  if (newest === undefined || before === undefined) return [];
  const [base, candidate] = [before.version, newest.version];
  const filter = { products: [product], versions: [base, candidate] };
  const meansOf = (version: string) =>
    sampledMeans(store, { filter: { ...filter, versions: [version] }, sessionsMax, nowUs });
  const [causes, { rows: exceptions }, baseMeans, candidateMeans] = await Promise.all([
    store.groups({ filter, by: [...by, { by: 'cause' }], nowUs }),
    store.exceptions({
      ...{ filter, sort: 'sessions', descending: true, limit: limits.pageRowsMax, nowUs },
    }),
    meansOf(base),
    meansOf(candidate),
  ]);
  const { findings } = compareReleases({
    ...{ product, base, candidate, groups: all, causes, exceptions },
    ...{ baseMeans: baseMeans.metrics, candidateMeans: candidateMeans.metrics },
  });
  const query = new URLSearchParams({ product, base, candidate });
  return findings
    .filter(({ verdict }) => verdict === 'worse')
    .map(({ sentence }) => ({
      key: `regression:${JSON.stringify([product, base, candidate, subjectOf(sentence)])}`,
      type: 'release.regressed',
      summary: `${product} ${candidate} is worse than ${base}: ${sentence}`,
      data: {
        ...{ product, version: candidate, base, candidate, sentence },
        path: `/api/releases/compare?${query}`,
      },
    }));
}

/** What a sentence is about: the numbers after it change with every session, and are no news. */
function subjectOf(sentence: string): string {
  return sentence.split(/ (?:rose|fell|in (?:over |under )?\d)/)[0]!;
}
