/** Progress and sizes, as people see them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, openProgress } from './progress.ts';

describe('progress', () => {
  it('is silent where nobody watches', () => {
    const written: string[] = [];
    const progress = openProgress('copying', { write: (text) => written.push(text) });
    progress.show(1, 2);
    progress.clear();
    expect(written).toEqual([]);
  });

  it('shows at most ten lines a second, and always the last one', () => {
    let nowMs = 0;
    const written: string[] = [];
    const stream = { isTTY: true, write: (text: string) => written.push(text) };
    const progress = openProgress('copying', stream, () => nowMs);
    for (let done = 0; done <= 1000; done++) {
      progress.show(done, 1000);
      nowMs += 1;
    }
    expect(written.length).toBeLessThanOrEqual(12);
    expect(written.at(-1)).toMatch(/copying █+ 100 %$/);
    progress.clear();
    expect(written.at(-1)).toBe('\r\u001b[K');
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.00 kB'],
    [999_499, '999 kB'],
    [999_950, '1.00 MB'],
    [12_345_678, '12.3 MB'],
    [5e12, '5.00 TB'],
  ])('of %d bytes reads %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('is within half a percent of the truth', () => {
    const powers: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9e14 }), (bytes) => {
        const [value, unit] = formatBytes(bytes).split(' ') as [string, string];
        const read = Number(value) * (powers[unit] as number);
        expect(Math.abs(read - bytes) / bytes).toBeLessThanOrEqual(0.005);
      }),
    );
  });
});
