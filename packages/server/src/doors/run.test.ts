/** Runs that tags tell of: which source they name, and what is left over. */
import { expect, it } from 'vitest';
import { addRun, type Runs, sourceOf, type Tag } from './run.ts';

const names = {
  product: ['product', 'service'],
  version: ['version'],
  session: ['session'],
  hostname: ['host'],
};

const id = '5E551000-0000-4000-8000-0000000000AB';

it.each<[string, Tag[], object, Tag[]]>([
  ['nothing', [], {}, []],
  ['the run by a UUID', [['session', id]], { session: id.toLowerCase() }, []],
  ['the run by another word', [['session', 'till-3#7']], { instance: 'till-3#7' }, []],
  [
    'all of it, and keep the rest',
    [
      ['service', 'shop'],
      ['version', '2'],
      ['host', 'till-3'],
      ['step', 'pay'],
    ],
    { product: 'shop', version: '2', hostname: 'till-3' },
    [['step', 'pay']],
  ],
  [
    'the most telling one, and leave the other a tag',
    [
      ['service', 'a'],
      ['product', 'b'],
    ],
    { product: 'b' },
    [['service', 'a']],
  ],
])('tags name %s', (_what, tags, source, rest) => {
  const found = sourceOf(tags, names, 'none');
  expect(found).toEqual({ source: { product: 'none', version: 'unknown', ...source }, rest });
});

it('what is said of one run is gathered in one place', () => {
  const runs: Runs = new Map();
  const source = { product: 'shop', version: '2', instance: 'a' };
  expect(addRun(runs, source)).toBe(addRun(runs, { ...source }));
  expect(addRun(runs, { ...source, instance: 'b' })).not.toBe(addRun(runs, source));
  expect(runs.size).toBe(2);
});
