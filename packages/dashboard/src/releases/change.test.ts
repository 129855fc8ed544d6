/** Changes as text: few digits, one unit, and arrows that say which way. */
import { describe, expect, it } from 'vitest';
import { type Comparison, chanceText, medians, perThousand, ratioText } from './change.ts';

function metric(base: number | 'Infinity', candidate: number): Comparison['metrics'][number] {
  return {
    ...{ name: 'memory_usage_mb', type: 'gauge', unit: '', ratio: 2, cliffs_delta: 1 },
    ...{ base: { sessions: 9, median: base }, candidate: { sessions: 9, median: candidate } },
    ...{ p_value: 0, q_value: 0, better: 'lower', verdict: 'worse' },
  };
}

describe('medians', () => {
  it('says the unit once where both share it', () => {
    expect(medians(metric(420, 860))).toEqual(['420', '860\u2009MiB']);
  });

  it('says both units where they differ, also of what is no number', () => {
    expect(medians(metric(820, 2048))).toEqual(['820\u2009MiB', '2\u2009GiB']);
    expect(medians({ ...metric('Infinity', 1), name: 'load' })[0]).toBe('∞');
  });
});

describe('ratioText', () => {
  it('is a factor from twice on, and a share below', () => {
    expect(ratioText(5.44)).toBe('×5.4');
    expect(ratioText(36.2)).toBe('×36');
    expect(ratioText(0.25)).toBe('÷4.0');
    expect(ratioText(1.62)).toBe('62 %');
    expect(ratioText(0.74)).toBe('26 %');
    expect(ratioText(1.034)).toBe('3.4 %');
  });
});

it('counts per thousand, and nothing of nothing', () => {
  expect(perThousand(0, 50)).toBe('0');
  expect(perThousand(1, 600)).toBe('1.7');
  expect(perThousand(30, 600)).toBe('50');
  expect(perThousand(0, 0)).toBe('—');
});

it('never says that a chance is zero', () => {
  expect(chanceText('p', 1e-9)).toBe('p < 0.001');
  expect(chanceText('q', 0.0312)).toBe('q = 0.031');
  expect(chanceText('q', 0.4)).toBe('q = 0.40');
});
