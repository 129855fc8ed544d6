/** Versions: an order that people agree with, total over any text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTexts } from './order.ts';
import { compareVersions } from './version.ts';

/** Each list in ascending order. */
const ordered: Record<string, string[]> = {
  'counts numbers': ['0', '0.9', '1.2', '1.9', '1.9.1', '1.10', '1.10.0.1', '2', '10.0'],
  'puts pre-releases before their release': [
    '1.9.9',
    '2.0.0-alpha',
    '2.0.0-alpha.1',
    '2.0.0-alpha.beta',
    '2.0.0-beta',
    '2.0.0-beta.2',
    '2.0.0-beta.11',
    '2.0.0-rc.1',
    '2.0.0',
  ],
  'takes shorter forms of pre-releases': ['1.0a1', '1.0b2', '1.0b10', '1.0rc1', '1.0', '1.0.1-rc'],
  'knows a pre-release by a number alone': ['1.0.0-0', '1.0.0-1', '1.0.0-1.1', '1.0.0-x', '1.0.0'],
  'puts what came later after the release': ['1.0', '1.0.post1', '1.0.1'],
  'knows what git describe says': ['2.0', '2.0-5-g1a2b3c4', '2.0-12-g0a2b3c4', '2.1-rc', '2.1'],
  'knows revisions of packages': ['2.0', '2.0-1', '2.0-2', '2.0-10', '2.0.1'],
  'tells builds apart': ['1.0-rc', '1.0', '1.0+5', '1.0+10', '1.0.1'],
  'takes a leading v': ['1.1', 'v1.2', '1.3'],
  'counts dates': ['2024.9.30', '2024.10.1', '2025.01.02', '2025.1.11'],
  'puts names before numbers': ['main', 'nightly-9', 'nightly-10', '0.1'],
  'counts digits beyond what a number holds': ['1.90071992547409930', '1.90071992547409931'],
};

describe('versions', () => {
  it.each(Object.entries(ordered))('%s', (_, versions) => {
    const mixed = [...versions].reverse();
    expect(mixed.sort(compareVersions)).toEqual(versions);
  });

  it('are in a total order, whatever the texts', () => {
    const version = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'019.-_+~ vVrcpost()[]gA\u0660é') }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...Object.values(ordered).flat()),
    );
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, b) === 0).toBe(a === b);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('texts', () => {
  it('are in the order of their bytes in UTF-8', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareTexts(a, b))).toBe(bytes);
      }),
    );
    expect(compareTexts('\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
  });
});
