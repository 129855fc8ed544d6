/** Series keys and tables. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import {
  type MetricType,
  metricTypes,
  overflowSeries,
  parseSeriesKey,
  type SeriesKey,
  SeriesTable,
  seriesKeyText,
} from './series.ts';

/** Few characters, so that different keys nearly look alike. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', ':', ',', '"', '\\', '[', '\u0000'), maxLength: 3 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom('__proto__', '\ud800'),
);
const anyKey: fc.Arbitrary<SeriesKey> = fc.record({
  name: text,
  type: fc.constantFrom(...metricTypes),
  unit: text,
  tags: fc.array(text, { maxLength: 4 }),
});

/** What identity means, said in the plainest way. */
function same(a: SeriesKey, b: SeriesKey): boolean {
  const tags = (key: SeriesKey) => new Set(key.tags);
  return (
    a.name === b.name &&
    a.type === b.type &&
    a.unit === b.unit &&
    tags(a).size === tags(b).size &&
    [...tags(a)].every((tag) => tags(b).has(tag))
  );
}

const indexOf = (table: SeriesTable, key: SeriesKey) =>
  table.index(key.name, key.type, key.unit, key.tags);

describe('seriesKeyText', () => {
  it('is equal exactly for the same series', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(seriesKeyText(a) === seriesKeyText(b)).toBe(same(a, b));
      }),
      { numRuns: 5000 },
    );
  });

  it('does not depend on the order of tags or on how often one is named', () => {
    const shuffled = anyKey.chain((key) =>
      fc.tuple(
        fc.constant(key),
        fc.shuffledSubarray([...key.tags, ...key.tags], { minLength: key.tags.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([key, tags]) => {
        expect(seriesKeyText({ ...key, tags })).toBe(seriesKeyText(key));
      }),
    );
  });

  it('is read back as the same series', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const read = parseSeriesKey(seriesKeyText(key));
        expect(same(read, key)).toBe(true);
        expect(seriesKeyText(read)).toBe(seriesKeyText(key));
      }),
    );
  });

  it.each(['', 'x', '{}', '[]', '["a","gauge"]', '["a","odd",""]', '["a","gauge","",1]', 'null'])(
    'refuses to read %j',
    (wrong) => {
      expect(() => parseSeriesKey(wrong)).toThrow(SyntaxError);
    },
  );
});

describe('SeriesTable', () => {
  it('gives the same series the same index, in order of first appearance, however it is asked', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 40 }), (keys) => {
        const table = new SeriesTable();
        const seen: SeriesKey[] = [];
        for (const key of [...keys, ...keys.toReversed(), ...keys]) {
          const known = seen.findIndex((other) => same(other, key));
          if (known < 0) seen.push(key);
          expect(indexOf(table, key)).toBe(known < 0 ? seen.length - 1 : known);
          const reversed = { ...key, tags: key.tags.toReversed() };
          expect(indexOf(table, reversed)).toBe(known < 0 ? seen.length - 1 : known);
        }
        expect(table.keys.length).toBe(seen.length);
        table.keys.forEach((key, i) => {
          expect(same(key, seen[i] as SeriesKey)).toBe(true);
        });
        expect(table.overflowed).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('goes on where an earlier table stopped', () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 20 }), anyKey, (keys, further) => {
        const earlier = new SeriesTable();
        for (const key of keys) indexOf(earlier, key);
        const table = new SeriesTable(earlier.keys);
        for (const key of keys) expect(indexOf(table, key)).toBe(indexOf(earlier, key));
        expect(indexOf(table, further)).toBe(indexOf(earlier, further));
      }),
    );
  });

  it('keeps the positions of the keys it starts with, also of one that comes twice', () => {
    const key: SeriesKey = { name: 'n', type: 'gauge', unit: '', tags: ['a'] };
    const table = new SeriesTable([key, { ...key, tags: ['a', 'a'] }, { ...key, tags: [] }]);
    expect(table.index('n', 'gauge', '', ['a'])).toBe(0);
    expect(table.index('n', 'gauge', '', ['a', 'a'])).toBe(0);
    expect(table.index('n', 'gauge', '', [])).toBe(2);
    expect(table.keys.length).toBe(3);
  });

  it('finds what it saw before without iterating over the tags to sort them', () => {
    const table = new SeriesTable();
    const tagsOf = (i: number) => [`endpoint:${i % 50}`, `method:${i % 3}`];
    const reversed = (i: number) => tagsOf(i).reverse();
    for (let i = 0; i < 150; i++) expect(table.index('n', 'gauge', '', tagsOf(i))).toBe(i);
    for (let i = 0; i < 150; i++) expect(table.index('n', 'gauge', '', reversed(i))).toBe(i);
    const unsortable = (tags: string[]) =>
      Object.assign(tags, {
        [Symbol.iterator]: () => {
          throw new Error('iterated');
        },
      });
    expect(() => table.index('n', 'gauge', '', unsortable(['new']))).toThrow('iterated');
    for (let i = 0; i < 150; i++) {
      expect(table.index('n', 'gauge', '', unsortable(tagsOf(i)))).toBe(i);
      expect(table.index('n', 'gauge', '', unsortable(reversed(i)))).toBe(i);
    }
  });

  it('keeps tags in the order first sent, each once', () => {
    const table = new SeriesTable();
    const tags = ['z', 'a', 'z'];
    table.index('n', 'gauge', '', tags);
    tags[0] = 'changed';
    table.index('n', 'gauge', '', ['a', 'z']);
    expect(table.keys).toEqual([{ name: 'n', type: 'gauge', unit: '', tags: ['z', 'a'] }]);
  });

  it('takes as many series as allowed and sends the next ones to the overflow series', () => {
    const table = new SeriesTable();
    const ask = (i: number, type: MetricType = 'gauge') => table.index('n', type, '', [`tag:${i}`]);
    const max = limits.seriesPerSessionMax;
    for (let i = 0; i < max; i++) expect(ask(i)).toBe(i);
    expect(table.overflowed).toBe(0);
    expect(ask(max)).toBe(max);
    expect(ask(0, 'counter')).toBe(max);
    expect(ask(max)).toBe(max);
    expect(table.overflowed).toBe(3);
    expect(table.keys.length).toBe(max + 1);
    expect(table.keys[max]).toEqual(overflowSeries);
    expect(ask(max - 1)).toBe(max - 1);
    const again = new SeriesTable(table.keys);
    expect(again.index('other', 'gauge', '', [])).toBe(max);
    expect(again.keys.length).toBe(max + 1);
  });

  it('finds a series also after more orders of its tags than it remembers', () => {
    const table = new SeriesTable();
    const tags = Array.from({ length: 9 }, (_, i) => `t${i}`);
    table.index('n', 'gauge', '', tags);
    const orders = limits.seriesPerSessionMax + 100;
    for (let i = 0; i < orders; i++) {
      expect(table.index('n', 'gauge', '', permutation(tags, i))).toBe(0);
    }
    expect(table.index('n', 'gauge', '', permutation(tags, orders - 1))).toBe(0);
    expect(table.keys.length).toBe(1);
  });
});

/** The n-th order of some items. */
function permutation(items: readonly string[], n: number): string[] {
  const left = [...items];
  const result: string[] = [];
  for (let rest = n; left.length > 0; ) {
    const at = rest % left.length;
    rest = Math.floor(rest / left.length);
    result.push(...left.splice(at, 1));
  }
  return result;
}
