/** The opening sentence says what is proven, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { Comparison, Verdict } from './change.ts';
import { openingSentence, type SentenceFacts } from './sentence.ts';

function rate(base: number, candidate: number, verdict: Verdict): Comparison['crash_free_rate'] {
  const around = (value: number) => ({ value, low: value, high: value });
  return {
    ...{ base: around(base), candidate: around(candidate), difference: candidate - base },
    ...{ low: 0, high: 0, p_value: 0.01, verdict },
  };
}

function comparison(product: string, changes: Partial<Comparison> = {}): Comparison {
  const side = (version: string): NonNullable<Comparison['base']> => ({
    ...{ version, sessions: 1000, active: 0, suspended: 0, hung: 0 },
    ...{ healthy: 1000, errored: 0, abnormal: 0, crashed: 0 },
    ...{ crash_free_rate: null, hang_free_rate: null, first_seen: '', last_seen: '' },
  });
  return {
    ...{ product, base: side('2.3.9'), candidate: side('2.4.0') },
    ...{ crash_free_rate: rate(0.99, 0.99, 'same'), hang_free_rate: rate(1, 1, 'same') },
    ...{ causes: [], exceptions: { new: [], gone: [], changed: [] } },
    ...{ metrics: [], metrics_compared: 0, metrics_moved: 0 },
    ...{ sessions_sampled: { base: 0, candidate: 0 }, findings: [], worse: false },
    ...changes,
  };
}

function say(facts: Partial<SentenceFacts>): string {
  const products = (facts.comparisons ?? []).map(({ product }) => product);
  return openingSentence({
    ...{ range: '7 days', products, comparisons: [], unknown: 0, falls: [] },
    ...facts,
  })
    .map(({ text }) => text)
    .join('');
}

const dying = comparison('emberline', { crash_free_rate: rate(0.994, 0.964, 'worse') });

describe('openingSentence', () => {
  it('tells the worst regression as a ratio, and that the others are steady', () => {
    expect(say({ comparisons: [comparison('quill'), dying, comparison('rig')] })).toBe(
      'emberline 2.4.0 dies 6 times as often as 2.3.9. The other products are steady.',
    );
    expect(say({ comparisons: [dying, comparison('rig')] })).toMatch(/2\.3\.9\. rig is steady\.$/);
    expect(say({ comparisons: [dying] })).toMatch(/2\.3\.9\.$/);
  });

  it('has no ratio to what never happened', () => {
    const first = comparison('rig', { crash_free_rate: rate(1, 0.969, 'worse') });
    expect(say({ comparisons: [first] })).toBe(
      'rig 2.4.0 dies in 3.10 % of its runs, which 2.3.9 never did.',
    );
  });

  it('is silent about what is not proven', () => {
    const luck = comparison('rig', { crash_free_rate: rate(0.99, 0.9, 'same') });
    expect(say({ comparisons: [luck] })).toBe('Nothing got worse in 7 days.');
  });

  it('puts deaths before hangs and both before metrics, and counts the other losers', () => {
    const hanging = comparison('rig', { hang_free_rate: rate(0.9, 0.5, 'worse') });
    const slow = comparison('quill', {
      metrics: [
        {
          ...{ name: 'frame_time_ms', type: 'gauge', unit: '', ratio: 1.16, cliffs_delta: 0.9 },
          ...{ base: { sessions: 9, median: 1 }, candidate: { sessions: 9, median: 1.16 } },
          ...{ p_value: 0, q_value: 0, better: 'lower', verdict: 'worse' },
        },
      ],
    });
    expect(say({ comparisons: [slow, hanging, dying] })).toBe(
      'emberline 2.4.0 dies 6 times as often as 2.3.9. 2 other products got worse, too.',
    );
    expect(say({ comparisons: [slow, hanging] })).toBe(
      'rig 2.4.0 hangs 5 times as often as 2.3.9. quill got worse, too.',
    );
    expect(say({ comparisons: [slow] })).toBe(
      'quill 2.4.0 has frame_time_ms 16 % higher than 2.3.9.',
    );
  });

  it('claims nothing of products that it did not look at', () => {
    const many = { products: ['emberline', 'a', 'b'], unknown: 2 };
    expect(say({ comparisons: [dying], ...many })).toMatch(/2\.3\.9\.$/);
    expect(say({ comparisons: [comparison('emberline')], ...many })).toBe(
      'Nothing got worse in 7 days in 1 of 3 products.',
    );
  });

  it('tells of a fall against the range before where no version explains it', () => {
    const falls = [{ product: 'rig', before: 0.029, after: 0.042 }];
    expect(say({ comparisons: [comparison('rig')], falls })).toBe(
      'rig died in 4.20 % of its runs, 2.90 % in the 7 days before.',
    );
  });
});
