/** Endpoints about releases: how healthy each version is, and what differs between two of them. */
import { filterParams } from '../filter.ts';
import { limits } from '../limits.ts';
import { durationParam, preset, required, textParam, wholeParam } from '../params.ts';
import { comparisonReply, releasesReply } from '../schema/release.ts';
import { answer, questionErrors, type Route } from './route.ts';

const { product: _product, version: _version, ...otherFilters } = filterParams;

/** The endpoints by name. */
export const releaseRoutes = {
  listReleases: {
    method: 'GET',
    path: '/api/releases',
    summary: 'Health and adoption of every version of every product',
    scope: 'read',
    example: 'product=shop&from=-7d',
    query: {
      ...filterParams,
      every: durationParam('Adds the adoption over time, in steps of this width'),
      limit: preset(wholeParam(1, limits.pageRowsMax, 'Most releases'), 100),
    },
    reply: answer(releasesReply),
    errors: [...questionErrors],
  },
  compareReleases: {
    method: 'GET',
    path: '/api/releases/compare',
    summary: 'What changed from one version to another: rates, causes, exceptions and metrics',
    scope: 'read',
    example: 'product=shop&base=1.4.0&candidate=1.5.0',
    query: {
      product: required(textParam('Product', limits.productLengthMax)),
      base: required(textParam('Version to compare with', limits.versionLengthMax)),
      candidate: required(textParam('Version that is judged', limits.versionLengthMax)),
      ...otherFilters,
      sessions: preset(
        wholeParam(1, 10_000, 'Newest sessions of either version whose metrics are looked at'),
        1_000,
      ),
      limit: preset(wholeParam(1, limits.pageRowsMax, 'Most metrics and exceptions'), 50),
    },
    reply: answer(comparisonReply),
    errors: [...questionErrors],
  },
} as const satisfies Record<string, Route>;
