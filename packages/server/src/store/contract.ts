/** The suite that every engine passes: what a Store promises, case by case and by random histories. */
import { describe } from 'vitest';
import { aggregateCases } from './contract/aggregate.ts';
import { causeCases } from './contract/causes.ts';
import { entryCases } from './contract/entries.ts';
import { findingCases } from './contract/finding.ts';
import type { OpenStore } from './contract/harness.ts';
import { historyCases } from './contract/histories.ts';
import { historyQuestionCases } from './contract/history.ts';
import { lifecycleCases } from './contract/lifecycle.ts';
import { loadCases } from './contract/load.ts';
import { onceCases } from './contract/once.ts';
import { questionCases } from './contract/questions.ts';
import { replayCases } from './contract/replay.ts';
import { retentionCases } from './contract/retention.ts';
import { returnedCases } from './contract/returned.ts';
import { sampleCases } from './contract/samples.ts';
import { searchCases } from './contract/search.ts';
import { seriesCases } from './contract/series.ts';
import { sessionCases } from './contract/sessions.ts';
import { storageCases } from './contract/storage.ts';
import { tokenCases } from './contract/tokens.ts';
import { toldCases } from './contract/told.ts';

/**
 * Declares the suite for one engine. `open` must give an empty store each time it is called; the
 * suite closes it. Engines that can be opened again are compared before and after. Everything that
 * packs samples is run a second time with `tight` limits, unless the engine packs none.
 */
export function describeStoreContract(
  name: string,
  open: OpenStore,
  { rounds, packs = true }: { rounds: number; packs?: boolean },
): void {
  const openTight: OpenStore = (options) => open({ ...options, tight: true });
  describe(`${name} keeps the contract of a store`, () => {
    describe('sessions', () => sessionCases(open));
    describe('finding', () => findingCases(open));
    describe('lifecycle', () => lifecycleCases(open));
    describe('causes', () => causeCases(open));
    describe('returned machines', () => returnedCases(open));
    describe('retention', () => retentionCases(open));
    if (packs) describe('retention, with tight limits', () => retentionCases(openTight));
    describe('samples', () => sampleCases(open));
    if (packs) describe('samples, with tight limits', () => sampleCases(openTight));
    describe('events and patches', () => entryCases(open));
    describe('batches that count once', () => onceCases(open));
    describe('replays', () => replayCases(open));
    describe('tokens', () => tokenCases(open));
    describe('what a store tells', () => toldCases(open));
    describe('load', () => loadCases(open));
    if (packs) describe('load, with tight limits', () => loadCases(openTight));
    describe('series', () => seriesCases(open, rounds));
    describe('aggregates', () => aggregateCases(open, rounds));
    describe('histories', () => historyCases(open, rounds));
    describe('search', () => searchCases(open, Math.ceil(rounds / 10)));
    describe('the space taken up', () => storageCases(open));
    describe('questions about many sessions', () => questionCases(open, rounds));
    describe('the history of one session', () => historyQuestionCases(open, rounds));
  });
}
