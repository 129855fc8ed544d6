/** Releases: health and adoption folded from groups, whatever the counts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionGroup } from '../store/store.ts';
import {
  adoptionSteps,
  causeCounts,
  foldedGroups,
  releaseKey,
  releasesOf,
  withoutVersions,
} from './release.ts';

/** A group of sessions, the rest of which are healthy. */
function group(
  values: SessionGroup['values'],
  sessions: number,
  more: { crashed?: number; hung?: number; firstUs?: number } = {},
): SessionGroup {
  const { crashed = 0, hung = 0, firstUs = 0 } = more;
  const outcomes = { healthy: sessions - crashed, errored: 0, abnormal: 0, crashed };
  return {
    ...{ values, sessions, active: 0, suspended: 0, hung, outcomes, errors: 0 },
    ...{ firstUs, lastUs: firstUs + 1 },
  };
}

describe('releases', () => {
  it('are the newest first, each with its share of the product and how sure its rates are', () => {
    const found = releasesOf([
      group(['P', '1.9'], 263, { crashed: 263 - 81, firstUs: 1 }),
      group(['P', '1.10'], 20, { crashed: 20, hung: 5, firstUs: 2 }),
      group(['Q', '0.1'], 1, { firstUs: 2 }),
    ]);
    expect(found.map(({ product, version }) => [product, version])).toEqual([
      ['P', '1.10'],
      ['Q', '0.1'],
      ['P', '1.9'],
    ]);
    const [newest, other, oldest] = found;
    expect(newest).toMatchObject({ adoption: 20 / 283, hangFree: { value: 0.75 } });
    expect(newest?.crashFree?.value).toBe(0);
    expect(newest?.crashFree?.low).toBe(0);
    expect(newest?.crashFree?.high).toBeCloseTo(0.1611, 4);
    expect(other).toMatchObject({ adoption: 1, crashFree: { value: 1, high: 1 } });
    expect(oldest?.crashFree?.low).toBeCloseTo(0.2553, 4);
    expect(releasesOf([])).toEqual([]);
  });

  it('share out each product wholly, and never give NaN', () => {
    const groups = fc.uniqueArray(
      fc
        .tuple(
          fc.constantFrom('P', 'Q'),
          fc.constantFrom('1', '2', '10'),
          fc.integer({ min: 1, max: 9 }),
          fc.nat(9),
        )
        .map(([product, version, sessions, bad]) =>
          group([product, version], sessions, {
            crashed: Math.min(bad, sessions),
            hung: Math.min(bad, sessions),
          }),
        ),
      { selector: ({ values }) => JSON.stringify(values), minLength: 1 },
    );
    fc.assert(
      fc.property(groups, (all) => {
        const found = releasesOf(all);
        for (const product of new Set(found.map((release) => release.product))) {
          const shares = found.filter((release) => release.product === product);
          expect(shares.reduce((sum, { adoption }) => sum + adoption, 0)).toBeCloseTo(1, 9);
        }
        expect(JSON.stringify(found)).not.toContain('null');
      }),
    );
  });

  it('have their share step by step', () => {
    const steps = adoptionSteps([
      group(['P', '2', 20], 3),
      group(['P', '1', 20], 1),
      group(['P', '1', 10], 5),
      group(['Q', '1', 10], 7),
    ]);
    expect(steps.get(releaseKey('P', '1'))).toEqual([
      { fromUs: 10, sessions: 5, share: 1 },
      { fromUs: 20, sessions: 1, share: 0.25 },
    ]);
    expect(steps.get(releaseKey('Q', '1'))).toEqual([{ fromUs: 10, sessions: 7, share: 1 }]);
  });

  it('name bad endings only', () => {
    const causes = causeCounts([
      group(['P', '1', 'ended'], 9),
      group(['P', '1', null], 8),
      group(['P', '1', 'lost'], 1),
      group(['P', '1', 'uncaught'], 2),
    ]);
    expect(causes.get(releaseKey('P', '1'))).toEqual([
      { kind: 'uncaught', sessions: 2 },
      { kind: 'lost', sessions: 1 },
    ]);
  });

  it('are put together from groups that are finer', () => {
    const finer = [
      group(['P', '1', 'lost'], 2, { crashed: 1, hung: 1, firstUs: 5 }),
      group(['P', '2', null], 4, { firstUs: 1 }),
      group(['P', '1', null], 3, { crashed: 1, hung: 2, firstUs: 9 }),
    ];
    expect(foldedGroups(finer, 2)).toEqual([
      { ...group(['P', '1'], 5, { crashed: 2, hung: 3, firstUs: 5 }), lastUs: 10 },
      group(['P', '2'], 4, { firstUs: 1 }),
    ]);
  });

  it('are a share of all versions although only some are asked for', () => {
    expect(withoutVersions({ versions: ['1'], products: ['P'] })).toEqual({ products: ['P'] });
  });
});
