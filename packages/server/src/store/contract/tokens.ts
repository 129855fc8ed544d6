/** Contract: tokens are kept as they were given until they are removed. */
import { expect, it } from 'vitest';
import type { TokenRow } from '../store.ts';
import { type OpenStore, startUs, withStore } from './harness.ts';

/** Cases about tokens. */
export function tokenCases(open: OpenStore): void {
  it(
    'tokens come back as they were added, in order of creation',
    withStore(open, async (bench) => {
      expect(await bench.store.tokens()).toEqual([]);
      for (const row of rows) await bench.store.addToken(row);
      await bench.holds(async () => {
        const [b, c, a] = rows;
        expect(await bench.store.tokens()).toEqual([a, c, b]);
      });
    }),
  );

  it(
    'a removed token is gone, and what is not there cannot be removed',
    withStore(open, async (bench) => {
      for (const row of rows) await bench.store.addToken(row);
      expect(await bench.store.removeToken('b')).toBe(true);
      expect(await bench.store.removeToken('b')).toBe(false);
      await bench.holds(async () => {
        expect((await bench.store.tokens()).map(({ id }) => id)).toEqual(['a', 'c']);
      });
    }),
  );

  it(
    'the last use is noted for tokens that are there, and brings none back',
    withStore(open, async (bench) => {
      for (const row of rows) await bench.store.addToken(row);
      await bench.store.removeToken('c');
      const uses = [
        ['a', startUs + 5],
        ['b', startUs + 7],
        ['c', startUs + 9],
      ] as const;
      await bench.store.noteTokenUse(new Map(uses));
      await bench.store.noteTokenUse(new Map([['a', startUs + 11]]));
      await bench.holds(async () => {
        const used = (await bench.store.tokens()).map(({ id, usedUs }) => [id, usedUs]);
        expect(used).toEqual([
          ['a', startUs + 11],
          ['b', startUs + 7],
        ]);
      });
    }),
  );
}

const rows: TokenRow[] = [
  {
    id: 'b',
    name: 'b "quoted"',
    scopes: ['ingest'],
    hash: '00'.repeat(32),
    createdUs: startUs + 2,
  },
  {
    id: 'c',
    name: 'c',
    scopes: ['ingest', 'read', 'admin'],
    hash: 'ff'.repeat(32),
    createdUs: startUs + 1,
    expiresUs: startUs + 100,
    usedUs: startUs + 3,
  },
  { id: 'a', name: '\u00e4', scopes: ['read'], hash: 'ab'.repeat(32), createdUs: startUs + 1 },
];
