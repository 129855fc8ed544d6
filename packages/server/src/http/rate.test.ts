/** Buckets of tokens: what they let through and how many of them there are. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RateLimit } from './rate.ts';

it('lets through at most burst plus rate times time, and never starves', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 300 }),
      (perSecond, gapsUs) => {
        let nowUs = 1e15;
        const limit = new RateLimit(perSecond, () => nowUs);
        let passed = 0;
        for (const gapUs of gapsUs) {
          nowUs += gapUs;
          const waitSeconds = limit.take('a');
          if (waitSeconds === 0) passed++;
          else {
            expect(waitSeconds).toBeLessThanOrEqual(1 / perSecond);
            nowUs += Math.ceil(waitSeconds * 1e6);
            expect(limit.take('a')).toBe(0);
            passed++;
          }
        }
        const seconds = (nowUs - 1e15) / 1e6;
        expect(passed).toBeLessThanOrEqual(perSecond * (1 + seconds) + 1);
      },
    ),
  );
});

it('keeps addresses apart, and forgets the oldest when there are too many', () => {
  const limit = new RateLimit(1, () => 0);
  expect(limit.take('a')).toBe(0);
  expect(limit.take('b')).toBe(0);
  expect(limit.take('a')).toBe(1);
  for (let i = 0; i < 10_000; i++) limit.take(`x${i}`);
  expect(limit.take('a')).toBe(0);
  expect(limit.take('x9999')).toBe(1);
});
