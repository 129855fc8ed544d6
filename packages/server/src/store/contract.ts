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
import { webhookCases } from './contract/webhooks.ts';

/** How much of the suite is run, and how often its random parts are. */
export interface SuiteOptions {
  /** Random histories of each kind. */
  rounds: number;
  /** Whether the engine packs samples; true by default. */
  packs?: boolean;
  /** One of several parts, so that files can run at the same time; all of them by default. */
  part?: { index: number; of: number };
}

/**
 * Declares the suite for one engine. `open` must give an empty store each time it is called; the
 * suite closes it. Engines that can be opened again are compared before and after. Everything that
 * packs samples is run a second time with `tight` limits, unless the engine packs none.
 */
export function describeStoreContract(
  name: string,
  open: OpenStore,
  { rounds, packs = true, part = { index: 0, of: 1 } }: SuiteOptions,
): void {
  const openTight: OpenStore = (options) => open({ ...options, tight: true });
  const tight: [string, () => void][] = [
    ['retention, with tight limits', () => retentionCases(openTight)],
    ['samples, with tight limits', () => sampleCases(openTight)],
    ['load, with tight limits', () => loadCases(openTight)],
  ];
  const groups: [string, () => void][] = [
    ['sessions', () => sessionCases(open)],
    ['finding', () => findingCases(open)],
    ['lifecycle', () => lifecycleCases(open)],
    ['causes', () => causeCases(open)],
    ['returned machines', () => returnedCases(open)],
    ['retention', () => retentionCases(open)],
    ['samples', () => sampleCases(open)],
    ['events and patches', () => entryCases(open)],
    ['batches that count once', () => onceCases(open)],
    ['replays', () => replayCases(open)],
    ['tokens', () => tokenCases(open)],
    ['webhooks', () => webhookCases(open)],
    ['what a store tells', () => toldCases(open)],
    ['load', () => loadCases(open)],
    ['series', () => seriesCases(open, rounds)],
    ['aggregates', () => aggregateCases(open, rounds)],
    ['histories', () => historyCases(open, rounds)],
    ['search', () => searchCases(open, Math.ceil(rounds / 10))],
    ['the space taken up', () => storageCases(open)],
    ['questions about many sessions', () => questionCases(open, rounds)],
    ['the history of one session', () => historyQuestionCases(open, rounds)],
    ...(packs ? tight : []),
  ];
  describe(`${name} keeps the contract of a store`, () => {
    for (const [i, [group, cases]] of groups.entries()) {
      if (i % part.of === part.index) describe(group, cases);
    }
  });
}
