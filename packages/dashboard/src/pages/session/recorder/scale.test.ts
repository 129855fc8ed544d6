/** The axis of time as pixels. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cursorStepMs, firstAfter, msAt, pxOf, secondDigits, snapped, zoomed } from './scale.ts';

const scale = { fromMs: 1_000, toMs: 121_000, widthPx: 600 };

test('a pixel leads back to its instant', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000, max: 200_000 }), (atMs) => {
      expect(msAt(pxOf(atMs, scale), scale)).toBeCloseTo(atMs, 6);
    }),
  );
});

test('an arrow key moves by a round step of a few pixels', () => {
  expect(cursorStepMs(scale)).toBe(1_000);
  expect(cursorStepMs({ ...scale, toMs: 3_601_000 })).toBe(50_000);
  expect(cursorStepMs({ ...scale, toMs: 1_060 })).toBe(0.5);
});

test('what is under the pointer stays there when zooming', () => {
  const [fromMs, toMs] = zoomed(scale, 31_000, 0.5);
  expect(toMs - fromMs).toBe(60_000);
  expect(pxOf(31_000, { ...scale, fromMs, toMs })).toBeCloseTo(pxOf(31_000, scale));
  expect(zoomed(scale, 500_000, 2)[1]).toBe(121_000);
});

test('times have the digits that a pixel can tell apart', () => {
  expect(secondDigits(scale)).toBe(1);
  expect(secondDigits({ ...scale, toMs: 2_000 })).toBe(3);
  expect(secondDigits({ ...scale, toMs: 3_000_000 })).toBe(0);
});

test('the cursor snaps to what is within four pixels, to the nearer one', () => {
  expect(snapped(31_700, [10_000, 31_000, 33_000], scale)).toBe(31_000);
  expect(snapped(32_100, [10_000, 31_000, 32_800], scale)).toBe(32_800);
  expect(snapped(20_000, [10_000, 31_000], scale)).toBe(20_000);
  expect(snapped(20_000, [], scale)).toBe(20_000);
});

test('the first later time is found', () => {
  expect(firstAfter([1, 2, 2, 5], 2)).toBe(3);
  expect(firstAfter([1, 2], 0)).toBe(0);
  expect(firstAfter([1, 2], 9)).toBe(2);
});
