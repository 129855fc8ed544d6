/** Which of many series stand out. */
import { expect, test } from 'vitest';
import { departing, seriesAt } from './departing.ts';
import type { Drawn } from './points.ts';

test('those farthest from the median stand out, on either side; the silent ones do not', () => {
  const all = [10, 11, 12, 90, 13, -40, 30].map(
    (level, i) =>
      ({ key: String(i), t: [0, 10], avg: [0, level], gapMs: 50, endMs: 10 }) as unknown as Drawn,
  );
  all.push({ key: 'silent', t: [0], avg: [9_999], gapMs: 5, endMs: 0 } as unknown as Drawn);
  const found = departing(seriesAt(all, 12), 3);
  expect(found.map(({ value }) => value)).toEqual([90, -40, 30]);
});
