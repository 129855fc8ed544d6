/** The state as a tree: what changed is in sight and marked, everything else can be found. */
import type { JsonObject } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeCount, changedRows, edgesOf, rowsWithin, textOf, treeRows } from './tree.ts';

const before: JsonObject = {
  gpu: { name: 'RTX 3070', vram_used: 5.8 },
  loader: { asset: 'citadel/wall_03.ktx2', pending: 43 },
  save_slot: 'autosave_3',
};

const after: JsonObject = {
  gpu: { name: 'RTX 3070', vram_used: 7.4 },
  loader: { asset: 'citadel/gate_hero.mesh', pending: 43, retry: { max: 3 } },
};

/** A state of so many branches that they are not all shown open. */
function large(): JsonObject {
  const state: JsonObject = {};
  for (let i = 0; i < 100; i++) {
    const branch: JsonObject = {};
    for (let k = 0; k < 50; k++) branch[`cell_${k}`] = k;
    state[`chunk_${i}`] = branch;
  }
  return state;
}

function shown(rows: ReturnType<typeof treeRows>): string[] {
  return rows.map(({ mark = ' ', depth, name, fold }) => {
    const sign = fold === undefined ? '' : fold === 'open' ? ' v' : ' >';
    return `${mark}${'  '.repeat(depth)} ${name}${sign}`;
  });
}

describe('the rows of a tree', () => {
  test('mark what was added, removed and changed, in the order of names', () => {
    expect(shown(treeRows({ from: before, to: after }))).toEqual([
      '  gpu v',
      '    name',
      '~   vram_used',
      '  loader v',
      '~   asset',
      '    pending',
      '+   retry >',
      '− save_slot',
    ]);
  });

  test('of a large state show only branches with changes open', () => {
    const state = large();
    const changed = { ...state, chunk_7: { ...(state.chunk_7 as JsonObject), cell_3: 'new' } };
    const rows = treeRows({ from: state, to: changed });
    expect(rows).toHaveLength(150);
    expect(rows.filter(({ fold }) => fold === 'open').map(({ name }) => name)).toEqual(['chunk_7']);
    expect(rows.find(({ name }) => name === 'chunk_7')?.changesInside).toBe(1);
  });

  test('follow what somebody opened and closed', () => {
    const folds = new Map([
      ['["gpu"]', false],
      ['["loader","retry"]', true],
    ]);
    const names = treeRows({ from: before, to: after, folds }).map(({ path }) => path);
    expect(names).not.toContain('gpu.name');
    expect(names).toContain('loader.retry.max');
  });

  test('under a filter are those whose path or value holds it, with what they lie in', () => {
    const names = (filter: string) => treeRows({ to: after, filter }).map(({ path }) => path);
    expect(names('VRAM')).toEqual(['gpu', 'gpu.vram_used']);
    expect(names('hero')).toEqual(['loader', 'loader.asset']);
    expect(names('nothing like it')).toEqual([]);
  });

  test('keep names with dots apart', () => {
    const rows = treeRows({ to: { 'a.b': 1, a: { b: 2 } } });
    expect(new Set(rows.map(({ key }) => key)).size).toBe(3);
  });
});

test('all changes and nothing else are listed where there is no room for the tree', () => {
  const rows = changedRows(before, after);
  expect(rows.map(({ path }) => path).sort()).toEqual([
    ...['gpu.vram_used', 'loader.asset', 'loader.retry', 'save_slot'],
  ]);
  expect(rows.map(({ name }) => name)).toContain('loader.retry');
  expect(changeCount(before, after)).toBe(4);
  expect(changedRows(undefined, after)).toEqual([]);
});

test('a value is text of bounded length, whatever it holds', () => {
  expect(textOf([1192.2, 88.2, -309])).toBe('[1192.2, 88.2, -309]');
  expect(textOf({ max: 3 })).toBe('{ max: 3 }');
  expect(textOf('<b>')).toBe('"<b>"');
  fc.assert(fc.property(fc.jsonValue(), (value) => textOf(value as never).length <= 401));
  expect(textOf(Array.from({ length: 1e5 }, () => 'x'.repeat(50))).length).toBe(401);
});

test('a window shows every row that reaches into it, and no other', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.nat(1_500),
      fc.integer({ min: 1, max: 600 }),
      (tall, top, height) => {
        const rows = treeRows({
          from: Object.fromEntries(tall.map((is, i) => [`k${i}`, is ? 'a'.repeat(30) : i])),
          to: Object.fromEntries(tall.map((is, i) => [`k${i}`, is ? 'b'.repeat(30) : i])),
        });
        const edges = edgesOf(rows);
        const [first, end] = rowsWithin(edges, top, top + height);
        const expected = rows
          .map((_, i) => i)
          .filter((i) => (edges[i + 1] as number) > top && (edges[i] as number) < top + height);
        expect(Array.from({ length: end - first }, (_, i) => first + i)).toEqual(expected);
      },
    ),
  );
});
