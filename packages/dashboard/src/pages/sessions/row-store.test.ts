/** Rows of long lists, with a server that is made up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../outcome.ts';
import { type PageAnswer, type PageRequest, RowStore } from './row-store.ts';

const rowOf = (n: number, more: Partial<SessionRow> = {}): SessionRow =>
  ({ id: `row-${n}`, ...more }) as SessionRow;

/** A list of so many rows, and the requests that it was asked. */
function listOf(total: number) {
  const requests: PageRequest[] = [];
  let failure: Error | undefined;
  const ask = async (request: PageRequest): Promise<PageAnswer> => {
    requests.push(request);
    await Promise.resolve();
    if (failure !== undefined) throw failure;
    const from = Number(request.cursor ?? 0);
    const to = Math.min(total, from + request.limit);
    return {
      rows: Array.from({ length: to - from }, (_, i) =>
        rowOf(request.isReversed ? total - 1 - from - i : from + i),
      ),
      next: to < total ? String(to) : null,
      total: request.kind === 'first' ? total : undefined,
    };
  };
  const store = new RowStore(ask, () => {});
  return {
    store,
    requests,
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}

/** Waits until nothing more is asked. */
async function rest(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe('rows of a list', () => {
  it('are counted at once and loaded when they come into sight', async () => {
    const { store, requests } = listOf(1_000);
    await store.open();
    expect(store.count).toBe(1_000);
    expect(store.row(199)?.id).toBe('row-199');
    expect(store.row(200)).toBeUndefined();
    store.see(180, 210);
    await rest();
    expect(store.row(200)?.id).toBe('row-200');
    expect(requests.map(({ kind }) => kind)).toEqual(['first', 'page']);
  });

  it('far down are found in large steps, and again without them', async () => {
    const { store, requests } = listOf(100_000);
    await store.open();
    store.see(50_000, 50_040);
    await rest();
    expect(store.row(50_020)?.id).toBe('row-50020');
    expect(requests.length).toBeLessThan(60);
    expect(
      requests.filter(({ kind }) => kind === 'skip').every(({ limit }) => limit <= 1_000),
    ).toBe(true);

    requests.length = 0;
    store.see(40_000, 40_040);
    await rest();
    expect(store.row(40_020)?.id).toBe('row-40020');
    expect(requests.length).toBeLessThan(8);
  });

  it.each([1_000, 1_001, 1_199, 100_000])(
    'at the end of %i are found from there',
    async (total) => {
      const { store, requests } = listOf(total);
      await store.open();
      store.see(total - 30, total - 1);
      await rest();
      expect(store.row(total - 1)?.id).toBe(`row-${total - 1}`);
      store.see(total - 330, total - 300);
      await rest();
      for (const [index, row] of store.loaded()) expect(row.id).toBe(`row-${index}`);
      expect(store.row(total - 315)).toBeDefined();
      expect(requests.length).toBeLessThan(6);
    },
  );

  it('are where they belong, wherever somebody looks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(9_000), fc.array(fc.nat(9_000)), async (total, looks) => {
        const { store } = listOf(total);
        await store.open();
        for (const look of looks) {
          store.see(look, look + 40);
          await rest();
        }
        expect(store.count).toBe(total);
        for (const [index, row] of store.loaded()) expect(row.id).toBe(`row-${index}`);
        const last = Math.min(total - 1, looks.at(-1) ?? 0);
        if (total > 0) expect(store.row(last)?.id).toBe(`row-${last}`);
      }),
      { numRuns: 50 },
    );
  });

  it('are forgotten far from what is in sight', async () => {
    const { store } = listOf(100_000);
    await store.open();
    for (let at = 0; at < 20_000; at += 150) {
      store.see(at, at + 40);
      await rest();
    }
    expect([...store.loaded()].length).toBeLessThan(10_000);
    expect(store.row(0)).toBeUndefined();
    expect(store.row(19_950)).toBeDefined();
    store.see(0, 40);
    await rest();
    expect(store.row(0)?.id).toBe('row-0');
  });

  it('that arrive shift the others and load nothing again', async () => {
    const { store, requests } = listOf(500);
    await store.open();
    store.prepend([rowOf(-2), rowOf(-1)]);
    expect(store.count).toBe(502);
    expect([store.row(0)?.id, store.row(2)?.id]).toEqual(['row--2', 'row-0']);
    store.see(201, 240);
    await rest();
    expect(store.row(202)?.id).toBe('row-200');
    expect(requests).toHaveLength(2);
  });

  it('change where they stand', async () => {
    const { store } = listOf(10);
    await store.open();
    store.refresh([rowOf(3, { active: false }), rowOf(99)]);
    expect(store.row(3)?.active).toBe(false);
    expect(store.count).toBe(10);
    expect([...store.loaded()].map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('end where the server says so, even when fewer were left than were counted', async () => {
    const requests: PageRequest[] = [];
    const store = new RowStore(
      async (request) => {
        requests.push(request);
        if (request.kind === 'first') {
          return { rows: Array.from({ length: 200 }, (_, i) => rowOf(i)), next: 'n', total: 1_000 };
        }
        return { rows: [rowOf(200)], next: null, total: undefined };
      },
      () => {},
    );
    await store.open();
    store.see(150, 190);
    await rest();
    expect(store.count).toBe(201);
    store.see(190, 200);
    await rest();
    expect(requests).toHaveLength(2);
  });

  it('are asked for again after a failure, but not by themselves', async () => {
    const { store, requests, fail } = listOf(1_000);
    await store.open();
    fail(new Error('gone'));
    store.see(300, 340);
    await rest();
    expect(store.error?.message).toBe('gone');
    const asked = requests.length;
    store.see(300, 341);
    await rest();
    expect(requests).toHaveLength(asked);
    fail(undefined);
    store.retry();
    await rest();
    expect(store.error).toBeUndefined();
    expect(store.row(300)?.id).toBe('row-300');
  });
});
