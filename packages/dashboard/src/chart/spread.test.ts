/** Proves that labels at the ends of lines stay readable. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spreadLabels } from './spread.ts';

describe('labels at the ends of lines', () => {
  it('stay where they are when there is room', () => {
    expect(spreadLabels([50, 10], 14, 0, 100)).toEqual([50, 10]);
  });

  it('make room for each other and stay inside', () => {
    expect(spreadLabels([95, 94, 10], 14, 7, 93)).toEqual([93, 79, 10]);
  });

  it('are apart, inside and in the order of their lines, where all fit', () => {
    const place = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 10 }), (wanted) => {
        const places = spreadLabels(wanted, 14, 0, 200);
        const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
        order.forEach((i, n) => {
          expect(places[i]).toBeGreaterThanOrEqual(-1e-6);
          expect(places[i]).toBeLessThanOrEqual(200 + 1e-6);
          if (n > 0) expect(places[i]! - places[order[n - 1]!]!).toBeGreaterThanOrEqual(14 - 1e-6);
        });
      }),
    );
  });
});
