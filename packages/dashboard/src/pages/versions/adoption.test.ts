/** Every session of a step belongs to one band, and the newest version always has one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adoptionOf, others } from './adoption.ts';

const hour = 3_600_000;
const fromMs = Date.UTC(2026, 2, 1);
const span = { fromMs, toMs: fromMs + 10 * hour, everyMs: hour };

function release(version: string, counts: readonly number[]) {
  return {
    version,
    sessions: counts.reduce((all, count) => all + count, 0),
    adoption_over_time: counts.flatMap((sessions, i) =>
      sessions === 0
        ? []
        : [{ from: new Date(fromMs + i * hour).toISOString(), sessions, share: 0 }],
    ),
  };
}

it('shares each step among bands, whatever ran', () => {
  const counts = fc.array(fc.nat(50), { maxLength: 10 });
  fc.assert(
    fc.property(fc.array(counts, { maxLength: 9 }), (all) => {
      const releases = all.map((each, i) => release(`v${i}`, each));
      const { bands, steps } = adoptionOf(releases, span);
      expect(bands.length).toBeLessThanOrEqual(6);
      for (const [i, step] of steps.entries()) {
        expect(step.sessions).toBe(all.reduce((sum, each) => sum + (each[i] ?? 0), 0));
        const sum = step.shares.reduce((whole, share) => whole + share, 0);
        expect(sum).toBeCloseTo(step.sessions > 0 ? 1 : 0);
      }
    }),
  );
});

it('gives the newest version a band at the top, however few run it, and puts the rest together', () => {
  const old = Array.from({ length: 7 }, (_, i) => release(`1.${9 - i}`, [100 - i]));
  const { bands, steps } = adoptionOf([release('2.0', [0, 1]), ...old], span);
  expect(bands).toEqual([others, '1.6', '1.7', '1.8', '1.9', '2.0']);
  expect(steps[1]?.shares).toEqual([0, 0, 0, 0, 0, 1]);
});

it('leaves out what began before the first step', () => {
  const late = { ...release('1', [3]), sessions: 3 };
  expect(adoptionOf([late], { ...span, fromMs: fromMs + hour }).steps[0]?.sessions).toBe(0);
});
