/** What the session columns stand on: the first of many, the order of texts, activity in bounded space. */
import { compareVersions } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Density } from './density.ts';
import { Dictionary } from './dictionary.ts';
import { Top } from './top.ts';

describe('the first of many', () => {
  it('are those that sorting would put first, in whatever order they come', () => {
    const order = fc.constantFrom('rising', 'falling', 'mixed');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 7 }),
        order,
        (limit, keys, order) => {
          const rows = Array.from({ length: 9_000 }, (_, no) => ({
            key: (no * 7_919) % (keys * 997),
            no,
          }));
          if (order !== 'mixed') rows.sort((a, b) => a.key - b.key || a.no - b.no);
          if (order === 'falling') rows.reverse();
          const top = new Top(limit);
          for (const { key, no } of rows) top.add(key, no);
          rows.sort((a, b) => a.key - b.key || a.no - b.no);
          expect(top.rows()).toEqual(rows.slice(0, limit));
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a dictionary', () => {
  it('ranks texts as comparing them does, those it has and those it has not', () => {
    const texts = fc.constantFrom('', '1.9', '1.10', '1.10-rc', '2', 'main', '1.9.0', '10');
    fc.assert(
      fc.property(
        fc.array(fc.array(texts, { maxLength: 4 }), { maxLength: 5 }),
        texts,
        (rounds, asked) => {
          const dictionary = new Dictionary(compareVersions);
          for (const round of rounds) {
            for (const text of round) dictionary.codeOf(text);
            const ranks = dictionary.ranks();
            for (const text of dictionary.texts.slice(1)) {
              const rank = ranks[dictionary.find(text)!]!;
              expect(Math.sign(rank - dictionary.rankOf(asked))).toBe(
                Math.sign(compareVersions(text, asked)),
              );
            }
          }
        },
      ),
    );
  });
});

describe('a density', () => {
  it('counts every event, near where it was', () => {
    const event = fc.record({
      agoUs: fc.integer({ min: -1_000, max: 3_600_000_000 }),
      isError: fc.boolean(),
      isHang: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 200 }), (events) => {
        const fromUs = 1_700_000_000_000_000;
        const density = Density.begin(fromUs);
        for (const { agoUs, isError, isHang } of events) {
          density.add(fromUs + agoUs, isError, isHang);
        }
        const bins = [...Density.read(density.bytes)!];
        const sum = (of: (bin: (typeof bins)[number]) => number) =>
          bins.reduce((all, bin) => all + of(bin), 0);
        expect(sum((bin) => bin.events)).toBe(events.length);
        expect(sum((bin) => bin.errors)).toBe(events.filter(({ isError }) => isError).length);
        expect(sum((bin) => bin.hangs)).toBe(events.filter(({ isHang }) => isHang).length);
        const spanUs = Math.max(524_288, ...events.map(({ agoUs }) => agoUs));
        for (const { agoUs } of events) {
          const near = bins.some(
            (bin) => Math.abs(bin.atUs - fromUs - agoUs) <= spanUs / 256 + 1_000,
          );
          expect(near).toBe(true);
        }
      }),
    );
  });
});
